"""Which engines a call of the benchmark runs, and in which order."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bench import Plan
from benchmarks.engines import ENGINES
from benchmarks.report import BENCHMARKS, lines_of


def plan(*names: str, rules: tuple[str, ...] = ("full",), every_config: bool = False) -> Plan:
    """Plan two rounds."""
    return Plan(
        names,
        rules,
        1_000,
        2,
        every_config,
        full_line=False,
        latency=0,
        out=Path(),
        bootstrap=None,
    )


def test_each_round_begins_with_another_engine() -> None:
    one, two = plan("legato").engines()
    assert plan("legato").turns() == [one, two, two, one]


def test_all_keep_to_the_rules_that_were_asked_for() -> None:
    assert {each.rules.name for each in plan().engines()} == {"full"}
    assert {each.rules.name for each in plan(rules=()).engines()} == {"rules", "full"}
    assert {each.name for each in plan().engines()} == {"legato", "flink", "kafka-streams"}


def test_what_was_tried_runs_when_every_configuration_is_asked_for() -> None:
    standing, tried = plan("flink").engines(), plan("flink", every_config=True).engines()
    assert set(map(id, standing)) < set(map(id, tried))
    assert len({each.config for each in tried}) == len(tried)


def test_the_code_of_each_engine_is_there_to_be_counted() -> None:
    by_full_rules = [each for each in ENGINES if each.rules.name == "full"]
    assert all(lines_of(each.code) > 10 for each in by_full_rules)
    assert all((BENCHMARKS / path).exists() for each in ENGINES for path in each.code)
