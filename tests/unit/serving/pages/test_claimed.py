"""Claims of a token become rights by the map of the settings, and by nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.queries.rights import ALL, User
from legato.serving.pages.oidc.claimed import claim_at, see_roles, user_of
from legato.serving.pages.oidc.refused import NO_PART, SignInRefused
from legato.settings import OidcSettings, SettingsError

GROUPS = {"floor": "associate", "desk": "agent", "dpo": "privacy"}
KEYCLOAK = OidcSettings(
    roles_claim="realm_access.roles",
    roles=GROUPS,
    venues_claim="shop.venues",
    queues_claim="shop.queues",
    brands_claim="shop.brands",
)
TOKEN = {
    "sub": "7f3a",
    "name": "Maria Roth",
    "locale": "de-DE",
    "realm_access": {"roles": ["floor", "offline_access", "dpo"]},
    "shop": {"venues": ["berlin", "bonn"], "queues": "service", "brands": ["north", 7, ""]},
}


def test_nested_claims_are_found_and_what_is_no_role_or_name_is_passed_over() -> None:
    assert user_of(TOKEN, KEYCLOAK) == User(
        id="oidc:7f3a",
        name="Maria Roth",
        roles=("associate", "privacy"),
        brands=("north",),
        venues=("berlin", "bonn"),
        queues=("service",),
        language="de",
    )


@pytest.mark.parametrize(
    "roles", [None, [], ["boss"], "boss", {"floor": True}, [["floor"]], 7, [None], "floor desk"]
)
def test_who_has_no_role_has_no_part(roles: object) -> None:
    with pytest.raises(SignInRefused) as told:
        user_of({**TOKEN, "realm_access": {"roles": roles}}, KEYCLOAK)
    assert told.value.words == NO_PART


def test_where_claims_are_missing_there_is_no_right() -> None:
    user = user_of({"sub": "7", "realm_access": {"roles": "floor"}}, KEYCLOAK)
    assert (user.name, user.language) == ("7", "")
    assert user.brands == user.venues == user.queues == ()


def test_all_brands_are_everybodys_where_no_claim_says_whose() -> None:
    plain = OidcSettings(roles=GROUPS)
    user = user_of({"sub": "7", "roles": ["desk"], "queues": ["*"]}, plain)
    assert (user.brands, user.venues, user.queues) == ((ALL,), (), (ALL,))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", {"b.c": {"d": 1}, "b": 2}),
        ("a.b", 2),
        ("a.b.c.d", 1),
        ("https://shop.example/roles", ["x"]),
        ("a.b.c", {"d": 1}),
        ("a.x", None),
        ("", None),
        (".", None),
        ("a.b.c.d.e", None),
    ],
)
def test_a_path_leads_to_a_claim_though_names_have_dots(path: str, found: object) -> None:
    claims = {"a": {"b.c": {"d": 1}, "b": 2}, "https://shop.example/roles": ["x"]}
    assert claim_at(claims, path) == found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.", max_size=3), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["roles", "venues", "name", "locale", "a"]), JSON))
def test_whatever_is_claimed_nobody_gets_more_than_the_map_has(
    claims: dict[str, object],
) -> None:
    try:
        user = user_of({**claims, "sub": "7"}, OidcSettings(roles=GROUPS))
    except SignInRefused:
        return
    assert set(user.roles) <= {"associate", "agent", "privacy"}
    assert {type(name) for name in user.venues} <= {str}
    assert "" not in user.venues


def test_a_map_to_what_is_no_role_is_refused() -> None:
    see_roles(KEYCLOAK)
    with pytest.raises(SettingsError, match=r"`oidc\.roles` has `boss`, no role; write one of"):
        see_roles(OidcSettings(roles={"x": "boss"}))
