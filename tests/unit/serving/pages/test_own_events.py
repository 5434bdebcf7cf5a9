"""By what the desk names a customer to the line."""

from legato.serving.pages.own_events import identifier_of

RANKED = ("user_id", "loyalty_id", "email")


def test_the_best_identifier_that_they_have_names_them() -> None:
    known = {"email": ["ada@example.org"], "loyalty_id": ["L-1", "L-2"], "anonymous_id": ["w"]}
    assert identifier_of({"identifiers": known}, RANKED) == {"loyalty_id": "L-1"}


def test_one_that_is_not_ranked_does_where_there_is_no_other() -> None:
    assert identifier_of({"identifiers": {"badge": ["7"]}}, RANKED) == {"badge": "7"}


def test_who_has_none_cannot_be_named() -> None:
    assert identifier_of({"identifiers": {"email": []}}, RANKED) == {}
    assert identifier_of({}, RANKED) == {}
