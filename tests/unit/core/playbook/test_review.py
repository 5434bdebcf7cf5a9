"""`review` names all faults of a playbook, each with its place."""

from __future__ import annotations

import re

import pytest

from legato.core.playbook.compile import read_playbook
from legato.core.playbook.places import PlaybookFault
from legato.core.playbook.review import review
from tests.unit.core.playbook.test_playbook import GOOD, WRONG

SEVERAL = {"cart: 0d"}
"""What makes more than one sentence wrong."""


@pytest.mark.parametrize(("part", "instead", "message"), WRONG)
def test_each_broken_playbook_has_its_fault_in_its_place(
    part: str, instead: str, message: str
) -> None:
    text = GOOD.replace(part, instead, 1).encode()
    found = review(text)
    head = re.split(
        r",? in line| - at |; write at|line \d", message.removeprefix("playbook: ")
    )[0]
    assert [fault for fault in found if head in fault.message]
    assert len(found) == 1 or instead in SEVERAL
    lines = text.decode().splitlines()
    for fault in found:
        assert 1 <= fault.line <= len(lines) + 1
        assert "\n" not in fault.message
        assert "legato init" not in fault.message


def test_a_sound_playbook_has_none() -> None:
    assert review(GOOD.encode()) == []


FAULTY = """\
version: 1
situations:
  left: {absence: {of: basket, after: [one hour, 2x]}}
  moved: {switch: {goal: any, within: 0h}}
  moved: {switch: {goal: any, within: 1h}}
channels: {email: {address: [email]}, store: {pull: true}, fox: {}}
actions:
  tell: {situation: lost, channel: email, purpose: sales, contents: x, when: {to: [5, 7]}}
  ask: {situation: left, channel: fax, purpose: service, content: x, expires: soon, lever: .nan}
caps: {few: {most: -1, per: 7d, channel: fax}}
quiet_hours: {from: "9 pm", to: "08:00", channels: [email]}
forget: {cart: ten days, case: 7d}
nope: 1
"""


def test_all_are_told_at_once_each_in_its_line_and_column() -> None:
    told = [(each.line, each.column, each.message) for each in review(FAULTY.encode())]
    assert [
        (line, FAULTY.splitlines()[line - 1][column - 1 :][:6]) for line, column, _ in told
    ] == [
        (3, "basket"),
        (3, "one ho"),
        (3, "2x]}}"),
        (4, "within"),
        (5, "moved:"),
        (6, "fox: {"),
        (8, "sales,"),
        (8, "conten"),
        (8, "5, 7]}"),
        (8, "7]}}"),
        (9, "fax, p"),
        (9, "soon, "),
        (9, ".nan}"),
        (10, "most: "),
        (10, "fax}}"),
        (11, '"9 pm"'),
        (12, "ten da"),
        (13, "nope: "),
    ]
    messages = {message for _, _, message in told}
    assert "actions, `tell`: unknown key `contents`: did you mean `content`?" in messages
    assert any(each.startswith("unknown key `nope`: write one of action") for each in messages)


def test_of_an_entry_that_has_a_fault_all_others_are_told_as_well() -> None:
    text = GOOD.replace(
        "tell: {situation: left, channel: email,",
        'tell: {situation: gone, channel: fax, when: evnt.id == "1",',
    )
    told = [each.message.removeprefix("actions, `tell`: ") for each in review(text.encode())]
    assert [each[:22] for each in told] == [
        "nothing finds `gone`; ",
        "nobody knows channel `",
        '`evnt.id == "1"`, colu',
    ]


def test_what_only_comes_of_another_fault_is_not_told() -> None:
    text = GOOD.replace("{of: cart, after: [1h, 24h]}", "{of: cart}")
    assert [each.message for each in review(text.encode())] == [
        "situations, `left`: `after` is missing; write `after: …`"
    ]


def test_a_fault_within_a_text_points_into_it() -> None:
    text = GOOD.replace("version: 1", 'version: 1\nmuted_by_case: ["promo sales"]')
    (fault,) = review(text.encode())
    assert (fault.line, fault.column) == (3, 17)


@pytest.mark.parametrize(
    "text", [b"", b"# nothing\n", b"- a\n- b", b"a: [", b"a: \xff", b"7", b"[" * 99]
)
def test_what_is_no_playbook_has_one_fault(text: bytes) -> None:
    (fault,) = review(text)
    assert fault.line >= 1


def test_tests_behind_a_playbook_are_none_of_it() -> None:
    text = GOOD.encode() + b"---\ntests: []\n"
    assert review(text) == []
    assert read_playbook(text) == read_playbook(GOOD.encode())
    assert (
        read_playbook(b"---\n" + text).version
        == read_playbook(b"---\n" + GOOD.encode()).version
    )


def test_another_document_behind_a_playbook_is_refused() -> None:
    with pytest.raises(ValueError, match="holds `tests`, and nothing else"):
        read_playbook(GOOD.encode() + b"---\nsituations: {}\n")


def test_faults_stand_in_order_of_their_places() -> None:
    first, second = PlaybookFault(2, 9, "b"), PlaybookFault(3, 1, "a")
    assert sorted((second, first)) == [first, second]
