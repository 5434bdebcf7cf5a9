"""What Redis itself decides, since only there is compare-and-set one step: which record wins.

A value starts with its revision, so that the first bytes tell it without decoding:
`{"revision":7,"index":[...],...}` is a context, `{"revision":7,"erased":42}` says that the
record at offset 42 erased the customer. A context wins over one that is not newer. Revisions
start again after an erasure, so over an erased customer wins only what lies behind it in the
log.

`index` names the entries that lead to the customer, so whatever replaces a value knows which
of them have to go. One that meanwhile leads to somebody else stays.
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
-- Remove the index entries that led to a customer, but for those that `stay`.
local function forget(key, customer, stay)
  local is_ours, index = pcall(function() return cjson.decode(call('GET', key)).index end)
  for _, name in ipairs(is_ours and index or {}) do
    local entry = ARGV[2] .. name
    if not stay[entry] and call('GET', entry) == customer then
      call('DEL', entry)
    end
  end
end
"""

WRITE = (
    _HELD
    + _FORGET
    + """
-- KEYS: for each context its own key, then those of its index entries.
-- ARGV: TTL, what index keys begin with; for each context: customer, revision, offset, number
-- of index entries, bytes of `"index":[...]`, the JSON.
local function rank(customer)
  return customer:match('^(%w)%-%x+$') or customer:match('^(%w)%-%.%w%x+$') or ''
end
-- Several customers may know an identifier: the best ranked of those who stand here keeps it.
local function outranks(other, customer, key)
  return rank(other) < rank(customer)
    and call('EXISTS', key:sub(1, -#customer - 1) .. other) == 1
end
local function keys(first, last)
  local found = {}
  for k = first, last do
    found[KEYS[k]] = true
  end
  return found
end
local written, stale, indexed, at = 0, 0, 0, 1
for i = 3, #ARGV, 6 do
  local customer, key, last, json = ARGV[i], KEYS[at], at + ARGV[i + 3], ARGV[i + 5]
  local revision, erased, index = held(key, ARGV[i + 4])
  if (erased and tonumber(ARGV[i + 2]) > erased)
      or (not erased and tonumber(ARGV[i + 1]) >= revision) then
    local from = #'{"revision":' + #ARGV[i + 1] + #',' + 1
    if index and not erased and index ~= json:sub(from, from + ARGV[i + 4] - 1) then
      forget(key, customer, keys(at + 1, last))
    end
    call('SET', key, json, 'EX', ARGV[1])
    written = written + 1
    for k = at + 1, last do
      local other = call('SET', KEYS[k], customer, 'EX', ARGV[1], 'GET')
      if other and other ~= customer and outranks(other, customer, key) then
        call('SET', KEYS[k], other, 'EX', ARGV[1])
      else
        indexed = indexed + 1
      end
    end
  else
    stale = stale + 1
  end
  at = last + 1
end
return {written, stale, indexed}
"""
)

ERASE = (
    _HELD
    + _FORGET
    + """
-- KEYS: the key of each customer.
-- ARGV: TTL, what index keys begin with; for each customer: its id, offset.
local gone = 0
for k = 1, #KEYS do
  local customer, offset = ARGV[2 * k + 1], ARGV[2 * k + 2]
  local revision, erased = held(KEYS[k], 0)
  if not erased or erased < tonumber(offset) then
    forget(KEYS[k], customer, {})
    local tombstone = string.format('{"revision":%.0f,"erased":%s}', revision, offset)
    call('SET', KEYS[k], tombstone, 'EX', ARGV[1])
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
