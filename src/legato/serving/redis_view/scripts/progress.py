"""How far each partition has come."""

from __future__ import annotations

ADVANCE = """
-- KEYS: of each topic the hash of how far its partitions are. ARGV: TTL; of each partition:
-- which key, number, from, to. Answers with those, counted from 0, of which Redis does not know
-- `from`: it lost what it had.
local lost = {}
for i = 2, #ARGV, 4 do
  local key, number = KEYS[tonumber(ARGV[i])], ARGV[i + 1]
  if (redis.call('HGET', key, number) or '0') == ARGV[i + 2] then
    redis.call('HSET', key, number, ARGV[i + 3])
  else
    lost[#lost + 1] = (i - 2) / 4
  end
end
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, ARGV[1])
end
return lost
"""
