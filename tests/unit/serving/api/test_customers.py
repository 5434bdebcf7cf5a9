"""What leads to a customer in Redis is cut off, and nothing else is touched."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.core.context.context import Context
from legato.serving.api.customers import cut_customer
from legato.serving.api.keys import ApiKey, new_key
from legato.serving.api.problems import Problem
from legato.wire.context_view import context_view

TEXT = st.text(max_size=12)


def a_key(**told: object) -> ApiKey:
    return new_key(name="test", scopes=["read"], created=0, **told)[1]


@given(st.lists(TEXT, max_size=4), TEXT, st.lists(TEXT, max_size=3), st.integers(0, 10**15))
def test_a_context_is_shown_but_for_what_leads_to_it(
    index: list[str], kind: str, values: list[str], revision: int
) -> None:
    context = Context("0-a", revision, identifiers={kind: values}, brands=("nord",))
    stands = msgspec.json.encode(context_view(context, index))
    alone = msgspec.json.encode(context_view(context))
    assert cut_customer(b"0-a", stands, a_key()).context == alone
    seen = msgspec.json.decode(cut_customer(b"0-a", stands, a_key(brands=["nord"])).context)
    assert seen == msgspec.json.decode(alone)
    with pytest.raises(Problem):
        cut_customer(b"0-a", stands, a_key(brands=["sued"]))


@pytest.mark.parametrize(
    "stands",
    [
        b"",
        b"{}",
        b'{"revision":7,"erased":42}',
        b'{"revision":7,"index":[],"forward":"0-a"}',
        b'{"revision":7,"index":["a"],"forward":"0-a"}',
    ],
)
def test_what_is_no_context_is_nobody(stands: bytes) -> None:
    for key in (a_key(), a_key(brands=["nord"])):
        with pytest.raises(Problem):
            cut_customer(b"0-a", stands, key)
