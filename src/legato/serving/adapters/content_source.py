"""Content as adapters and previews get it: of the folder, or of a CMS that is asked safely."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack

from legato.channels.exchange import HttpAnswer, HttpRequest
from legato.content.opening import open_content
from legato.content.rendering import CmsContent, FolderContent
from legato.settings import Settings
from legato.transports.http import HttpClient, HttpFault


async def open_content_source(
    settings: Settings, stack: AsyncExitStack
) -> FolderContent | CmsContent:
    """Open what `[content]` names, until the stack ends; raises ContentError, SettingsError."""
    if not settings.content.url:
        return open_content(settings.content)
    http = await stack.enter_async_context(HttpClient(settings.outbound))
    return open_content(settings.content, CmsClient(http))


class CmsClient:
    """Asks a CMS by the client of all that leaves."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def get(self, url: str, headers: Mapping[str, str]) -> HttpAnswer:
        """Ask; raises OSError, whose words are a code, where no whole answer comes."""
        try:
            answer = await self._http.send(HttpRequest(url, headers=headers, method="GET"))
        except HttpFault as fault:
            raise ConnectionError(fault.reason) from None
        if not answer.whole:
            raise ConnectionError("broken_answer")
        return answer
