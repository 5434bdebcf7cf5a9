"""Content of a CMS: read by a field map, kept, asked by ETag, and used while the CMS fails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from legato.adapter import Failed, Retry
from legato.content.cms import AGAIN_S, Cms, CmsPlace
from legato.content.errors import ContentAway
from legato.content.rendering import CmsContent, FolderContent
from legato.content.templates import Templates
from tests.unit.content.shelf import an_action, templates, write

FIELDS = {"subject": "fields.title", "html": "fields.body.0.html"}
SHARED = templates({"_layout.html": "<main>{% block at %}{% endblock %}</main>"})


class Answer(Struct, frozen=True):
    status: int
    body: bytes = b""
    headers: dict[str, str] = {}


def page(title: str, body: str = "<b>x</b>", etag: str = "") -> Answer:
    told = {"fields": {"title": title, "body": [{"html": body}]}}
    return Answer(200, msgspec.json.encode(told), {"etag": etag} if etag else {})


class Shelf:
    """A CMS: pages by their URL; what is none is an error of the network."""

    def __init__(self, **pages: Answer) -> None:
        self.pages = {f"https://cms.example/{name}": page for name, page in pages.items()}
        self.asked: list[tuple[str, str]] = []
        self.away = False

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        self.asked.append((url.rpartition("/")[2], headers.get("If-None-Match", "")))
        if self.away:
            raise ConnectionResetError("away")
        found = self.pages.get(url, Answer(404))
        if found.headers.get("etag") == headers.get("If-None-Match", "?"):
            return Answer(304)
        return found


def cms_of(shelf: Shelf) -> Cms:
    place = CmsPlace("https://cms.example/{ref}-{language}", FIELDS, max_age_s=60)
    return Cms(place, shelf, "en", "UTC")


async def subject(cms: Cms, now: float, ref: str = "reminder") -> str | None:
    found: Templates | None = await cms.templates_of(ref, "de", SHARED, now)
    return found.render(an_action())["subject"] if found else None


async def test_an_answer_is_kept_and_asked_for_again_by_its_etag() -> None:
    shelf = Shelf(**{"reminder-de": page("{{ items[0].name }}!", etag='"1"')})
    cms = cms_of(shelf)
    assert [await subject(cms, now) for now in (0.0, 59.0, 61.0)] == ["Runner!"] * 3
    assert shelf.asked == [("reminder-de", ""), ("reminder-de", '"1"')]
    shelf.pages["https://cms.example/reminder-de"] = page("new", etag='"2"')
    assert [await subject(cms, 100.0), await subject(cms, 130.0)] == ["Runner!", "new"]


async def test_the_last_good_one_is_used_while_the_cms_fails() -> None:
    shelf = Shelf(**{"reminder-de": page("good")})
    cms = cms_of(shelf)
    assert await subject(cms, 0.0) == "good"
    for bad in (
        Answer(500),
        Answer(302),
        Answer(200, b"<html>"),
        Answer(200, b"{}"),
        page("{{ broken"),
        page("{% for"),
    ):
        shelf.pages["https://cms.example/reminder-de"] = bad
        assert await subject(cms, 100.0 + len(shelf.asked) * 100) == "good"
    shelf.away = True
    assert await subject(cms, 5_000.0) == "good"
    asked = len(shelf.asked)
    assert await subject(cms, 5_000.0 + AGAIN_S - 1) == "good"
    assert len(shelf.asked) == asked


async def test_before_there_is_a_good_one_it_is_asked_for_seldom() -> None:
    shelf = Shelf(**{"reminder-de": page("good")})
    shelf.away = True
    cms = cms_of(shelf)
    for now in (0.0, 1.0, AGAIN_S - 1):
        try:
            await subject(cms, now)
        except ContentAway as away:
            assert str(away) == "the CMS fails: away"
    assert len(shelf.asked) == 1
    shelf.away = False
    assert await subject(cms, AGAIN_S + 1) == "good"


async def test_a_reference_is_no_way_into_the_url() -> None:
    shelf = Shelf()
    assert await subject(cms_of(shelf), 0.0, "../secret?x=") is None
    assert shelf.asked == [("..%2Fsecret%3Fx%3D-de", "")]


async def test_what_the_cms_has_not_comes_from_the_folder(tmp_path: Path) -> None:
    layout = "{% extends '_layout.html' %}{% block at %}{{ brand }}{% endblock %}"
    write(
        tmp_path,
        {
            "_layout.html": "<main>{% block at %}{% endblock %}</main>",
            "note/de/subject.txt": "from the folder",
        },
    )
    shelf = Shelf(**{"reminder-de": page("from the CMS", layout)})
    content = CmsContent(cms_of(shelf), FolderContent(tmp_path, "en", "UTC"))
    made = await content.render(an_action(brand="<n>"))
    assert made == {"subject": "from the CMS", "html": "<main>&lt;n&gt;</main>"}
    assert await content.render(an_action(content_ref="note")) == {"subject": "from the folder"}
    assert await content.render(an_action(content_ref="none")) == Failed("no_content")
    assert [name for name, _ in shelf.asked][:2] == ["reminder-de-AT", "reminder-de"]
    shelf.away = True
    assert await content.render(an_action(content_ref="late")) == Retry("content_away")
