-- How many versions each ledger of KEYS holds.
local counts = {}
for place = 1, #KEYS do
  counts[place] = redis.call("LLEN", KEYS[place])
end
return counts
