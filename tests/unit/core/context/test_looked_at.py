"""The articles that were looked at last, whatever comes first and whoever becomes one."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from legato.core.context.context import Context, LookedAt
from legato.core.context.looked_at import note_look
from legato.core.context.retention import MOST_LOOKED_AT
from legato.core.merge.merge import merge
from legato.harness import Harness, default_playbook
from tests.unit.core.stories import at, event

Look = tuple[int, int]
LOOKS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 50)), max_size=80)


def looked(*looks: Look) -> Context:
    """Look at articles, given as (minute, number of the article), in this order."""
    context = Context("ada")
    for minute, sku in looks:
        note_look(context, event(minute, "product.viewed", sku=f"S{sku:02}"))
    return context


def last(looks: list[Look]) -> list[str]:
    """The definition: the articles of the latest looks, the last one at the end."""
    times: dict[str, int] = {}
    for minute, sku in looks:
        times[f"S{sku:02}"] = max(minute, times.get(f"S{sku:02}", 0))
    return sorted(times, key=lambda sku: (times[sku], sku))[-MOST_LOOKED_AT:]


@given(LOOKS)
def test_the_last_articles_are_kept_whatever_comes_first(looks: list[Look]) -> None:
    context = looked(*looks)
    assert [*context.looked_at] == last(looks)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=40))
def test_looks_are_counted_whatever_comes_first(looks: list[Look]) -> None:
    views = Counter(f"S{sku:02}" for _, sku in looks)
    assert {sku: look.views for sku, look in looked(*looks).looked_at.items()} == views
    half = len(looks) // 2
    united, _ = merge(default_playbook(), looked(*looks[:half]), looked(*looks[half:]))
    assert {sku: look.views for sku, look in united.looked_at.items()} == views


@given(LOOKS, st.integers(0, 80))
def test_two_who_are_one_looked_at_all_of_it(looks: list[Look], part: int) -> None:
    ours, theirs = looked(*looks[:part]), looked(*looks[part:])
    for one, other in ((ours, theirs), (theirs, ours)):
        united, _ = merge(default_playbook(), one, other)
        assert [*united.looked_at] == last(looks)


def test_an_article_is_known_by_all_its_names() -> None:
    context = Context("ada")
    note_look(context, event(0, "product.viewed", sku="S", variant_id=7, product_id="P"))
    note_look(context, event(1, "product.viewed", product_id="Q"))
    assert context.looked_at == {"S": LookedAt(at(0), ("7", "P")), "Q": LookedAt(at(1))}


def test_what_names_no_article_is_not_kept() -> None:
    context = Context("ada")
    for data in (b"", b"[]", b'{"sku": {}}', b'{"sku": ""}', b'{"sku": "%s"}' % (b"x" * 257)):
        told = event(0, "product.viewed")
        told.data = Raw(data)
        note_look(context, told)
    assert context.looked_at == {}


def test_the_line_notes_looks_and_only_those_of_the_customer() -> None:
    harness = Harness().feed(
        event(0, "product.viewed", sku="FIRST"),
        event(1, "product.viewed", sku="NEXT"),
        event(2, "product.viewed", sku="SHOWN", initiated=False),
        event(3, "page.viewed", sku="NO"),
    )
    assert [*harness.contexts["ada"].looked_at] == ["FIRST", "NEXT"]
