"""What Redis itself decides, since only there is compare-and-set one step: which record wins.

A value starts with its revision, so that the first bytes tell it without decoding:
`{"revision":7,"index":[...],...}` is a context, `{"revision":7,"erased":42}` says that the
record at offset 42 erased the customer. A context wins over one that is not newer. Revisions
start again after an erasure, so over an erased customer wins only what lies behind it in the
log.

`index` names the entries that lead to the customer, so whatever replaces a value knows which
of them have to go. One that meanwhile leads to somebody else stays.

What is to be written comes as one argument of MessagePack, a list of arrays: Redis and we take
ten arguments a context apart more slowly. So the keys are not declared, which Redis asks for in
a cluster only; rights are asked for key by key all the same.
"""

HEAD_BYTES = 63

_HELD = f"""
local call = redis.call

-- Tell the revision under a key, which offset erased it, and `bytes` of what follows it.
local function held(key, bytes)
  local head = call('GETRANGE', key, 0, {HEAD_BYTES} + bytes)
  local revision, after = head:match('^{{"revision":(%d+),()')
  local erased = after and head:match('^"erased":(%d+)', after)
  return tonumber(revision) or 0, tonumber(erased), after and head:sub(after, after + bytes - 1)
end
"""

_FORGET = """
-- Remove the index entries that led to a customer, but for those that stay.
local function forget(key, customer, staying)
  local stays = {}
  for _, name in ipairs(staying) do
    stays[name] = true
  end
  local is_ours, index = pcall(function() return cjson.decode(call('GET', key)).index end)
  for _, name in ipairs(is_ours and index or {}) do
    if not stays[name] and call('GET', ARGV[2] .. name) == customer then
      call('DEL', ARGV[2] .. name)
    end
  end
end
"""

WRITE = (
    _HELD
    + _FORGET
    + """
-- ARGV: TTL; what keys of the index begin with, what those of customers do; of each context:
-- customer, revision, offset, index, the same as it stands in the JSON, the JSON.
local function rank(customer)
  return customer:match('^(%w)%-%x+$') or customer:match('^(%w)%-%.%w%x+$') or ''
end
-- Several customers may know an identifier: the best ranked of those who stand here keeps it.
local function outranks(other, customer)
  return rank(other) < rank(customer) and call('EXISTS', ARGV[3] .. other) == 1
end
local written, stale, indexed = 0, 0, 0
for _, document in ipairs(cmsgpack.unpack(ARGV[4])) do
  local customer, revision, offset, index, told, json = unpack(document)
  local key = ARGV[3] .. customer
  local before, erased, told_before = held(key, #told)
  if (erased and offset > erased) or (not erased and revision >= before) then
    if told_before and not erased and told_before ~= told then
      forget(key, customer, index)
    end
    call('SET', key, json, 'EX', ARGV[1])
    written = written + 1
    for _, name in ipairs(index) do
      local other = call('SET', ARGV[2] .. name, customer, 'EX', ARGV[1], 'GET')
      if other and other ~= customer and outranks(other, customer) then
        call('SET', ARGV[2] .. name, other, 'EX', ARGV[1])
      else
        indexed = indexed + 1
      end
    end
  else
    stale = stale + 1
  end
end
return {written, stale, indexed}
"""
)

ERASE = (
    _HELD
    + _FORGET
    + """
-- ARGV: as above; of each customer: its id, offset.
local gone = 0
for _, erasure in ipairs(cmsgpack.unpack(ARGV[4])) do
  local customer, offset = unpack(erasure)
  local key = ARGV[3] .. customer
  local revision, erased = held(key, 0)
  if not erased or erased < offset then
    forget(key, customer, {})
    local tombstone = string.format('{"revision":%.0f,"erased":%.0f}', revision, offset)
    call('SET', key, tombstone, 'EX', ARGV[1])
    gone = gone + 1
  end
end
return gone
"""
)

ADVANCE = """
-- KEYS: the hash of how far each partition is. ARGV: TTL; of each: number, from, to.
-- Answers with the partitions of which Redis does not know `from`: it lost what it had.
local lost = {}
for i = 2, #ARGV, 3 do
  if (redis.call('HGET', KEYS[1], ARGV[i]) or '0') == ARGV[i + 1] then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
  else
    lost[#lost + 1] = tonumber(ARGV[i])
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return lost
"""
