"""Whoever writes to a context stands in the list at the head of it, and nobody else does."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

import legato
from tests.contract.context_writers import context_module, writers

ROOT = Path(next(iter(legato.__path__)))


def listed() -> set[str]:
    """The files and folders that the list names."""
    text = (context_module().__doc__ or "").partition("write to it")[2]
    return {*re.findall(r"`(\w+/[\w/]+(?:\.py|/))`", text)}


def test_the_list_of_writers_is_true() -> None:
    found, told = writers(ROOT), listed()
    strangers = {
        path: [write.text for write in writes]
        for path, writes in found.items()
        if not any(path == each or path.startswith(each.rstrip("/") + "/") for each in told)
    }
    assert strangers == {}, "let another write, or add it to the list"
    idle = {each for each in told if not any(path.startswith(each) for path in found)}
    assert idle == set(), "they write nothing; take them out"


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("context.stage = 'x'", ["context.stage"]),
        ("context.revision += 1", ["context.revision"]),
        ("a, context.stage = 1, 'x'", ["context.stage"]),
        ("context.runs['a'] = 1", ["context.runs['a']"]),
        ("del context.runs['a']", ["context.runs['a']"]),
        ("context.carts.pop('-')", ["context.carts.pop"]),
        ("seen = context.seen\nseen += b'x'", ["seen"]),
        ("for cart in context.carts.values():\n    cart.step = 'x'", ["cart.step"]),
        (
            "for key, cart in context.carts.items():\n    cart.removed[key] = b''",
            ["cart.removed[key]"],
        ),
        ("line = context.carts['-'].lines.get('sku')\nline.since = 1", ["line.since"]),
        (
            "next(each for each in context.actions).status = 'x'",
            ["next((each for each in context.actions)).status"],
        ),
        ("found = look_up('ada')\nfound.stage = 'x'", ["found.stage"]),
        ("setattr(context, 'stage', 'x')", ["setattr"]),
        ("stage = context.stage\nstage += 'x'", []),
        ("actions = (*context.actions, 1)", []),
        ("known = list(context.journeys)\nknown.append('j')", []),
        ("other.stage = 'x'", []),
    ],
)
def test_a_write_is_seen(body: str, written: list[str], tmp_path: Path) -> None:
    head = "def look_up(name: str) -> Context | None: ...\n\ndef f(context: Context) -> None:\n"
    source = head + "".join(f"    {line}\n" for line in dedent(body).splitlines())
    (tmp_path / "some.py").write_text(source)
    found = writers(tmp_path).get("some.py", [])
    assert [write.text for write in found] == written
