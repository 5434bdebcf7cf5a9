"""Who is signed in: sessions in Redis, under the hash of what their bearer's cookie says."""

from __future__ import annotations

import hashlib
import secrets

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from legato.core.values.time import Instant
from legato.queries.rights import ALL, User
from legato.serving.api.access import Access, now_ms
from legato.serving.api.customers import Customers
from legato.serving.api.embedding import embedding_key
from legato.serving.api.keys import ApiKey
from legato.serving.api.redis_connection import RedisScript
from legato.serving.pages.users import LocalUser, UserFile
from legato.settings import PagesSettings

COOKIE = "__Host-legato"
EMBED_COOKIE = "__Host-legato-embed"
"""Of a session in a console's frame: neither cookie counts where the other does."""
TOKEN_BYTES = 32
TOKEN_MOST = 100
"""No token is longer: what is, is not looked at."""
_HOUR_MS, _MINUTE_MS = 3_600_000, 60_000

BEGIN = RedisScript.of("""
-- Arguments: the keys of the session and of all of its user, its name among those, what is
-- kept, now, when it ends at the latest, after how many ms without use.
redis.call('HSET', ARGV[1], 'kept', ARGV[4], 'ends', ARGV[6])
redis.call('PEXPIRE', ARGV[1], math.min(ARGV[7], ARGV[6] - ARGV[5]))
redis.call('ZREMRANGEBYSCORE', ARGV[2], '-inf', ARGV[5])
redis.call('ZADD', ARGV[2], ARGV[6], ARGV[3])
redis.call('PEXPIREAT', ARGV[2], ARGV[6])
return true
""")
FIND = RedisScript.of("""
-- Arguments: the key of the session, now, after how many ms without use it ends; 0 for a look
-- that is no use.
local found = redis.call('HMGET', ARGV[1], 'kept', 'ends')
if not found[1] then
  return false
end
local left = found[2] - ARGV[2]
if left <= 0 then
  redis.call('DEL', ARGV[1])
  return false
end
if ARGV[3] ~= '0' then
  redis.call('PEXPIRE', ARGV[1], math.min(ARGV[3], left))
end
return found[1]
""")
END_ALL = RedisScript.of("""
-- Arguments: the key of all sessions of a user, what the keys of sessions begin with.
local ended = 0
for _, name in ipairs(redis.call('ZRANGE', ARGV[1], 0, -1)) do
  ended = ended + redis.call('DEL', ARGV[2] .. name)
end
redis.call('DEL', ARGV[1])
return ended
""")


class Embedding(Struct, frozen=True):
    """In which console's frame a session is: with the key of its server, and for whom.

    `user` is what the console calls them.
    """

    key: ApiKey
    user: str


class DeskSession(Struct, frozen=True):
    """A session as it stands at this request; `user` has the rights of now.

    `name` is what it is called in Redis: nothing that opens it. `csrf` is what its forms bear.
    `embedding` is in which frame it is, if it is in one.
    """

    user: User
    csrf: str
    name: str
    embedding: Embedding | None = None

    @property
    def embedded_in(self) -> tuple[str, ...]:
        """The origins whose pages may show it in theirs."""
        return self.embedding.key.embed_origins if self.embedding else ()


class _KeptSession(Struct, frozen=True, omit_defaults=True):
    """What Redis keeps: of a local user who it is, of others all that was claimed for them."""

    csrf: str
    local: str = ""
    password_since: Instant = 0
    claimed: User | None = None
    embedded_for: str = ""
    key_id: str = ""


_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(_KeptSession).decode


class Sessions:
    """Begins, finds and ends sessions. All raise Problem (503) where Redis does not answer."""

    def __init__(
        self,
        customers: Customers,
        settings: PagesSettings,
        users: UserFile,
        access: Access | None = None,
    ) -> None:
        """Without `access` to keys, no session in a console's frame counts."""
        self._customers, self._users, self._access = customers, users, access
        self._idle_ms = settings.session_idle_minutes * _MINUTE_MS
        self._longest_ms = settings.session_hours * _HOUR_MS

    async def begin(
        self, who: LocalUser | User, embedding: Embedding | None = None
    ) -> tuple[str, DeskSession]:
        """Sign somebody in: what their cookie is to say, and the session."""
        token, csrf = (secrets.token_urlsafe(TOKEN_BYTES) for _ in range(2))
        if isinstance(who, LocalUser):
            user, since = who.user, who.password_since
            kept = _KeptSession(csrf, who.name, since)
        else:
            user, kept = who, _KeptSession(csrf, claimed=who)
        if embedding is not None:
            kept = replace(kept, embedded_for=embedding.user, key_id=embedding.key.id)
        session, now = DeskSession(user, csrf, _hash(token), embedding), now_ms()
        keys = self._customers.keys
        await self._customers.run(
            BEGIN,
            keys.session(session.name),
            keys.sessions_of(user.id),
            session.name,
            _encode(kept),
            now,
            now + self._longest_ms,
            self._idle_ms,
        )
        return token, session

    async def find(self, token: str) -> DeskSession | None:
        """Find the session of a cookie; that it is used keeps it from ending."""
        if not token or len(token) > TOKEN_MOST:
            return None
        return await self._found(_hash(token), self._idle_ms)

    async def still(self, session: DeskSession) -> DeskSession | None:
        """What has become of a session. To look is not to use it: so it may end."""
        return await self._found(session.name, 0)

    async def end(self, session: DeskSession) -> None:
        """Sign somebody out."""
        await self._customers.ask("DEL", self._customers.keys.session(session.name))

    async def end_all(self, user_id: str) -> int:
        """Sign somebody out wherever they are; returns how many sessions that were."""
        keys = self._customers.keys
        ended: int = await self._customers.run(
            END_ALL, keys.sessions_of(user_id), keys.session("")
        )
        return ended

    async def _found(self, name: str, idle_ms: int) -> DeskSession | None:
        now = now_ms()
        told = await self._customers.run(FIND, self._customers.keys.session(name), now, idle_ms)
        if told is None:
            return None
        kept = _read(told)
        if kept.key_id:
            return self._embedded(kept, name)
        user = self._user_of(kept, now)
        return None if user is None else DeskSession(user, kept.csrf, name)

    def _embedded(self, kept: _KeptSession, name: str) -> DeskSession | None:
        """A session in a console's frame, as far as its key goes now; none without the key."""
        key = self._access.by_id(kept.key_id) if self._access else None
        if kept.claimed is None or key is None or embedding_key(key) is None:
            return None
        user = replace(kept.claimed, brands=key.brands or (ALL,))
        return DeskSession(user, kept.csrf, name, Embedding(key, kept.embedded_for))

    def _user_of(self, kept: _KeptSession, now: Instant) -> User | None:
        """Who it is, with the rights of now; None for who counts no more."""
        if not kept.local:
            return kept.claimed
        known = self._users.find(kept.local, now)
        if known is None or known.password_since != kept.password_since:
            return None
        return known.user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
