"""A large playbook is loaded in no time that anybody would wait."""

from __future__ import annotations

from time import process_time

from benchmarks.many_situations import many_situations
from legato.core.playbook.compile import read_playbook


def test_500_situations_and_1000_actions_load_within_two_seconds() -> None:
    text = many_situations(500)
    before = process_time()
    playbook = read_playbook(text)
    assert process_time() - before < 2
    assert len(playbook.situations) == 500
    assert sum(map(len, playbook.actions.values())) == 1_000
