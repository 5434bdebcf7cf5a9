"""In which language content is looked for: the customer's, its shorter forms, the shop's."""

from __future__ import annotations

from collections.abc import Iterator

from legato.core.events.words import read_language


def languages_for(wanted: str, fallback: str) -> tuple[str, ...]:
    """List the languages that would do, best first: `de-AT`, `de`, then the fallback."""
    found = (*_ever_shorter(wanted), *_ever_shorter(fallback))
    return tuple(dict.fromkeys(found))


def spoken(wanted: str, chosen: str) -> str:
    """Say how values are written in content that is in `chosen`: `de-AT` in content of `de`."""
    tag = read_language(wanted) if wanted else None
    return tag if tag and chosen in _ever_shorter(tag) else chosen


def _ever_shorter(language: str) -> Iterator[str]:
    tag = read_language(language) if language else None
    parts = tag.split("-") if tag else []
    for count in range(len(parts), 0, -1):
        yield "-".join(parts[:count])
