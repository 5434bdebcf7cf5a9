"""Who calls, what they may do, and how much of it a second."""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from http import HTTPStatus

from starlette.requests import Request

from legato.core.values.time import Instant
from legato.serving.api.keys import ApiKey, KeyRing, Scope
from legato.serving.api.problems import Problem, too_many

CLICK_RATE = 1.0
"""How often a second one link to unsubscribe may be used, and twice that at once."""
CLICKS_MOST, CLICK_BYTES = 10_000, 16
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="legato", Basic realm="legato"'}


class Bucket:
    """A token bucket: `rate` a second flow in, and twice that at most is in it."""

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self._level, self._at = 2 * rate, now

    def take(self, count: int, now: float) -> float:
        """Take so many, and return 0; or take none, and return the seconds until there are.

        What is more than ever fits waits for a full bucket, and is owed from then on.
        """
        self._level = min(self._level + (now - self._at) * self.rate, 2 * self.rate)
        self._at = now
        missing = min(count, 2 * self.rate) - self._level
        if missing > 0:
            return missing / self.rate
        self._level -= count
        return 0.0


class Access:
    """Finds the key of a request, and holds it to its rate."""

    def __init__(self, keys: KeyRing, rate: float) -> None:
        self._keys, self._rate = keys, rate
        self._buckets: dict[str, Bucket] = {}
        self._clicks: dict[bytes, Bucket] = {}

    def admit(self, request: Request, scope: Scope) -> ApiKey:
        """Find who calls by the headers; raises Problem (401, 403)."""
        return self.admit_token(token_of(request), request, scope)

    def admit_token(self, token: str, request: Request, scope: Scope) -> ApiKey:
        """Find who bears a key; raises Problem (401, 403)."""
        key = self._keys.find(token, now_ms()) if token else None
        if key is None:
            detail = "no key that counts came along; send `Authorization: Bearer KEY`"
            raise Problem(HTTPStatus.UNAUTHORIZED, detail, headers=_CHALLENGE)
        if not key.may(scope):
            raise Problem(HTTPStatus.FORBIDDEN, f"this key may not `{scope}`; use one that may")
        origin = request.headers.get("origin")
        if key.origins and origin is not None and origin not in key.origins:
            detail = "this key is not for pages of this origin; add it to the key's origins"
            raise Problem(HTTPStatus.FORBIDDEN, detail)
        return key

    def knows_origin(self, origin: str) -> bool:
        """Is there a key for pages of this origin?"""
        return any(origin in key.origins for key in self._keys.keys)

    def embed_origins(self) -> tuple[str, ...]:
        """List the origins of all keys that count, whose pages may have ours in a frame."""
        now = now_ms()
        origins = (each.embed_origins for each in self._keys.keys if each.holds(now))
        return tuple(sorted({origin for each in origins for origin in each}))

    def name_of(self, key_id: str) -> str:
        """What a key is called that there is, or was until it was revoked; else empty."""
        return next((each.name for each in self._keys.keys if each.id == key_id), "")

    def by_id(self, key_id: str) -> ApiKey | None:
        """A key that was admitted before, if it counts still."""
        return self._keys.by_id(key_id, now_ms())

    def counts(self, key: ApiKey) -> bool:
        """Does a key that was admitted count still, as it was?"""
        return self._keys.by_id(key.id, now_ms()) == key

    def spend(self, key: ApiKey, count: int = 1) -> None:
        """Count events or requests against the rate of a key; raises Problem (429)."""
        self._take(f"key {key.id}", key.rate or self._rate, count)

    def spend_of(self, source: str) -> None:
        """Count a webhook that was signed against the rate of its source; raises Problem (429).

        One that was not signed costs the source nothing: who forges them stops nobody's.
        """
        self._take(f"source {source}", self._rate, 1)

    def spend_click(self, token: str) -> None:
        """Count a click to unsubscribe; raises Problem (429) where one link is used too often.

        What is written by one link stops no other; of links, the latest are known.
        """
        name = hashlib.sha256(token.encode()).digest()[:CLICK_BYTES]
        bucket = self._clicks.pop(name, None) or Bucket(CLICK_RATE, time.monotonic())
        self._clicks[name] = bucket
        if len(self._clicks) > CLICKS_MOST:
            del self._clicks[next(iter(self._clicks))]
        if wait := bucket.take(1, time.monotonic()):
            raise too_many("this link was used many times just now; it is done", wait)
        self._take("all links", self._rate, 1)

    def _take(self, who: str, rate: float, count: int) -> None:
        now = time.monotonic()
        bucket = self._buckets.get(who)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[who] = Bucket(rate, now)
        if wait := bucket.take(count, now):
            raise too_many(f"this {who.split()[0]} may send {rate:g} a second; wait", wait)


def see_source(key: ApiKey, name: str) -> None:
    """See that a key may send to a source; raises Problem (403)."""
    if key.sources and name not in key.sources:
        detail = f"this key may not send to the source `{name}`"
        raise Problem(HTTPStatus.FORBIDDEN, detail)


def token_of(request: Request) -> str:
    """Read the key that came in the header; empty if none did."""
    kind, _, told = request.headers.get("authorization", "").partition(" ")
    match kind.lower():
        case "bearer":
            return told.strip()
        case "basic":
            return _user_of(told)
        case _:
            return ""


def _user_of(told: str) -> str:
    """Read the user name of HTTP Basic, which is where Segment's clients put a key."""
    try:
        decoded = base64.b64decode(told.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return decoded.partition(":")[0]


def now_ms() -> Instant:
    """The time of day; here is where it comes in."""
    return time.time_ns() // 1_000_000
