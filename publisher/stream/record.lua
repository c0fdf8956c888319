-- What is stored of one item, read at one moment.
--
-- KEYS  1 items, 2 newest, 3 ledger
-- ARGV  1 uri, 2 how many of the ledger's newest bodies are wanted (0: all)
--
-- Returns {versions in the ledger, its newest bodies (oldest first), version of the newest entry or 0, body of the
-- newest entry or ""}. A key of another type counts as a ledger, or a hash, that is lost.

local count = redis.pcall("LLEN", KEYS[3])
local bodies = redis.pcall("LRANGE", KEYS[3], ARGV[2] == "0" and "0" or "-" .. ARGV[2], "-1")
if type(count) == "table" then
  if not string.find(count.err, "WRONGTYPE", 1, true) then
    return count
  end
  count, bodies = 0, {}
end
local noted = redis.pcall("HMGET", KEYS[2], ARGV[1])
if noted.err and not string.find(noted.err, "WRONGTYPE", 1, true) then
  return noted
end
local id, version = string.match(noted[1] or "", "^(%S+) (%d+)$")
local body = ""
if id then
  local entry = redis.call("XRANGE", KEYS[1], id, id)[1]
  for place = 1, entry and #entry[2] or 0, 2 do
    if entry[2][place] == "body" then
      body = entry[2][place + 1]
    end
  end
end
return {count, bodies, tonumber(version or 0), body}
