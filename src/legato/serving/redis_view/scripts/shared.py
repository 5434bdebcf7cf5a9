"""What several scripts begin with: names of keys, notices, who goes on, what closes an action.

Arguments of all: now and the instants at which what is written, and what only says that
something is gone, leave Redis (epoch ms); what all keys begin with; what is to be written.
"""

from __future__ import annotations

from legato.serving.redis_view.keys import (
    ACTION,
    ACTIONS,
    CUSTOMER,
    DECISIONS,
    ERASED,
    INDEX,
    NOTICES,
    QUEUE,
    VENUE,
)

HEAD_BYTES = 63
HOPS = 16
"""So many mergers in a row are followed; the line shortens such ways by itself."""
NEWEST = 20
"""So many decisions of a customer are kept."""

NAMES = f"""
local call = redis.call
local NOW, UNTIL, MARK_UNTIL, PREFIX = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local CUSTOMER, ERASED = PREFIX .. '{CUSTOMER}', PREFIX .. '{ERASED}'
local INDEX = PREFIX .. '{INDEX}'
local DECISIONS, ACTIONS = PREFIX .. '{DECISIONS}', PREFIX .. '{ACTIONS}'
local ACTION, VENUE, QUEUE = PREFIX .. '{ACTION}', PREFIX .. '{VENUE}', PREFIX .. '{QUEUE}'
local CLOSED = '{{"closed":'
"""

NOTICE = f"""
local notices = {{}}

-- Note that something changed, to be published.
local function tell(notice)
  notices[#notices + 1] = notice
end

-- Publish what was noted, all at once.
local function publish()
  if #notices > 0 then
    call('PUBLISH', PREFIX .. '{NOTICES}', cjson.encode(notices))
  end
end
"""

PEOPLE = f"""
-- Follow a customer to whoever goes on, and say up to when what was said of them is void.
local function goes_on(customer)
  local void = 0
  for _ = 1, {HOPS} do
    void = math.max(void, tonumber(call('GET', ERASED .. customer) or 0))
    local key = CUSTOMER .. customer
    local head = call('GETRANGE', key, 0, {HEAD_BYTES})
    if not head:find('^{{"revision":%d+,"index":%[%],"forward":') then
      break
    end
    customer = cjson.decode(call('GET', key)).forward
  end
  return customer, void
end

-- Leave a customer the newest decisions, and none that is void.
local function keep_newest(customer, void)
  local key = DECISIONS .. customer
  if void > 0 then
    call('ZREMRANGEBYSCORE', key, '-inf', void)
  end
  call('ZREMRANGEBYRANK', key, 0, -{NEWEST + 1})
  call('PEXPIREAT', key, UNTIL)
end
"""

SETS = """
-- Put a name into a set until some instant; the set lives as long as the last one in it.
local function enter(key, name, expires)
  call('ZREMRANGEBYSCORE', key, '-inf', NOW)
  call('ZADD', key, expires, name)
  call('PEXPIREAT', key, call('ZRANGE', key, -1, -1, 'WITHSCORES')[2])
end

-- Take a name out of a set, and what has expired with it.
local function leave(key, name)
  local left = call('ZREM', key, name)
  call('ZREMRANGEBYSCORE', key, '-inf', NOW)
  return left == 1
end
"""

ACTIONS_OF = """
-- Tell that an action of a customer is open or closed, and where it waits.
local function tell_action(kind, id, customer, time, action)
  tell({
    kind = kind, id = id, customer = customer, time = time, channel = action.channel,
    venue = action.venue, queue = action.queue,
  })
end

-- Take an action that stands here out of the sets in which it waits.
local function take_out(id, action)
  local customer = goes_on(action.customer_id)
  leave(ACTIONS .. customer, id)
  if action.venue then
    leave(VENUE .. action.venue, id)
  end
  if action.queue then
    leave(QUEUE .. action.queue, id)
  end
  tell_action('closed', id, customer, NOW, action)
end

-- Close an action; one that is not there is marked as closed until `mark_until`.
local function close(id, reason, mark_until)
  local key = ACTION .. id
  local value = call('GET', key)
  local mark = CLOSED .. '"' .. reason .. '"}'
  if not value then
    call('SET', key, mark, 'PXAT', mark_until)
    return 0
  elseif value:sub(1, #CLOSED) == CLOSED then
    return 0
  end
  call('SET', key, mark, 'KEEPTTL')
  take_out(id, cjson.decode(value))
  return 1
end

-- Remove those open actions of a customer that were decided by then.
local function forget_actions(customer, void)
  for _, id in ipairs(call('ZRANGE', ACTIONS .. customer, 0, -1)) do
    local value = call('GET', ACTION .. id)
    local action = value and value:sub(1, #CLOSED) ~= CLOSED and cjson.decode(value)
    if action and action.time <= void then
      call('DEL', ACTION .. id)
      call('ZREM', ACTIONS .. customer, id)
      take_out(id, action)
    end
  end
end
"""
