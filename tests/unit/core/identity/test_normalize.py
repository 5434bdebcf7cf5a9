"""One way to write an identifier, and which values point at nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.core.identity.normalize import NormalizedIdentifier, normalize_identifier
from legato.core.identity.rules import IdentityRules
from legato.core.values.results import Rejected

GERMAN = IdentityRules(phone_region="DE")


def written(kind: str, value: str, rules: IdentityRules = GERMAN) -> str:
    found = normalize_identifier(rules, kind, value)
    assert isinstance(found, NormalizedIdentifier), found
    assert found.linkable
    return found.value


def test_an_address_is_the_same_in_capitals_and_with_spaces_around() -> None:
    assert written("email", " Ada@Example.ORG ") == "ada@example.org"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (IdentityRules(), "ada.l+shop@mail.example"),
        (IdentityRules(email_ignore_dots=("mail.example",)), "adal+shop@mail.example"),
        (IdentityRules(email_ignore_tags=("mail.example",)), "ada.l@mail.example"),
        (
            IdentityRules(email_ignore_dots=("*",), email_ignore_tags=("*",)),
            "adal@mail.example",
        ),
        (IdentityRules(email_ignore_dots=("other.example",)), "ada.l+shop@mail.example"),
    ],
)
def test_dots_and_tags_count_unless_a_setting_says_otherwise(
    rules: IdentityRules, expected: str
) -> None:
    assert written("email", "Ada.L+shop@mail.example", rules) == expected


@pytest.mark.parametrize("number", ["030 901820", "+49 30 901820", "0049-30-901820"])
def test_a_number_is_the_same_however_it_is_written(number: str) -> None:
    assert written("phone", number) == "+4930901820"


def test_a_number_of_another_country_is_read_by_its_plus() -> None:
    assert written("phone", "+1 (650) 253-0000") == "+16502530000"


@pytest.mark.parametrize(
    ("kind", "value", "rules"),
    [
        ("phone", "030 901820", IdentityRules()),
        ("phone", "ask at the desk", GERMAN),
        ("phone", "7", GERMAN),
        ("email", "ada", GERMAN),
        ("email", "ada lovelace@example.org", GERMAN),
        ("email", "ada@localhost", GERMAN),
    ],
)
def test_what_cannot_be_compared_is_kept_but_not_sound(
    kind: str, value: str, rules: IdentityRules
) -> None:
    assert normalize_identifier(rules, kind, value) == NormalizedIdentifier(
        value, linkable=False
    )


@pytest.mark.parametrize(
    "value",
    ["", " ", "null", "NULL ", "Anonymous", "-1", "0", "0000", "undefined", "---",
     "00000000-0000-0000-0000-000000000000", "[object Object]"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["user_id", "email", "phone", "device_id"])
def test_a_value_that_stands_for_nothing_points_at_nobody(kind: str, value: str) -> None:
    found = normalize_identifier(GERMAN, kind, value)
    assert isinstance(found, Rejected)
    assert (found.reason, kind in found.message) == ("no_identifier", True)


def test_a_deployment_may_block_values_for_one_type() -> None:
    rules = IdentityRules(blocked=("email:info@shop.example",))
    assert isinstance(normalize_identifier(rules, "email", "Info@shop.example"), Rejected)
    assert written("social_handle", "info@shop.example", rules) == "info@shop.example"
    assert written("user_id", "null", rules) == "null"


@given(
    st.sampled_from(["email", "phone", "user_id", "device_id"]),
    st.text(max_size=30),
    st.sampled_from(["", "DE", "US"]),
)
def test_what_is_written_one_way_stays_so(kind: str, value: str, region: str) -> None:
    rules = IdentityRules(
        phone_region=region, email_ignore_dots=("*",), email_ignore_tags=("*",)
    )
    found = normalize_identifier(rules, kind, value)
    if isinstance(found, NormalizedIdentifier):
        assert normalize_identifier(rules, kind, found.value) in (found, _nobody(kind))


def _nobody(kind: str) -> Rejected:
    return Rejected("no_identifier", f"the `{kind}` points at nobody", "identify")
