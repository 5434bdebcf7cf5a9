"""Who it is: the default customer of the best-ranked identifier, by keyed hash alone."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from legato.core.outcome import Rejected

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


class Identify:
    """Derives customer ids: rank of the identifier type, then 24 hex digits of HMAC-SHA-256.

    The key is the deployment's pepper, so an id cannot be guessed back from an address. The
    better the rank, the smaller the first character. `*` in `ranks` stands for all types that
    are not named (in order of their names); without it they come last. The cache is bounded:
    it is emptied when it is full.
    """

    def __init__(self, pepper: str, ranks: tuple[str, ...], cache_size: int = 200_000) -> None:
        if len(ranks) >= len(_BASE36):
            raise ValueError(f"at most {len(_BASE36) - 1} identifier types can be ranked")
        self._key = pepper.encode()
        self._ranks = {name: rank for rank, name in enumerate(ranks)}
        self._other = self._ranks.get("*", len(ranks))
        self._cache: dict[tuple[str, str], str] = {}
        self._cache_size = cache_size

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

    def _order(self, identifier: tuple[str, str]) -> tuple[int, str]:
        name = identifier[0]
        return self._ranks.get(name, self._other), name

    def _derive(self, identifier: tuple[str, str]) -> str:
        name, value = identifier
        digest = hmac.digest(self._key, f"{name}\x1f{value}".encode(), "sha256").hex()[:24]
        customer_id = f"{_BASE36[self._order(identifier)[0]]}-{digest}"
        if len(self._cache) >= self._cache_size:
            self._cache.clear()
        self._cache[identifier] = customer_id
        return customer_id
