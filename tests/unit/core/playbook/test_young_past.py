"""What of the past is asked for less long than it matters, whichever versions there were."""

from __future__ import annotations

from legato.core.playbook.compile import read_playbook
from legato.core.playbook.versions import PlaybookVersion, PlaybookVersions
from legato.core.values.time import DAY, Instant
from tests.unit.core.stories import NOON


def asking(*calls: str) -> str:
    asked = [
        f"  s{n}: {{match: {{on: q.q, where: '{call} > 1'}}}}\n" for n, call in enumerate(calls)
    ]
    return "version: 1\nsituations:\n" + ("".join(asked) or "  s: {match: {on: q.q}}\n")


A, LONGER, B = 'count("a", "9d")', 'count("a", "30d")', 'count("b", "2d")'


def young(at: Instant, base: str, *published: tuple[int, str]) -> dict[tuple[str, ...], int]:
    """Which types are young then, and for how many days each is kept."""
    versions = PlaybookVersions(
        read_playbook(base.encode()),
        [
            PlaybookVersion(n + 1, NOON + day * DAY, text)
            for n, (day, text) in enumerate(published)
        ],
    )
    found = versions.young_past(NOON + at * DAY)
    return {each.types: each.kept_for // DAY for each in found.values()}


def test_what_the_file_asks_is_asked_since_ever() -> None:
    assert young(50, asking(A)) == {}
    assert young(50, asking(A), (49, asking(A))) == {}


def test_what_a_version_is_the_first_to_ask_is_young_until_its_span_has_passed() -> None:
    assert young(1, asking(), (1, asking(A, B))) == {("a",): 10, ("b",): 3}
    assert young(4, asking(), (1, asking(A, B))) == {("a",): 10}
    assert young(11, asking(), (1, asking(A, B))) == {}
    assert young(0, asking(), (1, asking(A, B))) == {}


def test_it_stays_young_in_versions_that_go_on_asking() -> None:
    assert young(3, asking(A), (1, asking(A, B)), (2, asking(A, B))) == {("b",): 3}


def test_what_is_asked_of_longer_ago_is_young() -> None:
    assert young(3, asking(A), (3, asking(LONGER))) == {("a",): 31}
    assert young(3, asking(LONGER), (3, asking(A))) == {}


def test_what_was_not_asked_in_between_begins_anew() -> None:
    assert young(5, asking(A), (2, asking()), (3, asking(A))) == {("a",): 10}


def test_what_a_switch_is_the_first_to_ask_for_is_young_too() -> None:
    came = "version: 1\nsituations: {s: {switch: {goal: [cart, interest], within: 2d}}}"
    looks = ("product.tried_on", "product.viewed")
    assert young(2, asking(A), (1, came)) == {looks: 3}
    assert young(4, asking(A), (1, came)) == {}
    longer = came.replace("2d", "{cart: 1d, interest: 9d}")
    assert young(5, came, (5, longer)) == {looks: 10}
