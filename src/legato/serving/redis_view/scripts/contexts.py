"""Contexts: which wins, what leads to it, and what goes along when customers merge or go.

A value starts with its revision, so that the first bytes tell it without decoding:
`{"revision":7,"index":[...],...}` is a context, `{"revision":7,"erased":42}` says that the
record at offset 42 erased the customer. A context wins over one that is not newer. Revisions
start again after an erasure, so over an erased customer wins only what lies behind it in the
log.

`index` names the entries that lead to the customer, so whatever replaces a value knows which
of them have to go. One that meanwhile leads to somebody else stays.

Sets of venues and queues hold who may be seen there, each until an instant. Beside them stands
which a customer was put into: so whoever goes on elsewhere, or is merged, split or erased,
leaves them, and whoever looks at a list there is told. They are no more than where to look,
since others write there too: whoever reads a set asks the context of each.
"""

from __future__ import annotations

from legato.serving.redis_view.keys import CONTACTS, HERE, PLACED
from legato.serving.redis_view.scripts.shared import (
    ACTIONS_OF,
    HEAD_BYTES,
    NAMES,
    NOTICE,
    PEOPLE,
    SETS,
)

_HELD = f"""
-- Tell the revision under a key, which offset erased it, and `bytes` of what follows it.
local function held(key, bytes)
  local head = call('GETRANGE', key, 0, {HEAD_BYTES} + bytes)
  local revision, after = head:match('^{{"revision":(%d+),()')
  local erased = after and head:match('^"erased":(%d+)', after)
  return tonumber(revision) or 0, tonumber(erased), after and head:sub(after, after + bytes - 1)
end

-- Tell that another revision of a customer stands here, or something under their name; and at
-- which venue or in which queue that is news.
local function tell_context(customer, revision, at)
  tell({{
    kind = 'context', id = customer, customer = customer, revision = revision,
    venue = at and at.venue, queue = at and at.queue,
  }})
end
"""

_PLACE = f"""
local NOWHERE, PLACED = {{}}, PREFIX .. '{PLACED}'

-- Put a customer into a set of a venue or a queue; say if that is news there. That somebody who
-- is at a venue goes on being there is none.
local function place(customer, kind, name, ends)
  local key = PREFIX .. kind .. name
  local before = tonumber(call('ZSCORE', key, customer) or 0)
  if before ~= ends then
    enter(key, customer, ends)
  end
  return before <= NOW or (before ~= ends and kind ~= '{HERE}')
end

-- Tell that there is news of a customer at a venue or in a queue.
local function tell_at(customer, revision, kind, name)
  tell_context(customer, revision, {{[kind == '{CONTACTS}' and 'queue' or 'venue'] = name}})
end

-- Put a customer into the sets of these places, and take them out of those where they stood
-- before. Each place is told where that is news; answers whether one was.
local function move_to(customer, revision, placings, before)
  local is_told, stands, last = false, {{}}, 0
  for _, placing in ipairs(placings) do
    local kind, name, ends = unpack(placing)
    stands[kind .. name], last = true, math.max(last, ends)
    if place(customer, kind, name, ends) then
      tell_at(customer, revision, kind, name)
      is_told = true
    end
  end
  for _, stood in ipairs(before and cjson.decode(before) or NOWHERE) do
    local kind, name = unpack(stood)
    if not stands[kind .. name] and leave(PREFIX .. kind .. name, customer) then
      tell_at(customer, revision, kind, name)
      is_told = true
    end
  end
  if last > 0 then
    call('SET', PLACED .. customer, cjson.encode(placings), 'PXAT', last)
  elseif before then
    call('DEL', PLACED .. customer)
  end
  return is_told
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
    if not stays[name] and call('GET', INDEX .. name) == customer then
      call('DEL', INDEX .. name)
    end
  end
end
"""

_MOVE = """
-- Give what stands under a customer who was merged to whoever goes on.
local function move(customer, forward)
  local from, open = DECISIONS .. customer, ACTIONS .. customer
  if call('EXISTS', from, open) == 0 then
    return
  end
  local to, void = goes_on(forward)
  if to == customer then
    return
  end
  call('ZUNIONSTORE', DECISIONS .. to, 2, DECISIONS .. to, from, 'AGGREGATE', 'MAX')
  keep_newest(to, void)
  local ids = call('ZRANGE', open, 0, -1, 'WITHSCORES')
  for i = 1, #ids, 2 do
    enter(ACTIONS .. to, ids[i], ids[i + 1])
  end
  call('DEL', from, open)
  if void > 0 then
    forget_actions(to, void)
  end
  tell_context(to, (held(CUSTOMER .. to, 0)))
end
"""

WRITE = (
    NAMES
    + NOTICE
    + PEOPLE
    + SETS
    + ACTIONS_OF
    + _HELD
    + _FORGET
    + _MOVE
    + _PLACE
    + """
-- Of each context: customer, revision, offset, index, the same as it stands in the JSON, the
-- JSON; and where there are any, as whom they go on, which actions are closed (id, reason, when
-- that expires), and in which sets they stand (kind, name, until when).
local function rank(customer)
  return customer:match('^(%w)%-%x+$') or customer:match('^(%w)%-%.%w%x+$') or ''
end
-- Several customers may know an identifier: the best ranked of those who stand here keeps it.
local function outranks(other, customer)
  return rank(other) < rank(customer) and call('EXISTS', CUSTOMER .. other) == 1
end
local written, stale, indexed, done = 0, 0, 0, 0
local documents, keys = cmsgpack.unpack(ARGV[5]), {}
for i, document in ipairs(documents) do
  keys[i] = PLACED .. document[1]
end
local placed = call('MGET', unpack(keys))
for i, document in ipairs(documents) do
  local customer, revision, offset, index, told, json, forward, closed, placings =
    unpack(document, 1, 9)
  local key = CUSTOMER .. customer
  local before, erased, told_before = held(key, #told)
  if (erased and offset > erased) or (not erased and revision >= before) then
    if told_before and not erased and told_before ~= told then
      forget(key, customer, index)
    end
    call('SET', key, json, 'PXAT', UNTIL)
    written = written + 1
    for _, name in ipairs(index) do
      local other = call('SET', INDEX .. name, customer, 'PXAT', UNTIL, 'GET')
      if other and other ~= customer and outranks(other, customer) then
        call('SET', INDEX .. name, other, 'PXAT', UNTIL)
      else
        indexed = indexed + 1
      end
    end
    local is_told = placings or placed[i]
    is_told = is_told and move_to(customer, revision, placings or NOWHERE, placed[i])
    if not is_told and (erased or revision ~= before) then
      tell_context(customer, revision)
    end
    if forward then
      move(customer, forward)
    end
    for _, action in ipairs(closed or NOWHERE) do
      done = done + close(unpack(action))
    end
  else
    stale = stale + 1
  end
end
publish()
return {written, stale, indexed, done}
"""
)

ERASE = (
    NAMES
    + NOTICE
    + PEOPLE
    + SETS
    + ACTIONS_OF
    + _HELD
    + _FORGET
    + _PLACE
    + """
-- Of each customer: its id, offset, and up to when what was said of them is void.
local gone = 0
for _, erasure in ipairs(cmsgpack.unpack(ARGV[5])) do
  local customer, offset, void = unpack(erasure)
  local before = tonumber(call('GET', ERASED .. customer) or 0)
  call('SET', ERASED .. customer, math.max(void, before), 'PXAT', MARK_UNTIL)
  call('ZREMRANGEBYSCORE', DECISIONS .. customer, '-inf', void)
  forget_actions(customer, void)
  local key = CUSTOMER .. customer
  local revision, erased = held(key, 0)
  if not erased or erased < offset then
    forget(key, customer, {})
    local tombstone = string.format('{"revision":%.0f,"erased":%.0f}', revision, offset)
    call('SET', key, tombstone, 'PXAT', MARK_UNTIL)
    if not move_to(customer, revision, NOWHERE, call('GET', PLACED .. customer)) then
      tell_context(customer, revision)
    end
    gone = gone + 1
  end
end
publish()
return gone
"""
)
