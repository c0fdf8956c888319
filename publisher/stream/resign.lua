-- Replaces one body of a ledger by the same version under another signature, if it is still there.
--
-- KEYS  1 ledger
-- ARGV  1 place, 2 body that is there, 3 body to put there

if redis.call("LINDEX", KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call("LSET", KEYS[1], ARGV[1], ARGV[3])
return 1
