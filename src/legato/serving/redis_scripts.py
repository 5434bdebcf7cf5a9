"""What Redis itself decides, since only there is compare-and-set one step: which record wins.

A value starts with its revision, so that the first bytes tell it without decoding:
`{"revision":7,...}` is a context, `{"revision":7,"erased":42}` says that the record at offset
42 erased the customer. A context wins over one that is not newer. Revisions start again after
an erasure, so over an erased customer wins only what lies behind it in the log.
"""

HEAD_BYTES = 63

_HELD = f"""
local call = redis.call
local function held(key)
  local head = call('GETRANGE', key, 0, {HEAD_BYTES})
  local revision, erased = head:match('^{{"revision":(%d+),"erased":(%d+)')
  return tonumber(revision or head:match('^{{"revision":(%d+)')) or 0, tonumber(erased)
end
"""

WRITE = (
    _HELD
    + """
-- KEYS: for each context its own key, then those of its identifiers.
-- ARGV: TTL; for each context: customer, revision, offset, number of identifiers, JSON.
local function rank(customer)
  return customer:match('^(%w)%-%x+$') or ''
end
local written, stale, indexed, at = 0, 0, 0, 1
for i = 2, #ARGV, 5 do
  local customer, count = ARGV[i], tonumber(ARGV[i + 3])
  local revision, erased = held(KEYS[at])
  if (erased and tonumber(ARGV[i + 2]) > erased)
      or (not erased and tonumber(ARGV[i + 1]) >= revision) then
    call('SET', KEYS[at], ARGV[i + 4], 'EX', ARGV[1])
    written = written + 1
    for k = at + 1, at + count do
      local other = call('SET', KEYS[k], customer, 'EX', ARGV[1], 'GET')
      if other and other ~= customer and rank(other) < rank(customer) then
        -- Several customers may know an identifier: the best ranked of them keeps it.
        call('SET', KEYS[k], other, 'EX', ARGV[1])
      else
        indexed = indexed + 1
      end
    end
  else
    stale = stale + 1
  end
  at = at + count + 1
end
return {written, stale, indexed}
"""
)

ERASE = (
    _HELD
    + """
-- KEYS: the customer's own key, then those of the identifiers. ARGV: TTL, customer, offset.
local revision, erased = held(KEYS[1])
if erased and erased >= tonumber(ARGV[3]) then
  return 0
end
local tombstone = string.format('{"revision":%.0f,"erased":%s}', revision, ARGV[3])
call('SET', KEYS[1], tombstone, 'EX', ARGV[1])
for k = 2, #KEYS do
  if call('GET', KEYS[k]) == ARGV[2] then
    call('DEL', KEYS[k])
  end
end
return 1
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
