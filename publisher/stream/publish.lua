-- Writes one version of an item: all of it or nothing, and safe to repeat.
--
-- Every read and every check comes before the first write. XADD is the last command, because only XADD is public; if
-- an earlier write fails, the writes before it are undone.
--
-- KEYS  1 items, 2 meta, 3 newest, 4 ledger, 5 answer, from 6 the ledgers of siblings: first versions of other items
--         that are published together with this one, all or none
-- ARGV  1 mode: "publish"; "renew" (the current version again, in another body); "look" (only look for an answer);
--         "probe" (all checks, and one write that changes nothing for readers)
--       2 fingerprint, 3 version, 4 body, 5 epoch if the stream has none yet, 6 entries to keep, 7 ms to keep the answer,
--       8 ms to keep a ledger after its item has left the stream, 9 uri,
--       10 body of the version before (publish) or of the version itself (renew), or "" if the caller has none,
--       11 how many replicas the caller waits for after this script
--       12 "1" if this version takes an item off: that cannot wait, and so a damaged key counts as lost
--       from 13 uri and body of each sibling
--
-- Returns {"done", entry id, epoch, seq}, {"again", entry id, epoch, seq, body}, {"mismatch"}, {"stale", current version},
-- {"none"}, or for a probe {"ready"} or {"unprepared"} (the hash `newest` is not complete). After "done" and "again"
-- entry id and seq of each sibling follow, after "again" its body too.

local items, meta, newest, ledger, answer = unpack(KEYS)
local mode, fingerprint, version, body, uri = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[9]
local keep, answer_ms, ledger_ms, before = tonumber(ARGV[6]), ARGV[7], ARGV[8], ARGV[10]
local takes_off = ARGV[12] == "1"
local MAX_PART = "18446744073709551615" -- both parts of an entry id have 64 bits
local MAX_SEQ = 9007199254740991        -- the largest number that Lua counts exactly
local MAX_TRIM = 100                    -- bounds the time of one call where the stream is much too long
local MAX_PADDING = 5000                -- Lua unpacks some 8,000 arguments at most

local function refuse(reason)
  return redis.error_reply("REFUSED " .. reason)
end

-- An empty answer is one that was undone.
local earlier = redis.call("GET", answer)
if earlier and earlier ~= "" then
  -- One line for each item; a body has no line break.
  local known, id, epoch, seq, stored = string.match(earlier, "^(%S+) (%S+) (%S+) (%S+) ([^\n]*)")
  if known ~= fingerprint then
    return {"mismatch"}
  end
  local again = {"again", id, epoch, seq, stored}
  for sibling_id, sibling_seq, sibling_body in string.gmatch(earlier, "\n(%S+) (%S+) ([^\n]*)") do
    again[#again + 1], again[#again + 2], again[#again + 3] = sibling_id, sibling_seq, sibling_body
  end
  -- Written again so that a WAIT after this script has an offset of its own to wait for.
  redis.call("SET", answer, earlier, "KEEPTTL")
  return again
end
if mode == "look" then
  return {"none"}
end

-- This user's rights to write, where the server can be asked (Redis 7, Valkey); reads come before the first write.
local may = redis.acl_check_cmd
if may then
  local missing = not may("SET", answer, "") and "SET " .. answer
    or not may("RPUSH", ledger, "") and "RPUSH " .. ledger
    or not may("LTRIM", ledger, "0", "-1") and "LTRIM " .. ledger
    or not may("PERSIST", ledger) and "PERSIST " .. ledger
    or not may("PEXPIRE", ledger, "1") and "PEXPIRE " .. ledger
    or mode == "renew" and not may("LSET", ledger, "0", "") and "LSET " .. ledger
    or not may("HSET", newest, "", "") and "HSET " .. newest
    or not may("HDEL", newest, "") and "HDEL " .. newest
    or not may("HSET", meta, "", "") and "HSET " .. meta
    or not may("HDEL", meta, "") and "HDEL " .. meta
    or not may("XRANGE", items, "-", "+") and "XRANGE " .. items
    or not may("XADD", items, "*", "", "") and "XADD " .. items
    or ARGV[11] ~= "0" and not may("WAIT", ARGV[11], "0") and "WAIT"
  if missing then
    return redis.error_reply("NOPERM the user needs the right to run " .. missing)
  end
else
  -- The one read below that is not always done.
  redis.call("XRANGE", items, "-", "+", "COUNT", "1")
end

-- Keys in whose place somebody put a value of another type.
local foreign = {}
local function is_foreign(key, reply)
  foreign[#foreign + 1] = string.find(reply.err, "WRONGTYPE", 1, true) and key or nil
  return foreign[#foreign] == key
end

-- The fields of a hash, none where it is lost, or nil and an error.
local function fields_of(key, ...)
  local values = redis.pcall("HMGET", key, ...)
  if not values.err then
    return values
  end
  if takes_off and is_foreign(key, values) then
    return {}
  end
  return nil, values
end

-- The item's current version.
local noted, not_noted = fields_of(newest, uri, "prepared")
if not_noted then
  return not_noted
end
local held, prepared = noted[1], noted[2]
local count = redis.pcall("LLEN", ledger)
if type(count) == "table" then
  if not is_foreign(ledger, count) then
    return count
  end
  count = 0 -- it is lost, and the item can be withdrawn all the same
end
local noted_version = held and tonumber(string.match(held, " (%d+)$") or 0) or 0
-- A number that is further ahead may be anybody's; where it is right, the caller found the version in the stream.
local current = math.max(count, noted_version - count > MAX_PADDING and 0 or noted_version)
local wanted = mode == "renew" and version or version - 1
if before ~= "" and current < wanted then
  -- The ledger and the hash are lost, and the caller found this version in the stream.
  current = wanted
end
if current ~= wanted then
  return {"stale", current}
end
if mode == "renew" and count == version and redis.call("LINDEX", ledger, -1) ~= before then
  return {"stale", count}
end
if wanted - count > MAX_PADDING then
  return refuse("the ledger " .. ledger .. " lacks too many versions")
end

local siblings = {}
for place = 1, #KEYS - 5 do
  local sibling = {ledger = KEYS[5 + place], uri = ARGV[11 + 2 * place], body = ARGV[12 + 2 * place]}
  if redis.call("LLEN", sibling.ledger) ~= 0 or redis.call("HMGET", newest, sibling.uri)[1] then
    return refuse("the item " .. sibling.uri .. " is there already")
  end
  siblings[place] = sibling
end

-- The stream's epoch and number, by the rule of every node (ticker/contract/entry.py).
local position, no_position = fields_of(meta, "epoch", "seq")
if no_position then
  return no_position
end
local epoch, seq = position[1], position[2]
local had_meta = epoch or seq
local meta_undo = had_meta and {"HSET", meta, "epoch", epoch or "", "seq", seq or ""} or {"HDEL", meta, "epoch", "seq"}
local function damage()
  if not (epoch and seq) then
    return "lacks the stream's epoch or its number"
  elseif #epoch > 40 or not string.match(epoch, "^%w+$") or epoch == "none" then
    return "holds an epoch that no node accepts"
  elseif #seq > 16 or not (seq == "0" or string.match(seq, "^[1-9]%d*$")) or tonumber(seq) + #siblings >= MAX_SEQ then
    return "holds a number that no node accepts"
  end
end
local damaged = had_meta and damage()
if damaged and not takes_off then
  return refuse("the key " .. meta .. " " .. damaged)
elseif damaged or not had_meta then
  -- A new epoch: every node then reads the whole stream again.
  epoch, seq = ARGV[5], "0"
end
local next_seq = string.format("%d", tonumber(seq) + 1)
local last_seq = string.format("%d", tonumber(seq) + 1 + #siblings)

-- The id that XADD would choose: the answer must hold it, and XADD must come last.
local function later(one, other)
  return #one > #other or (#one == #other and one > other)
end

local function plus_one(digits)
  local head, nines = string.match(digits, "^(.-)(9*)$")
  local zeros = string.rep("0", #nines)
  if head == "" then
    return "1" .. zeros
  end
  return string.sub(head, 1, -2) .. string.format("%d", tonumber(string.sub(head, -1)) + 1) .. zeros
end

local length, last, first_entry = 0, "0-0", nil
local info = redis.pcall("XINFO", "STREAM", items)
if info.err and not string.find(info.err, "no such key", 1, true) then
  return info
end
for place = 1, #info, 2 do
  local name = info[place]
  if name == "length" then
    length = info[place + 1]
  elseif name == "last-generated-id" then
    last = info[place + 1]
  elseif name == "first-entry" then
    first_entry = info[place + 1]
  end
end
local time = redis.call("TIME")
local now_ms = string.format("%d", time[1] * 1000 + math.floor(time[2] / 1000))
local function id_after(earlier_id)
  local ms, part = string.match(earlier_id, "^(%d+)-(%d+)$")
  if later(now_ms, ms) then
    return now_ms .. "-0"
  elseif part ~= MAX_PART then
    return ms .. "-" .. plus_one(part)
  end
  return ms ~= MAX_PART and plus_one(ms) .. "-0" or nil
end
local id = id_after(last)
local last_id = id
for place, sibling in ipairs(siblings) do
  last_id = last_id and id_after(last_id)
  sibling.id, sibling.seq = last_id, string.format("%d", tonumber(next_seq) + place)
end
if not last_id then
  return refuse("the stream " .. items .. " has no entry id left")
end

-- Each write, after it the command that undoes it. After a write that fails those before it are undone, the last first.
local undos, problem = {}, nil
local function write(undo, ...)
  if problem then
    return
  end
  local reply = redis.pcall(...)
  if type(reply) == "table" and reply.err then
    problem = reply
    for place = #undos, 1, -1 do
      redis.pcall(unpack(undos[place]))
    end
  elseif undo then
    undos[#undos + 1] = undo
  end
end

local function check_old_server()
  -- A server that cannot be asked for rights: commands that change nothing here, so that no undo can fail later.
  write(nil, "LTRIM", ledger, "0", "-1")
  write(nil, "HDEL", meta, "")
  write(nil, "HDEL", newest, "")
  write(nil, "PERSIST", answer .. ":")
  write(nil, "PEXPIRE", answer .. ":", "1")
end

if mode == "probe" then
  -- What an act reads before it publishes (record.lua, versions.py): a line that cannot be withdrawn is not ready either.
  redis.call("LRANGE", ledger, "-1", "-1")
  redis.call("XREVRANGE", items, "+", "-", "COUNT", "1")
  write(nil, "SET", answer, "")
  -- A lifetime that somebody gave one of these would end every item at once.
  for _, key in ipairs({items, meta, newest}) do
    write(nil, "PERSIST", key)
  end
  if not may then
    check_old_server()
    write({"LTRIM", ledger, "1", "0"}, "RPUSH", ledger, "")
    write(nil, "LTRIM", ledger, "1", "0")
    write({"HDEL", newest, uri}, "HSET", newest, uri, "")
    write(nil, "HDEL", newest, uri)
    write({"HDEL", meta, uri}, "HSET", meta, uri, "")
    write(nil, "HDEL", meta, uri)
    write(nil, "XADD", answer .. ":", "NOMKSTREAM", "*", "body", "")
  end
  if not prepared and length == 0 then
    -- An empty stream needs no preparation.
    prepared = "1"
    write(nil, "HSET", newest, "prepared", prepared)
  end
  return problem or {prepared and "ready" or "unprepared"}
end

-- The items whose newest entry leaves the stream now.
local longer = length + 1 + #siblings
local leaving = math.min(math.max(longer - keep, 0), MAX_TRIM, length)
local lost = {}
if leaving > 0 and #noted > 0 then
  local entries = leaving == 1 and {first_entry} or redis.call("XRANGE", items, "-", "+", "COUNT", leaving)
  for _, entry in ipairs(entries) do
    local fields = entry[2]
    for place = 1, #fields, 2 do
      local other = fields[place] == "body" and string.match(fields[place + 1], '"uri":"(urn:flashwire:%w+)"')
      local value = other and other ~= uri and redis.call("HMGET", newest, other)[1]
      if value and string.match(value, "^%S+") == entry[1] then
        lost[other] = value
      end
    end
  end
end

-- First a write that needs memory: the server checks memory, disk and role only at a script's first write.
local lines = {table.concat({fingerprint, id, epoch, next_seq, body}, " ")}
for _, sibling in ipairs(siblings) do
  lines[#lines + 1] = table.concat({sibling.id, sibling.seq, sibling.body}, " ")
end
write({"SET", answer, "", "PX", "1"}, "SET", answer, table.concat(lines, "\n"), "PX", answer_ms)
for _, key in ipairs(foreign) do
  -- Deletes it, by a right that the user has already. It is none of ours, so nothing brings it back.
  write(nil, "PEXPIRE", key, "0")
end
if not may then
  check_old_server()
end

local ledger_undo = count == 0 and {"LTRIM", ledger, "1", "0"} or {"LTRIM", ledger, "0", string.format("%d", count - 1)}
if mode == "renew" and count == version then
  write({"LSET", ledger, "-1", before}, "LSET", ledger, "-1", body)
elseif count == version - 1 then
  write(ledger_undo, "RPUSH", ledger, body)
else
  -- One element for each version, so that LLEN is the version's number also where older bodies are lost.
  local push = {}
  for missing = count + 1, version - 1 do
    push[#push + 1] = (mode == "publish" and missing == version - 1) and before or ""
  end
  push[#push + 1] = body
  write(ledger_undo, "RPUSH", ledger, unpack(push))
end
-- Nothing about an item expires while it is in the stream.
if count > 0 then
  write(not held and {"PEXPIRE", ledger, ledger_ms}, "PERSIST", ledger)
end
local prefix = string.sub(ledger, 1, -#uri - 1)
for other, value in pairs(lost) do
  write({"HSET", newest, other, value}, "HDEL", newest, other)
  write({"PERSIST", prefix .. other}, "PEXPIRE", prefix .. other, ledger_ms)
end
write(held and {"HSET", newest, uri, held} or {"HDEL", newest, uri}, "HSET", newest, uri, id .. " " .. ARGV[3])
for _, sibling in ipairs(siblings) do
  write({"LTRIM", sibling.ledger, "1", "0"}, "RPUSH", sibling.ledger, sibling.body)
  write({"HDEL", newest, sibling.uri}, "HSET", newest, sibling.uri, sibling.id .. " 1")
end
write(meta_undo, "HSET", meta, "epoch", epoch, "seq", last_seq)
local trimmed = string.format("%d", longer - leaving)
local done = {"done", id, epoch, next_seq}
write(nil, "XADD", items, "MAXLEN", "=", trimmed, id, "epoch", epoch, "seq", next_seq, "body", body)
for _, sibling in ipairs(siblings) do
  -- After the first one these cannot fail: memory, rights and type of the stream are the same.
  write(nil, "XADD", items, "MAXLEN", "=", trimmed, sibling.id, "epoch", epoch, "seq", sibling.seq, "body", sibling.body)
  done[#done + 1], done[#done + 2] = sibling.id, sibling.seq
end

return problem or done
