-- Completes the hash `newest`, the ledgers and their lifetimes for items that an earlier release wrote; safe to repeat.
--
-- KEYS  1 items, 2 newest
-- ARGV  1 prefix of ledgers, 2 ms to keep a ledger after its item has left the stream, 3 "entries" or "ledgers",
--       then for entries: uri, entry id, version, "1" where this is surely the newest one, … and for ledgers: uri, …

local items, newest, prefix, ledger_ms = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local MAX_PADDING = 1000

-- A ledger that expired or was evicted gets one element for each version, the newest with its body.
local function restore(ledger, version, fields)
  local count = redis.pcall("LLEN", ledger)
  -- The next version takes the place of a key that is no list.
  if type(count) == "table" then
    return
  end
  local missing = version - count
  if missing < 1 or missing > MAX_PADDING then
    return
  end
  local push = {"RPUSH", ledger}
  for _ = 2, missing do
    push[#push + 1] = ""
  end
  for place = 1, #fields, 2 do
    if fields[place] == "body" then
      push[#push + 1] = fields[place + 1]
    end
  end
  redis.call(unpack(push))
end

if ARGV[3] == "entries" then
  for place = 4, #ARGV, 4 do
    local uri, id, version, is_newest = ARGV[place], ARGV[place + 1], ARGV[place + 2], ARGV[place + 3]
    -- The entry may have left since the caller read it. A value that is there already is newer.
    local entry = redis.call("XRANGE", items, id, id)[1]
    if entry then
      redis.call("PERSIST", prefix .. uri)
      if version ~= "0" then
        redis.call("HSETNX", newest, uri, id .. " " .. version)
        if is_newest == "1" then
          restore(prefix .. uri, tonumber(version), entry[2])
        end
      end
    end
  end
else
  for place = 4, #ARGV do
    if redis.call("HEXISTS", newest, ARGV[place]) == 0 and redis.call("PTTL", prefix .. ARGV[place]) == -1 then
      redis.call("PEXPIRE", prefix .. ARGV[place], ledger_ms)
    end
  end
end
return "OK"
