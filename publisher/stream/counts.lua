-- How many versions each ledger of KEYS holds; 0 for a key that is no list.
local counts = {}
for place = 1, #KEYS do
  local count = redis.pcall("LLEN", KEYS[place])
  if type(count) == "table" then
    if not string.find(count.err, "WRONGTYPE", 1, true) then
      return count
    end
    count = 0
  end
  counts[place] = count
end
return counts
