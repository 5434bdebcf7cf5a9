"""Who is one customer, told as a tree, in words and as a picture."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import pytest
from rich.console import Console, RenderableType

from legato.cli.format.identity import in_words
from legato.cli.format.record import as_json, format_record, read_record
from legato.cli.identity.svg import cluster_svg, edges_of
from legato.cli.identity.tree import cluster_tree, log_panel
from legato.core.identity.commands import Split
from legato.core.values.time import HOUR, MINUTE
from legato.harness import Harness
from legato.queries.identity_cluster import Cluster
from legato.queries.topic_reader import TopicRecord
from legato.wire.formats.open_registry import open_registry
from legato.wire.topics.identity import write_identity
from tests.unit.queries.stories import (
    CARD,
    COOKIE,
    EMAIL,
    T0,
    WHO,
    cluster_of,
    event,
    kim,
)


def shown(*parts: RenderableType) -> str:
    console = Console(width=160, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(*parts, sep="\n")
    return capture.get()


def split(harness: Harness, text: str, minute: int) -> None:
    asked = WHO.ask(text)
    harness.tell(Split(asked.name, asked.kind, T0 + minute * MINUTE))


@pytest.mark.parametrize("text", ["user:kim", CARD, EMAIL, COOKIE])
def test_the_tree_has_each_identifier_by_type_with_value_and_since_when(text: str) -> None:
    told = shown(cluster_tree(cluster_of(kim(), text), T0 + 2 * HOUR))
    kinds = [line for line in told.splitlines() if line.startswith(("├── ", "└── "))]
    assert [line[4:] for line in kinds] == ["user_id", "loyalty_id", "email", "anonymous_id"]
    assert "kim@example.org  since 2026-03-02 08:30:00, 90 minutes ago" in told
    assert "claimed by user_id kim, 2026-03-02 08:05:00" in told


def test_the_log_says_in_words_what_showed_each_link() -> None:
    told = shown(log_panel(cluster_of(kim(), EMAIL)))
    assert "anonymous_id c-1 was linked to user_id kim by a login from web (event e5)" in told
    assert "email kim@example.org was linked to loyalty_id 42 by a card scan" in told
    assert "loyalty_id 42, a customer until then, was merged into user_id kim" in told
    times = [line.split("  ")[0] for line in told.splitlines() if "2026" in line]
    assert times == sorted(times)


def test_a_refused_merge_says_of_what_there_would_be_two() -> None:
    harness = kim().feed(
        event(70, "order.completed", {"user_id": "max", "email": "kim@example.org"})
    )
    told = shown(log_panel(cluster_of(harness, "user:kim")))
    assert "refused: two user_ids, so " in told
    assert "stay apart after an order from web (event e70)" in told


def test_a_split_identifier_stands_under_no_longer_and_knows_since_when() -> None:
    harness = kim()
    split(harness, EMAIL, 80)
    told = shown(cluster_tree(cluster_of(harness, "user:kim"), T0 + 2 * HOUR))
    assert "no longer" in told
    assert "was split off from user_id kim, as asked, 2026-03-02 09:20:00" in told
    alone = shown(cluster_tree(cluster_of(harness, EMAIL), T0 + 2 * HOUR))
    assert "split off 2026-03-02 09:20:00" in alone
    assert "user_id" not in alone


def test_the_edges_lead_where_each_link_led() -> None:
    cluster = cluster_of(kim(), CARD)
    user, card = WHO.ask("user:kim").name, WHO.ask(CARD).name
    led = {name: edge.parent for name, edge in edges_of(cluster).items()}
    assert led == {card: user, WHO.ask(EMAIL).name: card, WHO.ask(COOKIE).name: user}


def test_links_that_the_log_forgot_lead_to_the_customer() -> None:
    full = cluster_of(kim(), CARD)
    cluster = Cluster(full.asked, full.found, full.identifiers)
    user = WHO.ask("user:kim").name
    assert {edge.parent for edge in edges_of(cluster).values()} == {user}
    assert "nothing in the log" in shown(log_panel(cluster))


def test_the_picture_holds_each_identifier_and_kind_of_proof() -> None:
    svg = Xml.fromstring(cluster_svg(cluster_of(kim(), CARD)))
    texts = {each.text for each in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert {"kim", "42", "kim@example.org", "c-1"} <= texts
    assert {"a login", "a card scan", "an order", "2026-03-02 08:30"} <= texts
    paths = [*svg.iter("{http://www.w3.org/2000/svg}path")]
    assert len(paths) == 3


def test_no_value_escapes_the_picture() -> None:
    evil = '</text><script>alert("1")</script>\x00&'
    harness = kim().feed(
        event(65, "order.completed", {"user_id": "kim", "badge": evil}, "store")
    )
    svg = cluster_svg(cluster_of(harness, CARD))
    assert "<script" not in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    written = evil.replace("\x00", "\ufffd")
    assert any(written in (each.text or "") for each in Xml.fromstring(svg).iter())


def test_tail_tells_links_as_they_happen_without_values() -> None:
    told = kim().identity[0]
    record = TopicRecord("identity.events", 0, 0, T0, b"k", write_identity(told))
    said = read_record("identity", record, open_registry("", "", "", 1.0))
    assert said == told
    assert as_json(said) == told
    [line] = format_record(said, record)
    assert line.plain.startswith(f"2026-03-02 08:05:00  {in_words(told)}")
    assert "c-1" not in line.plain
