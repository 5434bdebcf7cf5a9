"""How a reader finds a customer, in one question: whom an identifier names, and who goes on."""

from __future__ import annotations

from legato.serving.redis_view.keys import CUSTOMER, INDEX
from legato.serving.redis_view.scripts.shared import HOPS

FIND = f"""
-- ARGV: what all keys begin with; `TYPE:HASH` of an identifier, or nothing; a customer's id, or
-- nothing. Answers with who it is, and what stands under their name; with nothing if nobody is.
local call, CUSTOMER = redis.call, ARGV[1] .. '{CUSTOMER}'
local customer = ARGV[3]
if ARGV[2] ~= '' then
  customer = call('GET', ARGV[1] .. '{INDEX}' .. ARGV[2])
end
for _ = 1, customer and {HOPS} or 0 do
  local value = call('GET', CUSTOMER .. customer)
  if not value or not value:find('^{{"revision":%d+,"index":%[%],"forward":') then
    return value and {{customer, value}}
  end
  customer = cjson.decode(value).forward
end
return false
"""
