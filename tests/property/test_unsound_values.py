"""A value that stands for nothing names nobody and links nobody, however it is written."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from legato.core.identity.normalize import is_address, normalize_identifier
from legato.core.identity.rules import BLOCKED, IdentityRules
from legato.core.identity.unsound import NOTHING, WITHHELD, bare, is_ordinary, is_template
from legato.core.values.results import Rejected
from legato.harness import Harness
from tests.unit.core.stories import at, event
from tests.unit.wire.reading import NOON, PLAIN, as_json, event_of, read

KEYS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
words = st.from_regex(r"[a-z_]{1,12}(\.[a-z_]{1,8})?", fullmatch=True)
templates = st.builds(
    lambda mask, word: mask.replace("X", word),
    st.sampled_from(["{{X}}", "{{ X }}", "${X}", "%X%", "%%X%%", "<%= X %>", "*|X|*", "#{X}"]),
    words,
)
nothing = st.builds(
    lambda word, mask, case: f" {mask.replace('X', case(word))} ",
    st.sampled_from(BLOCKED),
    st.sampled_from(["X", '"X"', "'X'", "(X)", "<X>", "[X]", "\"'X'\""]),
    st.sampled_from([str.lower, str.upper, str.title]),
)
nothing_at_all = st.builds(
    lambda word, mask, case: mask.replace("X", case(word)),
    st.sampled_from(NOTHING),
    st.sampled_from(["X", '"X"', "(X)", "<X>", " X "]),
    st.sampled_from([str.lower, str.upper, str.title]),
)
withheld = st.one_of(
    st.builds(
        lambda word, gap, case: case(word.replace(" ", gap)),
        st.sampled_from(WITHHELD),
        st.sampled_from([" ", "-", "_", ""]),
        st.sampled_from([str.lower, str.upper, str.title]),
    ),
    st.builds(
        lambda plus, word: f"{plus}{word.replace(' ', '').translate(KEYS)}",
        st.sampled_from(["+", "00"]),
        st.sampled_from(WITHHELD),
    ),
    st.sampled_from(["sip:anonymous@anonymous.invalid", "sips:Anonymous@10.0.0.1",
                     '"Anonymous" <sip:anonymous@example.org>', "tel:restricted"]),
)  # fmt: skip
same = st.builds(
    lambda digit, count, before: before + digit * count,
    st.sampled_from("0123456789"),
    st.integers(7, 15),
    st.sampled_from(["", " "]),
)
unsound = st.one_of(
    st.tuples(st.sampled_from(["user_id", "email", "phone", "device_id"]), templates),
    st.tuples(st.sampled_from(["user_id", "email", "phone", "device_id"]), nothing),
    st.tuples(st.sampled_from(["phone", "whatsapp_id"]), withheld),
    st.tuples(st.sampled_from(["phone", "device_id", "anonymous_id"]), same),
)


@given(unsound, st.sampled_from(["", "DE", "US"]))
def test_it_points_at_nobody(given: tuple[str, str], region: str) -> None:
    kind, value = given
    found = normalize_identifier(IdentityRules(phone_region=region), kind, value)
    assert isinstance(found, Rejected)


@given(unsound)
def test_nothing_is_sent_there(given: tuple[str, str]) -> None:
    """Also where a trusted source says it, whose identifiers nobody looks at before."""
    kind, value = given
    if kind in ("email", "phone") and not value.strip().startswith("+"):
        assert not is_address(kind, value)


@given(unsound)
def test_two_people_who_send_it_stay_two(given: tuple[str, str]) -> None:
    kind, value = given
    harness = Harness()
    for number, who in enumerate(("ada", "bob")):
        known = {"loyalty_id": who, kind: value}
        harness.take(event(number, "account.logged_in", identifiers=known, customer_id=""))
    contexts = [each for each in harness.contexts.values() if each.identifiers]
    assert len(contexts) == 2
    assert all(value not in each.identifiers.get(kind, ()) for each in contexts)
    assert harness.identity == []


@given(st.integers(0, 9).map(str), st.integers(1, 6), st.integers(1, 15))
def test_an_account_may_have_a_round_number(digit: str, few: int, many: int) -> None:
    for kind, value in (("user_id", f"7{digit * many}"), ("user_id", digit * many)):
        told = normalize_identifier(IdentityRules(), kind, value)
        assert isinstance(told, Rejected) == (set(value) == {"0"})
    phone = normalize_identifier(IdentityRules(), "phone", digit * few)
    assert isinstance(phone, Rejected) == (digit == "0")


@given(
    st.sampled_from(["order_id", "cart_id", "case_id"]),
    st.one_of(templates, nothing_at_all, st.sampled_from(["0", "000", "-", "--", "(not set)"])),
)
def test_an_id_that_stands_for_none_is_left_out(field: str, value: str) -> None:
    whole = msgspec.json.decode(as_json())
    told = msgspec.json.encode({**whole, field: value, "time": NOON})
    assert getattr(event_of(PLAIN.read(told, None, None, NOON)), field) is None


@given(
    st.sampled_from(["order_id", "cart_id", "case_id"]),
    st.one_of(
        st.integers(1, 10**12).map(str),
        st.uuids().map(str),
        st.sampled_from(
            ["A-0", "0x0", "default", "guest", "test", "c1", "#1001", "gid://a/Order/1"]
        ),
    ),
)
def test_an_id_that_names_something_stays(field: str, value: str) -> None:
    whole = msgspec.json.decode(as_json())
    told = msgspec.json.encode({**whole, field: value, "time": NOON})
    assert getattr(event_of(PLAIN.read(told, None, None, NOON)), field) == value


@given(templates | nothing_at_all)
def test_two_orders_without_an_id_are_two(value: str) -> None:
    harness = Harness()
    for number in range(2):
        items = [{"sku": f"S{number}"}]
        told = {"items": items, "order_id": value, "cart_id": value}
        who = {"identifiers": {"loyalty_id": "42"}}
        raw = msgspec.json.encode(event(number, "order.completed", **told, **who))
        harness.feed(replace(event_of(PLAIN.read(raw, None, None, at(9))), customer_id="ada"))
    assert [order.skus for order in harness.contexts["ada"].orders] == [("S0",), ("S1",)]


EMPTY: st.SearchStrategy[Any] = st.sampled_from([False, None, "", [], {}])


@given(
    st.dictionaries(
        st.sampled_from(
            ["session_id", "cart_id", "order_id", "case_id", "brand", "device", "customer_id"]
        ),
        EMPTY,
    ),
    st.dictionaries(st.sampled_from(["email", "phone", "user_id"]), EMPTY),
    st.one_of(
        st.sampled_from([False, None, "", []]),
        st.dictionaries(
            st.sampled_from(["venue", "region"]), st.sampled_from([False, "", []]), min_size=1
        ),
    ),
)
def test_a_field_that_says_nothing_is_left_out(
    fields: dict[str, Any], identifiers: dict[str, Any], location: object
) -> None:
    whole = msgspec.json.decode(as_json())
    known = {**whole["identifiers"], **identifiers}
    told = {**whole, **fields, "identifiers": known, "location": location, "time": str(NOON)}
    found = event_of(PLAIN.read(msgspec.json.encode(told), None, None, NOON))
    assert found == msgspec.structs.replace(event_of(read(as_json())), data=found.data)


@given(
    st.one_of(st.text(max_size=12), st.text("aA09._@+:/#-{}%$<>*|[]()'\" ", max_size=9), words)
)
def test_an_ordinary_value_needs_no_second_look(value: str) -> None:
    plain = value.strip().casefold()
    if is_ordinary(plain):
        assert bare(value) == plain
        assert not is_template(value)
        assert any(map(str.isalnum, plain.replace("0", "")))
