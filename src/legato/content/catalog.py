"""Which parts there are of a reference, by language and variant, and all their texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from msgspec import Struct

from legato.content.errors import ContentError
from legato.core.events.words import read_language

SHARED = "_"
"""What a name begins with that is for others to include or extend."""
KINDS = (".txt", ".html")
TEXT_MOST = 200_000
"""Characters of one template."""
TEXTS_MOST = 10_000


class Part(Struct, frozen=True):
    """One part: `subject`, for everybody or for a variant, and where its text is."""

    name: str
    variant: str
    place: str


class Catalog(Struct, frozen=True):
    """All content of a moment: `texts` by place, `parts` by reference and language."""

    texts: Mapping[str, str]
    parts: Mapping[str, Mapping[str, tuple[Part, ...]]]

    def parts_of(self, ref: str, language: str, variant: str) -> dict[str, str]:
        """Where each part of a reference is, in this language and variant."""
        listed = self.parts.get(ref, {}).get(language, ())
        told = {part.name: part.place for part in listed if not part.variant}
        return told | {part.name: part.place for part in listed if part.variant == variant}

    def languages_of(self, ref: str) -> tuple[str, ...]:
        """The languages that there are of a reference."""
        return tuple(self.parts.get(ref, {}))


EMPTY = Catalog({}, {})


def catalog_of(texts: Mapping[str, str]) -> Catalog:
    """Sort texts by their places, `REF/LANGUAGE/PART.txt`; raises ContentError."""
    if len(texts) > TEXTS_MOST:
        raise ContentError(f"more than {TEXTS_MOST:,} files of content; take some out")
    parts: dict[str, dict[str, list[Part]]] = {}
    for place in sorted(texts):
        _see_size(place, texts[place])
        if not is_shared(place):
            ref, language, part = _read_place(place)
            parts.setdefault(ref, {}).setdefault(language, []).append(part)
    _see_once(parts)
    return Catalog(
        texts,
        {
            ref: {language: tuple(listed) for language, listed in by_language.items()}
            for ref, by_language in parts.items()
        },
    )


def is_shared(place: str) -> bool:
    """Is it for others to include?"""
    return any(each.startswith(SHARED) for each in PurePosixPath(place).parts)


def _read_place(place: str) -> tuple[str, str, Part]:
    pieces = PurePosixPath(place).parts
    if len(pieces) != 3:
        raise ContentError(
            f"`{place}` is no part of anything; put it at `REFERENCE/LANGUAGE/{pieces[-1]}`"
        )
    ref, folder, file = pieces
    language = read_language(folder)
    if language is None:
        raise ContentError(f"`{place}`: `{folder}` is no language; write one such as `de`")
    stem, dot, kind = file.rpartition(".")
    name, _, variant = stem.partition(".")
    if f"{dot}{kind}" not in KINDS or not name:
        raise ContentError(f"`{place}` is no part; call it `PART.txt`, or `PART.html`")
    return ref, language, Part(name, variant, place)


def _see_size(place: str, text: str) -> None:
    if len(text) > TEXT_MOST:
        raise ContentError(f"`{place}` has more than {TEXT_MOST:,} characters; shorten it")


def _see_once(parts: Mapping[str, Mapping[str, Iterable[Part]]]) -> None:
    """See that no part is there both as text and as HTML, or in two spellings."""
    for by_language in parts.values():
        for listed in by_language.values():
            seen: dict[tuple[str, str], str] = {}
            for part in listed:
                other = seen.setdefault((part.name, part.variant), part.place)
                if other != part.place:
                    raise ContentError(
                        f"`{part.place}` and `{other}` are the same part; take one away"
                    )
