"""Who it is: the default customer of the best-ranked identifier, by keyed hash alone.

A name sorts before a worse one, as text: by the rank of its type, then the newer pepper first.
"""

from __future__ import annotations

from collections.abc import Mapping

from legato.core.values.keyed_hash import KeyedHash
from legato.core.values.results import Rejected

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_HASH = 24
KEYS_MOST = len(_BASE36)
"""How often a pepper can be replaced, so that the names of each newer one sort before."""


def mark_of(key_id: int) -> str:
    """Say how a name tells its pepper: `` for key 0, `.z` for key 1, `.y` for key 2."""
    return f".{_BASE36[-key_id]}" if key_id else ""


class Identify:
    """Derives customer ids: rank of the identifier type, then 24 hex digits of HMAC-SHA-256.

    The key is the deployment's pepper, so an id cannot be guessed back from an address. The
    better the rank in `priority`, the smaller the first character. `*` in it stands for all
    types that are not named (in order of their names); without it they come last. The cache is
    bounded: it is emptied when it is full.

    `key_id` says which pepper it is, `formers` are those that it replaced and under which
    identifiers are still known.
    """

    def __init__(
        self,
        pepper: str,
        priority: tuple[str, ...],
        cache_size: int = 200_000,
        key_id: int = 0,
        formers: Mapping[int, str] | None = None,
    ) -> None:
        if len(priority) >= len(_BASE36):
            raise ValueError(f"at most {len(_BASE36) - 1} identifier types can be ranked")
        self._hash = KeyedHash(pepper.encode())
        self._ranks = {name: rank for rank, name in enumerate(priority)}
        self._other = self._ranks.get("*", len(priority))
        self._cache: dict[tuple[str, str], str] = {}
        self._cache_size = cache_size
        self._mark = mark_of(key_id)
        self.formers: tuple[Identify, ...] = tuple(
            Identify(former, priority, cache_size, key)
            for key, former in sorted((formers or {}).items(), reverse=True)
        )
        self._marks = {self._mark, *(former._mark for former in self.formers)}

    def customer_of(self, identifiers: Mapping[str, str]) -> str | Rejected:
        """Name the customer whom these identifiers (type -> value) point at."""
        if len(identifiers) == 1:
            (best,) = identifiers.items()
        elif identifiers:
            best = min(identifiers.items(), key=self._order)
        else:
            return Rejected("no_identifier", "no identifier; send at least one", "identify")
        known = self._cache.get(best)
        return known if known is not None else self._derive(best)

    def name_of(self, kind: str, value: str) -> str:
        """Name one identifier: the customer whom it points at while it is not linked."""
        known = self._cache.get((kind, value))
        return known if known is not None else self._derive((kind, value))

    def names_of(self, kind: str, value: str) -> tuple[str, ...]:
        """List all names of one identifier, the newest first."""
        return self.name_of(kind, value), *(each.name_of(kind, value) for each in self.formers)

    def is_name(self, customer_id: str) -> bool:
        """Is it a name of ours under these peppers, not one that somebody gave upstream?"""
        digest = customer_id[-_HASH:]
        return (
            len(customer_id) >= _HASH + 2
            and customer_id[1] == "-"
            and customer_id[2:-_HASH] in self._marks
            and all(letter in "0123456789abcdef" for letter in digest)
        )

    def may_name(self, name: str) -> bool:
        """Is a name one under these peppers, as far as it tells?"""
        return name[2:-_HASH] in self._marks

    def _order(self, identifier: tuple[str, str]) -> tuple[int, str]:
        name = identifier[0]
        return self._ranks.get(name, self._other), name

    def _derive(self, identifier: tuple[str, str]) -> str:
        name, value = identifier
        digest = self._hash.of(f"{name}\x1f{value}".encode())[:_HASH]
        rank = self._ranks.get(name, self._other)
        customer_id = f"{_BASE36[rank]}-{self._mark}{digest}"
        if len(self._cache) >= self._cache_size:
            self._cache.clear()
        self._cache[identifier] = customer_id
        return customer_id
