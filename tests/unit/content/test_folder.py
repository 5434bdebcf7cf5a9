"""Content in a folder: what is taken, what is refused, and that a change is seen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from legato.adapter import Failed, Retry
from legato.content.errors import ContentError
from legato.content.folder import read_folder
from legato.content.rendering import LOOK_EVERY_S, FolderContent
from tests.unit.content.shelf import an_action, write

GOOD = {"reminder/en/subject.txt": "{{ items[0].name }} waits"}


def test_what_lies_loose_or_begins_with_a_dot_is_no_content(tmp_path: Path) -> None:
    write(tmp_path, GOOD | {"README.md": "read me", ".git/x/y": "", "_shop.txt": "shop"})
    assert set(read_folder(tmp_path).texts) == {*GOOD, "_shop.txt"}


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("reminder/subject.txt", "no part of anything"),
        ("reminder/en/more/subject.txt", "no part of anything"),
        ("reminder/english/subject.txt", "no language"),
        ("reminder/en/subject.text", "no part"),
        ("reminder/en/.html.txt.swp/x.txt", ""),
        ("reminder/en/subject.html", "same part"),
        ("reminder/EN/subject.txt", "same part"),
    ],
)
def test_what_is_in_no_place_is_refused_with_its_name(
    tmp_path: Path, place: str, why: str
) -> None:
    write(tmp_path, GOOD | {place: "x"})
    if not why:
        assert set(read_folder(tmp_path).texts) == {*GOOD}
        return
    with pytest.raises(ContentError, match=why):
        read_folder(tmp_path)


def test_a_link_that_leads_out_is_refused_and_one_within_is_not(tmp_path: Path) -> None:
    folder, secret = tmp_path / "content", tmp_path / "secret"
    write(folder, {"..data/subject": "mounted", "reminder/en/text.txt": "x"})
    (folder / "reminder/en/subject.txt").symlink_to(folder / "..data/subject")
    assert read_folder(folder).texts["reminder/en/subject.txt"] == "mounted"
    secret.write_text("secret")
    (folder / "reminder/en/html.html").symlink_to(secret)
    with pytest.raises(ContentError, match="leads out"):
        read_folder(folder)


def test_a_ring_of_links_and_too_large_a_file_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "large", {"reminder/en/text.txt": "x" * 900_000})
    with pytest.raises(ContentError, match="too large"):
        read_folder(tmp_path / "large")
    write(tmp_path / "ring", GOOD)
    (tmp_path / "ring/reminder/en/again").symlink_to(tmp_path / "ring")
    with pytest.raises(ContentError, match="too deep"):
        read_folder(tmp_path / "ring")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "reminder/en/text.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ContentError, match="UTF-8"):
        read_folder(tmp_path)
    with pytest.raises(ContentError, match="no folder"):
        read_folder(tmp_path / "nowhere")


class Later:
    """Content whose next look at its folder is due."""

    def __init__(self, folder: Path) -> None:
        self.content = FolderContent(folder, "en", "UTC")
        self._turned = 0.0

    async def subject(self) -> object:
        self._turned += LOOK_EVERY_S + 1
        self.content.look(asyncio.get_running_loop().time() + self._turned)
        made = await self.content.render(an_action())
        return made if isinstance(made, Failed | Retry) else made["subject"]


async def test_a_change_is_seen_and_a_broken_one_leaves_what_was_before(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    later = Later(tmp_path)
    assert await later.subject() == "Runner waits"
    write(tmp_path, {"reminder/en/subject.txt": "{{ items[0].name }} is here still"})
    assert await later.subject() == "Runner is here still"
    write(tmp_path, {"reminder/en/subject.txt": "{{ items[0].name"})
    assert await later.subject() == "Runner is here still"
    write(tmp_path, {"reminder/en/subject.txt": "mended"})
    assert await later.subject() == "mended"


async def test_what_cannot_be_rendered_fails_and_the_log_names_no_value(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, {"reminder/en/subject.txt": "{{ items[0].name|money }}"})
    content = FolderContent(tmp_path, "en", "UTC")
    assert await content.render(an_action()) == Failed("bad_content")
    assert await content.render(an_action(content_ref="other")) == Failed("no_content")
    assert "reminder/en/subject.txt:1" in caplog.text
    assert "Runner" not in caplog.text
    assert "ada@" not in caplog.text
