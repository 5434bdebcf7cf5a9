"""Who it is: the best-ranked identifier names the customer, the same way everywhere."""

import pytest
from aiokafka.partitioner import murmur2 as murmur2_of_aiokafka
from hypothesis import given
from hypothesis import strategies as st

from legato.core.identity.customer_ids import Identify
from legato.core.values.ids import derive_id, murmur2
from legato.core.values.results import Rejected
from legato.settings import IdentitySettings

PRIORITY = IdentitySettings().priority


def identify(pepper: str = "p", cache_size: int = 200_000) -> Identify:
    return Identify(pepper, PRIORITY, cache_size)


def test_the_same_identifier_is_the_same_customer_on_every_worker() -> None:
    here, there = identify(), identify()
    assert here.customer_of({"email": "a@x.org"}) == there.customer_of({"email": "a@x.org"})


def test_an_id_cannot_be_told_without_the_pepper() -> None:
    one, other = identify("one"), identify("other")
    assert one.customer_of({"email": "a@x.org"}) != other.customer_of({"email": "a@x.org"})
    assert "a@x.org" not in str(one.customer_of({"email": "a@x.org"}))


def test_type_and_value_both_name_the_customer() -> None:
    who = identify()
    ids = [{"email": "7"}, {"phone": "7"}, {"email": "8"}, {"em": "ail7"}]
    assert len({who.customer_of(each) for each in ids}) == 4


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("user_id", "loyalty_id"),
        ("loyalty_id", "email"),
        ("email", "phone"),
        ("phone", "club_card"),
        ("club_card", "device_id"),
        ("device_id", "anonymous_id"),
    ],
)
def test_the_best_ranked_identifier_counts(better: str, worse: str) -> None:
    who = identify()
    alone = who.customer_of({better: "1"})
    assert who.customer_of({worse: "2", better: "1"}) == alone
    assert who.customer_of({better: "1", worse: "2"}) == alone


def test_a_better_rank_sorts_first() -> None:
    who = identify()
    kinds = [kind for kind in PRIORITY if kind != "*"]
    assert kinds == sorted(kinds, key=lambda kind: str(who.customer_of({kind: "x"}))[0])


def test_types_that_are_not_ranked_count_in_order_of_their_names() -> None:
    who = identify()
    assert who.customer_of({"zoo": "1", "club": "2"}) == who.customer_of({"club": "2"})


def test_without_a_star_they_come_last() -> None:
    who = Identify("p", ("user_id", "email"))
    assert who.customer_of({"club": "1", "email": "2"}) == who.customer_of({"email": "2"})


def test_nobody_can_be_found_without_an_identifier() -> None:
    answer = identify().customer_of({})
    assert isinstance(answer, Rejected)
    assert "send at least one" in answer.message


def test_too_many_ranks_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 35"):
        Identify("p", tuple(map(str, range(36))))


def test_a_full_cache_changes_no_answer() -> None:
    small, large = identify(cache_size=2), identify()
    asked = [{"email": str(n % 5)} for n in range(20)]
    assert [small.customer_of(x) for x in asked] == [large.customer_of(x) for x in asked]


FROM_THE_TESTS_OF_KAFKA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "hashed"), FROM_THE_TESTS_OF_KAFKA.items())
def test_keys_are_hashed_as_the_java_producer_does(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed & 0x7FFFFFFF


@given(st.binary(max_size=40))
def test_keys_are_hashed_as_other_clients_do(key: bytes) -> None:
    assert murmur2(key) == murmur2_of_aiokafka(key) & 0x7FFFFFFF


def test_ids_are_derived_from_their_reasons_in_order() -> None:
    assert derive_id("a", 1) == derive_id("a", "1")
    assert len({derive_id("a", "b"), derive_id("b", "a"), derive_id("ab"), derive_id("a")}) == 4
    assert len(derive_id("a")) == 16
