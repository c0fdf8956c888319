-- Completes the hash `newest` and the lifetimes of ledgers for items that an earlier release wrote; safe to repeat.
--
-- KEYS  1 items, 2 newest
-- ARGV  1 prefix of ledgers, 2 ms to keep a ledger after its item has left the stream, 3 "entries" or "ledgers",
--       then for entries: uri, entry id, version, … and for ledgers: uri, …

local items, newest, prefix, ledger_ms = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
if ARGV[3] == "entries" then
  for place = 4, #ARGV, 3 do
    local uri, id, version = ARGV[place], ARGV[place + 1], ARGV[place + 2]
    -- The entry may have left since the caller read it. A value that is there already is newer.
    if redis.call("XRANGE", items, id, id)[1] then
      redis.call("PERSIST", prefix .. uri)
      if version ~= "0" then
        redis.call("HSETNX", newest, uri, id .. " " .. version)
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
