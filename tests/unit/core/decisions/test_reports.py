"""What is reported of actions is counted by action and channel, each report once."""

from __future__ import annotations

from legato.core.decisions.reports import ActionReport
from legato.core.engine import BatchResult, Engine, EngineSetup, LogBatch
from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.core.situations.protocol import RunDropped
from legato.core.values.outputs import Action
from legato.harness import default_playbook
from legato.runtime.machine.counts import Counts
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS
from tests.unit.core.stories import added, at, event, may, only, ordered


def engine() -> Engine:
    identity = IdentitySettings()
    setup = EngineSetup(default_playbook(), identity.identify, identity.rules)
    return Engine(setup, TODAY, SNAPSHOTS)


def followed(line: Engine, *events: Event) -> BatchResult:
    return line.process(LogBatch(events, [each.time for each in events]))


def reminded(line: Engine) -> Action:
    start = event(-30, "account.created", identifiers={"email": "ada@example.com"})
    followed(line, start, may(-20), added(0))
    return only([each for each in line.pass_time(at(60)).outputs if isinstance(each, Action)])


def test_each_report_is_told_once() -> None:
    line = engine()
    name = reminded(line).action_id
    sent = event(61, "action.delivered", "email", action_id=name)
    bounced = event(62, "message.bounced", "email", action_id=name)
    clicked = event(63, "message.clicked", "email", action_id=name)
    found = followed(line, sent, sent, bounced, clicked).reports
    assert found == [
        ActionReport("remind_by_email", "email", outcome)
        for outcome in ("delivered", "bounced", "clicked")
    ]
    assert followed(line, sent).reports == []


def test_of_an_action_that_nobody_knows_nothing_is_told() -> None:
    line = engine()
    reminded(line)
    stray = event(61, "message.clicked", "email", action_id="stray")
    assert followed(line, stray, event(62, "message.bounced", "email")).reports == []


def test_what_was_converted_and_taken_back_is_counted() -> None:
    line = engine()
    name = reminded(line).action_id
    said = followed(
        line,
        event(61, "action.delivered", "email", action_id=name),
        ordered(90, "SHOE", order_id="o"),
        event(91, "payment.failed", order_id="o"),
    )
    counts = Counts()
    for output in said.outputs:
        counts.said(output)
    assert counts.counts["outcomes", "remind_by_email", "email", "converted"] == 1
    assert counts.counts["conversions_void", "remind_by_email", "email"] == 1


def test_runs_of_which_a_customer_has_too_many_are_counted() -> None:
    written = "{repeat: {of: x, times: 2, within: 1d, by: event.cart_id}}"
    playbook = read_playbook(f"version: 1\nsituations: {{again: {written}}}".encode())
    identity = IdentitySettings()
    line = Engine(EngineSetup(playbook, identity.identify, identity.rules), TODAY, SNAPSHOTS)
    seen = [event(n, "x", cart_id=f"c{n}") for n in range(40)]
    reports = followed(line, *seen, *seen[-2:]).reports
    assert reports == [RunDropped("again")] * 8
    counts = Counts()
    for each in reports:
        counts.reported(each)
    assert counts.counts == {("runs_dropped", "again"): 8}
