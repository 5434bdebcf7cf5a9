"""Content of a CMS that answers over HTTP: well, wrongly, slowly, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from legato.adapter import Failed, Retry
from legato.content.rendering import CmsContent, FolderContent
from legato.serving.adapters.content_source import open_content_source
from legato.settings import ContentSettings, OutboundSettings, Settings
from tests.unit.content.shelf import an_action, write
from tests.unit.transports.web import Answering, HeardRequest, WebServer, answering, serving

PAGE = {"fields": {"title": "{{ items[0].name }} wartet", "body": "<b>{{ items[0].name }}</b>"}}


@asynccontextmanager
async def content_of(
    web: WebServer, folder: Path, *, loopback: bool = True
) -> AsyncIterator[FolderContent | CmsContent]:
    """Content of this CMS, and of a folder."""
    write(folder, {"content/note/en/subject.txt": "from the folder", "token": "Bearer t1\n"})
    told = ContentSettings(
        folder=str(folder / "content"),
        url=f"{web.url}/messages/{{ref}}?locale={{language}}",
        fields={"subject": "fields.title", "html": "fields.body"},
        headers={"Authorization": f"file:{folder / 'token'}"},
    )
    settings = Settings(content=told, outbound=OutboundSettings(loopback=loopback))
    async with AsyncExitStack() as stack:
        yield await open_content_source(settings, stack)


async def test_a_cms_is_asked_by_reference_and_language_with_its_secret(tmp_path: Path) -> None:
    def answer(heard: HeardRequest) -> bytes:
        if heard.path == "/messages/reminder?locale=de":
            return answering(200, msgspec.json.encode(PAGE), headers={"ETag": '"1"'})
        return answering(404)

    async with serving(answer) as web, content_of(web, tmp_path) as content:
        made = await content.render(an_action())
        assert made == {"subject": "Runner wartet", "html": "<b>Runner</b>"}
        assert [each.path.rpartition("=")[2] for each in web.heard] == ["de-AT", "de"]
        assert {each.headers["authorization"] for each in web.heard} == {"Bearer t1"}
        assert await content.render(an_action()) == made
        assert len(web.heard) == 2
        note = await content.render(an_action(content_ref="note"))
        assert note == {"subject": "from the folder"}
        assert await content.render(an_action(content_ref="none")) == Failed("no_content")


async def test_a_cms_that_fails_keeps_actions_waiting(tmp_path: Path) -> None:
    redirect = {"Location": "http://169.254.169.254/"}
    bad = (
        answering(500),
        answering(302, headers=redirect),
        answering(200, b"<html>"),
        answering(200, b"{}"),
        b"garbage\r\n\r\n",
        b"",
    )
    for told in bad:
        async with serving(always(told)) as web, content_of(web, tmp_path) as content:
            assert await content.render(an_action()) == Retry("content_away")


def always(told: bytes) -> Answering:
    return lambda _: told


async def test_a_cms_on_a_private_address_is_not_asked(tmp_path: Path) -> None:
    async with (
        serving(always(answering(200, msgspec.json.encode(PAGE)))) as web,
        content_of(web, tmp_path, loopback=False) as content,
    ):
        assert await content.render(an_action()) == Retry("content_away")
        assert web.heard == []
