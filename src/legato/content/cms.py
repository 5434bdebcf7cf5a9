"""Content of a CMS: asked by HTTP, kept, asked again by its ETag, and used while it fails."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

import msgspec
from msgspec import Struct

from legato.content.catalog import Catalog, catalog_of
from legato.content.errors import ContentAway, ContentError
from legato.content.templates import Templates

log = logging.getLogger(__name__)

KEPT_MOST = 2_000
"""Answers that are kept, by reference and language."""
AGAIN_S = 15.0
"""After how long a CMS that failed is asked again."""
HTML = "html"
_FOUND, _SAME, _GONE = 200, 304, (404, 410)


class FetchedAnswer(Protocol):
    """What came back: the names of its headers in small letters."""

    @property
    def status(self) -> int:
        """The status of HTTP."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers."""

    @property
    def body(self) -> bytes:
        """Its body."""


class CmsFetch(Protocol):
    """Asks a URL as safely as all that leaves: docs/adapters.md."""

    async def get(self, url: str, headers: Mapping[str, str]) -> FetchedAnswer:
        """Ask; raises OSError (TimeoutError is one) where nobody answers as they should."""


class CmsPlace(Struct, frozen=True):
    """Where a CMS is, and where in its JSON the parts are: `subject` -> `fields.title`."""

    url: str
    fields: Mapping[str, str]
    headers: Mapping[str, str] = {}
    max_age_s: float = 60.0

    def url_of(self, ref: str, language: str) -> str:
        """Name the page of a reference in a language."""
        told = self.url.replace("{ref}", quote(ref, safe=""))
        return told.replace("{language}", quote(language, safe=""))


class _KeptAnswer(Struct):
    """The last good answer, or that there is nothing; `ask_at` says when to ask again.

    Before the first good one, `fault` says why there is none.
    """

    ask_at: float
    etag: str = ""
    templates: Templates | None = None
    fault: str = "it was not asked yet"


class Cms:
    """Answers of a CMS, each asked for once at a time."""

    def __init__(self, place: CmsPlace, fetch: CmsFetch, language: str, zone: str) -> None:
        self._place, self._fetch = place, fetch
        self._language, self._zone = language, zone
        self._kept: OrderedDict[tuple[str, str], _KeptAnswer] = OrderedDict()
        self._asking: dict[tuple[str, str], asyncio.Lock] = {}

    async def templates_of(
        self, ref: str, language: str, shared: Templates, now: float
    ) -> Templates | None:
        """The templates of a reference; None where there are none in this language.

        `shared` has what they may include. Raises ContentAway where it fails, or answers with
        what cannot be used, and nothing of before is there.
        """
        key = ref, language
        async with self._asking.setdefault(key, asyncio.Lock()):
            kept = self._kept.setdefault(key, _KeptAnswer(ask_at=now))
            self._kept.move_to_end(key)
            if now >= kept.ask_at:
                await self._ask(key, kept, shared, now)
        self._forget()
        if kept.fault:
            raise ContentAway(kept.fault)
        return kept.templates

    async def _ask(
        self, key: tuple[str, str], kept: _KeptAnswer, shared: Templates, now: float
    ) -> None:
        try:
            answer = await self._fetch.get(self._place.url_of(*key), self._headers(kept))
            self._take(key, kept, answer, shared)
        except (OSError, ContentError) as error:
            kept.ask_at = now + AGAIN_S
            told = str(error) or type(error).__name__
            if kept.fault:
                kept.fault = f"the CMS fails: {told}"
            log.warning("the CMS fails for `%s` in `%s`: %s", *key, told)
        else:
            kept.ask_at, kept.fault = now + self._place.max_age_s, ""

    def _headers(self, kept: _KeptAnswer) -> dict[str, str]:
        told = {"Accept": "application/json", **self._place.headers}
        return told | ({"If-None-Match": kept.etag} if kept.etag else {})

    def _take(
        self, key: tuple[str, str], kept: _KeptAnswer, answer: FetchedAnswer, shared: Templates
    ) -> None:
        if answer.status == _SAME and not kept.fault:
            return
        if answer.status in _GONE:
            kept.templates, kept.etag = None, ""
            return
        if answer.status != _FOUND:
            raise ContentAway(f"the CMS answers {answer.status}")
        texts = _texts(answer.body, self._place.fields, key)
        common = {
            place: text for place, text in shared.catalog.texts.items() if place[:1] == "_"
        }
        templates = Templates(_together(texts, common), self._language, self._zone)
        templates.compile_all()
        kept.templates, kept.etag = templates, answer.headers.get("etag", "")

    def _forget(self) -> None:
        while len(self._kept) > KEPT_MOST:
            key, _ = self._kept.popitem(last=False)
            self._asking.pop(key, None)


def _together(texts: Mapping[str, str], common: Mapping[str, str]) -> Catalog:
    return catalog_of({**texts, **common})


def _texts(body: bytes, fields: Mapping[str, str], key: tuple[str, str]) -> dict[str, str]:
    """Read the parts out of an answer, as if they lay in a folder; raises ContentError."""
    ref, language = key
    try:
        told = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ContentError(f"the CMS answers no JSON for `{ref}`") from None
    found = {part: _at(told, path) for part, path in fields.items()}
    texts = {
        f"{ref}/{language}/{part}.{HTML if part == HTML else 'txt'}": text
        for part, text in found.items()
        if isinstance(text, str)
    }
    if not texts:
        raise ContentError(f"the CMS has none of the fields for `{ref}`; see `content.fields`")
    return texts


def _at(told: Any, path: str) -> object:  # noqa: ANN401 - whatever a CMS answers
    """Follow a path such as `items.0.fields.title`; None where it leads to nothing."""
    for step in path.split("."):
        if isinstance(told, dict):
            told = told.get(step)
        elif isinstance(told, list) and step.isdecimal() and int(step) < len(told):
            told = told[int(step)]
        else:
            return None
    return told
