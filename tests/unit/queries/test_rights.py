"""Rights: what docs/desk.md has in its table, and of one's own places and brands alone."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from legato.queries.rights import ALL, DEEDS, ROLES, Deed, Role, User, Whose, may
from legato.queries.shown import is_shown
from legato.serving.pages.users import key_of
from tests.contract.compose import ROOT

PAGE = (ROOT / "docs" / "desk.md").read_text()
PLACES = {"own venues": "venue", "own queues": "queue", "all": "", "yes": ""}
NAMES = st.lists(st.sampled_from(["north", "south", "*"]), unique=True, max_size=2).map(tuple)


def table() -> dict[tuple[Deed, Role], str]:
    """Read the table of the page: what which role may, and where that must be."""
    rights = PAGE.partition("\n## Rights\n")[2].partition("\n## ")[0]
    head, _, *rows = re.findall(r"^\|(.*)\|$", rights, re.M)
    roles = [each.strip() for each in head.split("|")[1:]]
    assert roles == list(ROLES)
    found = {}
    for row in rows:
        what, *cells = (each.strip() for each in row.split("|"))
        for deed, (role, cell) in product(
            re.findall(r"`(\w+)`", what), zip(roles, cells, strict=True)
        ):
            if cell:
                found[deed, role] = PLACES[cell]
    return found


TABLE = table()
BRANDS: tuple[tuple[str, ...] | None, ...] = (
    *(("north",), ("south",), ("south", "north"), ()),
    None,
)


def a_user(*roles: Role, **told: tuple[str, ...]) -> User:
    own = User("maria", "Maria", roles, ("north",), ("berlin",), ("service",))
    return replace(own, **told)


OWN = Whose(brands=("north", "south"), venue="berlin", queue="service")


def test_the_page_tells_of_all_deeds() -> None:
    assert {deed for deed, _ in TABLE} == set(DEEDS)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("deed", DEEDS)
def test_each_may_what_the_page_says_and_no_more(role: Role, deed: Deed) -> None:
    where = TABLE.get((deed, role))
    for brands, venue, queue in product(
        BRANDS, ("berlin", "bonn", ""), ("service", "sales", "")
    ):
        is_own = {"": True, "venue": venue == "berlin", "queue": queue == "service"}
        sees = where == "" or brands is None or "north" in brands
        expected = where is not None and is_own[where] and sees
        assert may(a_user(role), deed, Whose(brands, venue, queue)) is expected


@pytest.mark.parametrize("deed", DEEDS)
def test_who_has_no_role_may_nothing(deed: Deed) -> None:
    assert not may(a_user(brands=(ALL,), venues=(ALL,), queues=(ALL,)), deed, OWN)


@pytest.mark.parametrize(
    "deed", [each for each in DEEDS if each not in ("see_kit", "see_looks")]
)
def test_who_has_no_names_sees_no_customer(deed: Deed) -> None:
    for without in ("brands", "venues", "queues"):
        everywhere = {"brands": (ALL,), "venues": (ALL,), "queues": (ALL,), without: ()}
        roles: tuple[Role, ...] = ("agent",) if without == "queues" else ("associate",)
        assert not may(a_user(*roles, **everywhere), deed, OWN)
        assert not may(a_user(*roles, **everywhere), deed, Whose())


def test_all_is_all_but_needs_a_place() -> None:
    everywhere = a_user("associate", brands=(ALL,), venues=(ALL,))
    assert may(everywhere, "see_card", Whose(brands=("south",), venue="anywhere"))
    assert not may(everywhere, "see_card", Whose(brands=("south",)))
    assert not may(a_user("associate"), "see_card", Whose(venue=ALL))


def test_who_touched_no_brand_is_seen_by_those_alone_who_see_all() -> None:
    new = Whose(brands=(), venue="berlin", queue="service")
    seen: tuple[tuple[Role, Deed], ...] = (("associate", "see_card"), ("agent", "see_packet"))
    for role, deed in seen:
        assert not may(a_user(role), deed, new)
        assert may(a_user(role, brands=(ALL,)), deed, new)


def test_what_may_be_seen_is_what_is_shown() -> None:
    for names, touched in product((("north",), ("north", "south")), BRANDS):
        if touched is not None:
            user = a_user("associate", brands=names)
            whose = Whose(touched, venue="berlin")
            assert may(user, "see_card", whose) is is_shown(touched, key_of(user).brands)


def test_what_is_no_deed_nobody_may() -> None:
    user = a_user(*ROLES, brands=(ALL,), venues=(ALL,), queues=(ALL,))
    assert not may(user, "delete", OWN)  # type: ignore[arg-type]


@given(
    st.lists(st.sampled_from(ROLES), max_size=3), NAMES, NAMES, NAMES, st.sampled_from(DEEDS)
)
def test_more_roles_or_names_never_take_a_right_away(
    roles: list[Role],
    brands: tuple[str, ...],
    venues: tuple[str, ...],
    queues: tuple[str, ...],
    deed: Deed,
) -> None:
    whose = Whose(brands=("north",), venue="north", queue="north")
    user = a_user(*roles, brands=brands, venues=venues, queues=queues)
    more = a_user(
        *roles, "agent", brands=(*brands, "north"), venues=(ALL,), queues=("north", "x")
    )
    assert may(more, deed, whose) or not may(user, deed, whose)
