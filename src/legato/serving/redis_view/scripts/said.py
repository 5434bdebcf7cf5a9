"""What the line said of customers: decisions, actions, and what closed these.

An action stands whole under its id from when it is told until it expires, or is
`{"closed":"accepted"}` from when it is closed; that is written also if what closes it is read
first, so that the action does not come up behind it.
"""

from __future__ import annotations

from legato.serving.redis_view.scripts.shared import ACTIONS_OF, NAMES, NOTICE, PEOPLE, SETS

DECIDE = (
    NAMES
    + NOTICE
    + PEOPLE
    + """
-- Of each decision: customer, id, time, the JSON.
local written = 0
for _, decision in ipairs(cmsgpack.unpack(ARGV[5])) do
  local customer, id, time, json = unpack(decision)
  local void
  customer, void = goes_on(customer)
  local is_new = call('ZADD', DECISIONS .. customer, time, json) == 1
  keep_newest(customer, void)
  if is_new and call('ZSCORE', DECISIONS .. customer, json) then
    tell({kind = 'decision', id = id, customer = customer, time = time})
    written = written + 1
  end
end
publish()
return written
"""
)

OPEN = (
    NAMES
    + NOTICE
    + PEOPLE
    + SETS
    + ACTIONS_OF
    + """
-- Of each action: id, customer, time, when it expires, the JSON, channel, and where it waits at
-- one, venue and queue.
local opened = 0
for _, action in ipairs(cmsgpack.unpack(ARGV[5])) do
  local id, customer, time, expires, json, channel, venue, queue = unpack(action, 1, 8)
  local void
  customer, void = goes_on(customer)
  local key = ACTION .. id
  local before = call('GETRANGE', key, 0, #CLOSED - 1)
  if before == CLOSED then
    call('PEXPIREAT', key, expires)
  elseif time > void then
    call('SET', key, json, 'PXAT', expires)
    enter(ACTIONS .. customer, id, expires)
    if venue then
      enter(VENUE .. venue, id, expires)
    end
    if queue then
      enter(QUEUE .. queue, id, expires)
    end
    if before == '' then
      local at = {channel = channel, venue = venue, queue = queue}
      tell_action('action', id, customer, time, at)
      opened = opened + 1
    end
  end
end
publish()
return opened
"""
)

CLOSE = (
    NAMES
    + NOTICE
    + PEOPLE
    + SETS
    + ACTIONS_OF
    + """
-- Of each closing: the action's id, the reason, until when it is marked if it is not there.
local closed = 0
for _, closing in ipairs(cmsgpack.unpack(ARGV[5])) do
  closed = closed + close(unpack(closing))
end
publish()
return closed
"""
)
