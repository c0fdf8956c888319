-- The one way into a stream: all of it or nothing, and safe to repeat.
--
-- KEYS  1 items, 2 meta, 3 ledger, 4 answer
-- ARGV  1 fingerprint, 2 version (0: only look for an answer), 3 body, 4 epoch if there is none yet,
--       5 entries to keep, 6 ms to keep the answer, 7 ms to keep the ledger
--
-- Returns {"done", entry id, epoch, seq}, {"again", entry id, epoch, seq, body}, {"mismatch"},
-- {"stale", current version} or {"none"}.

local answer = redis.call("GET", KEYS[4])
if answer then
  local fingerprint, id, epoch, seq, body = string.match(answer, "^(%S+) (%S+) (%S+) (%S+) (.*)$")
  if fingerprint ~= ARGV[1] then
    return {"mismatch"}
  end
  -- Written again so that a WAIT after this script has an offset of its own to wait for.
  redis.call("SET", KEYS[4], answer, "KEEPTTL")
  return {"again", id, epoch, seq, body}
end

local version = tonumber(ARGV[2])
if version == 0 then
  return {"none"}
end
-- Whatever may fail for what a key holds is read before the first write.
local current = redis.call("LLEN", KEYS[3])
if current ~= version - 1 then
  return {"stale", current}
end
local epoch = redis.call("HGET", KEYS[2], "epoch") or ARGV[4]
local seq = string.format("%d", (redis.call("HGET", KEYS[2], "seq") or 0) + 1)

local id = redis.call("XADD", KEYS[1], "MAXLEN", "~", ARGV[5], "*", "epoch", epoch, "seq", seq, "body", ARGV[3])
redis.call("HSET", KEYS[2], "epoch", epoch, "seq", seq)
redis.call("RPUSH", KEYS[3], ARGV[3])
redis.call("PEXPIRE", KEYS[3], ARGV[7])
redis.call("SET", KEYS[4], ARGV[1] .. " " .. id .. " " .. epoch .. " " .. seq .. " " .. ARGV[3], "PX", ARGV[6])
return {"done", id, epoch, seq}
