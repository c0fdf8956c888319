-- When each ledger of KEYS began to expire, in milliseconds since 1970; 0 for one that does not.
--
-- ARGV  1 ms that a ledger is kept after its item has left the stream
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local began = {}
for place = 1, #KEYS do
  local left = redis.call("PTTL", KEYS[place])
  began[place] = left > 0 and now - (tonumber(ARGV[1]) - left) or 0
end
return began
