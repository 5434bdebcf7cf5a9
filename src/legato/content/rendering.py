"""What adapters are given: the parts of an action, or why there are none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from legato.adapter import Action, Failed, Retry
from legato.content.cms import Cms
from legato.content.errors import ContentAway, ContentError, NoContent, UnfitContent
from legato.content.folder import read_folder, stamp_of
from legato.content.templates import Templates

log = logging.getLogger(__name__)
LOOK_EVERY_S = 2.0

Rendered = Mapping[str, str] | Failed | Retry


class FolderContent:
    """The content of a folder: read as a whole, and anew when it changes."""

    def __init__(self, folder: Path, language: str, zone: str) -> None:
        """Read and compile all of it; raises ContentError."""
        self._folder, self._language, self._zone = folder, language, zone
        self._stamp = stamp_of(folder)
        self._looked_at = 0.0
        self.templates = self._read()

    async def render(self, action: Action, unsubscribe_url: str = "") -> Rendered:
        """Make the parts of an action; why there are none is logged with its place alone."""
        try:
            return await self.parts_of(action, unsubscribe_url)
        except ContentError as error:
            return why_none(error, action)

    async def parts_of(self, action: Action, unsubscribe_url: str) -> Mapping[str, str]:
        """Make the parts of an action; raises NoContent, UnfitContent."""
        self.look(asyncio.get_running_loop().time())
        return self.templates.render(action, unsubscribe_url)

    def look(self, now: float) -> None:
        """Read a folder that changed; one that makes no sense leaves what was before."""
        if now < self._looked_at + LOOK_EVERY_S:
            return
        self._looked_at = now
        try:
            stamp = stamp_of(self._folder)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            self.templates = self._read()
        except ContentError as error:
            log.warning("%s; the content of before counts until that is mended", error)
        else:
            log.info("read the content in `%s` anew", self._folder)

    def _read(self) -> Templates:
        templates = Templates(read_folder(self._folder), self._language, self._zone)
        templates.compile_all()
        return templates


class CmsContent:
    """The content of a CMS; what it has not is taken from a folder."""

    def __init__(self, cms: Cms, folder: FolderContent) -> None:
        self._cms, self._folder = cms, folder

    async def render(self, action: Action, unsubscribe_url: str = "") -> Rendered:
        """Make the parts of an action; `Retry` if the CMS is away and told nothing before."""
        try:
            return await self.parts_of(action, unsubscribe_url)
        except ContentError as error:
            return why_none(error, action)

    async def parts_of(self, action: Action, unsubscribe_url: str) -> Mapping[str, str]:
        """Make the parts of an action; raises NoContent, UnfitContent, ContentAway."""
        shared = self._folder.templates
        now = asyncio.get_running_loop().time()
        for language in shared.languages_for(action.language):
            found = await self._cms.templates_of(action.content_ref, language, shared, now)
            if found is not None:
                return found.render(action, unsubscribe_url)
        return await self._folder.parts_of(action, unsubscribe_url)


def why_none(error: ContentError, action: Action) -> Failed | Retry:
    """Say what becomes of an action without content, and log where that is to be mended."""
    if isinstance(error, ContentAway):
        log.warning("the content of `%s` cannot be had: %s", action.content_ref, error)
        return Retry("content_away")
    if isinstance(error, NoContent):
        log.warning("%s (`%s`)", error, action.language or "no language known")
        return Failed("no_content")
    place = error.place if isinstance(error, UnfitContent) else action.content_ref
    log.warning("`%s` does not fit an action; see `legato content preview`", place)
    return Failed("bad_content")
