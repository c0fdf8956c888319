-- Entry ids of a stream, for the scripts that it stands before: the id that XADD would choose by itself.

local MAX_PART = "18446744073709551615" -- both parts of an id have 64 bits

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

-- The id after `last` at a time in milliseconds, or nothing where there is none left.
local function id_after(last, now_ms)
  local last_ms, last_part = string.match(last, "^(%d+)-(%d+)$")
  if later(now_ms, last_ms) then
    return now_ms .. "-0"
  elseif last_part ~= MAX_PART then
    return last_ms .. "-" .. plus_one(last_part)
  elseif last_ms ~= MAX_PART then
    return plus_one(last_ms) .. "-0"
  end
end

