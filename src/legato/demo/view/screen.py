"""The live view: one moment of a run, laid out for a terminal of any usual size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from legato.demo.run.arrived_mail import ArrivedMail
from legato.demo.run.spotlight import Spot
from legato.demo.run.workers import Sight
from legato.demo.view.facts import facts_of
from legato.demo.view.mail import WAY_OUT, mail_rows
from legato.demo.view.picture import Incident, Picture
from legato.demo.view.words import STORIES, TickerText, o_clock, place, reason, weekday

WIDE = 110
DULL = "not_eligible"
ROOMY, SPOT_LINES, REASON_LINES, MAIL_LINES = 20, 7, 2, 11
MOODS = {
    "briefed": "bold green",
    "reached": "bold cyan",
    "taken back": "bold magenta",
    "quiet": "dim",
}
STATES = {
    "starting": ("◌", "yellow"),
    "restoring": ("◍", "yellow"),
    "following": ("●", "green"),
    "killed": ("✗", "bold red"),
    "gone": ("✗", "bold red"),
}


class Screen:
    """A picture that knows how to fill the terminal it is shown on."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = options.height or console.height
        body = _wide if options.max_width >= WIDE else _narrow
        head = [*_head(self.picture, roomy=height >= ROOMY)]
        yield Group(*head, body(self.picture, height - len(head)))


def _head(picture: Picture, *, roomy: bool) -> Iterator[RenderableType]:
    town = f"{weekday(picture.town_time)} {o_clock(picture.town_time)}"
    yield _row(
        Text.assemble((" legato ", "bold white on blue"), (f"  {picture.phase}", "bold")),
        Text.assemble((town, "bold"), (f"  {picture.kafka}  ", "dim"), _clock(picture)),
    )
    yield _row(
        ProgressBar(total=max(picture.total, 1), completed=picture.sent),
        Text(f" {picture.sent:,} of {picture.total:,} events"),
    )
    yield Text.assemble(
        (f"{picture.events_rate:,.0f}", "bold cyan"),
        " events/s in   ",
        (f"{picture.actions_rate:,.0f}", "bold green"),
        " actions/s out   ",
        _tally(picture.done),
        no_wrap=True,
        overflow="ellipsis",
    )
    yield Text.assemble(
        (f"{picture.situations.get('channel_switched', 0):,}", "bold yellow"),
        " switches   ",
        (f"{picture.situations.get('cart_abandoned', 0):,}", "bold yellow"),
        " carts left   ",
        (f"{sum(picture.actions.values()):,}", "bold green"),
        f" actions: {_most(picture.actions, place)}",
        no_wrap=True,
        overflow="ellipsis",
    )
    if roomy:
        yield _ties(picture)
    yield Text("   ", no_wrap=True, overflow="ellipsis").join(map(_worker, picture.workers))
    yield _incident(picture.incident)


def _ties(picture: Picture) -> Text:
    """Who they are: customers so far, and how they came to be."""
    told = Text.assemble(
        (f"{picture.customers:,}", "bold"),
        " customers   ",
        (f"{picture.merges:,}", "bold cyan"),
        " merges",
        no_wrap=True,
        overflow="ellipsis",
    )
    for count, words in (
        (picture.changed_hands, "devices changed hands"),
        (picture.refused, "links refused"),
    ):
        if count:
            told.append(f"   {count:,}", "bold magenta")
            told.append(f" {words}")
    return told


def _clock(picture: Picture) -> Text:
    return Text(f"{int(picture.elapsed_s) // 60}:{int(picture.elapsed_s) % 60:02d}", "dim")


def _row(left: RenderableType, right: RenderableType) -> Table:
    """Put one thing to the left and one to the right of a line."""
    row = Table.grid(expand=True)
    row.add_column(ratio=1, no_wrap=True)
    row.add_column(justify="right", no_wrap=True)
    row.add_row(left, right)
    return row


def _tally(done: Mapping[str, int]) -> Text:
    late = done.get("revoked_too_late", 0)
    told = Text.assemble((f"{done.get('delivered', 0):,}", "bold"), " delivered")
    if back := done.get("revoked", 0) + late:
        told.append(f"   {back:,}", "bold magenta")
        told.append(f" taken back, {late:,} late" if late else " taken back")
    return told


def _most(counts: Mapping[str, int], say: Callable[[str], str]) -> str:
    return "  ".join(f"{say(name)}\u00a0{count:,}" for name, count in _ranked(counts))


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Sort by number, with what says least at the end."""
    return sorted(counts.items(), key=lambda each: (each[0] == DULL, -each[1]))


def _worker(sight: Sight) -> Text:
    mark, style = STATES[sight.state]
    told = Text.assemble(
        (f"{mark} ", style), f"worker {sight.index} ", (f"pid {sight.pid} ", "dim")
    )
    if sight.state == "following":
        return told.append(f"{sight.contexts:,} contexts", style)
    return told.append(sight.state, style)


def _incident(incident: Incident | None) -> Text:
    if incident is None:
        return Text("")
    told = Text.assemble(
        (f"kill -9 {incident.pid} ", "bold red"),
        f"of worker {incident.index} at {o_clock(incident.town_time)}",
        no_wrap=True,
        overflow="ellipsis",
    )
    if incident.restored_s is None:
        return told.append(" … coming back", "yellow")
    told.append(f" … restored after {incident.restored_s:.1f} s", "bold green")
    return told.append(f" with {incident.contexts:,} contexts", "green")


def _narrow(picture: Picture, height: int) -> RenderableType:
    """One below the other: ticker, customer or the email that arrives, reasons."""
    mail = picture.mail and _padded(_mail(picture.mail, SPOT_LINES), SPOT_LINES)
    return Group(
        _title("as it happens"),
        _ticker(picture.told, height - SPOT_LINES - REASON_LINES - 2),
        *(mail or _spot(picture.spot, SPOT_LINES)),
        _title("why others lost"),
        Text(_most(picture.reasons, reason)),
    )


def _wide(picture: Picture, height: int) -> RenderableType:
    """Ticker and a new email to the left; a customer, a handoff and reasons to the right."""
    halves = Table.grid(expand=True, padding=(0, 1))
    halves.add_column(ratio=13)
    halves.add_column(ratio=10)
    mail = _mail(picture.mail, min(MAIL_LINES, height // 2)) if picture.mail else []
    left = _ticker(picture.told, height - 1 - len(mail))
    ticker = Group(_title("as it happens"), left, *mail)
    rest = max(height - len(picture.reasons) - 1, 0)
    right = (
        *_spot(picture.spot, rest - rest // 2),
        *_handoff(picture.reading, rest // 2),
        _title("why others lost"),
        _bars(picture.reasons),
    )
    halves.add_row(ticker, Group(*right))
    return halves


def _title(words: str, style: str = "bold") -> Rule:
    return Rule(Text(words, style), align="left", style="dim")


def _ticker(told: Sequence[TickerText], lines: int) -> Table:
    table = Table.grid(expand=True, padding=(0, 1))
    for width in (5, 13):
        table.add_column(width=width, no_wrap=True)
    for ratio in (1, 1):
        table.add_column(ratio=ratio, no_wrap=True, overflow="ellipsis")
    for line in list(told)[-lines:]:
        style = MOODS[line.mood]
        clock = Text(o_clock(line.time), "dim")
        table.add_row(clock, line.who, Text(line.what, "yellow"), Text(line.done, style))
    for _ in range(lines - len(told)):
        table.add_row("", "", "", "")
    return table


def _spot(spot: Spot | None, lines: int) -> list[RenderableType]:
    """The customer in the light: a title, then as many facts as there is room for."""
    if spot is None:
        return [_title("one customer"), *[Text("")] * (lines - 1)]
    title = f"{spot.person.name} {STORIES[spot.visit.story]}"
    facts = facts_of(spot.context or {})[: lines - 1]
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(width=8, no_wrap=True, justify="right", style="dim")
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for label, fact in facts or [("", Text("not seen yet", "dim"))]:
        table.add_row(label, fact)
    return [_title(title), table, *[Text("")] * (lines - 1 - max(len(facts), 1))]


def _mail(mail: ArrivedMail, lines: int) -> list[RenderableType]:
    """The email that arrives: a title, then head, text and way out, one line each."""
    styles = {"subject": "bold", "from": "cyan", "to": "cyan", WAY_OUT: "dim"}
    rows = (
        _cut(
            Text.assemble((f"{label:>{len(WAY_OUT)}} ", "dim"), (words, styles.get(label, "")))
        )
        for label, words in mail_rows(mail, lines - 1)
    )
    return [_title("an email arrives, by SMTP", "bold green"), *rows]


def _padded(rows: Sequence[RenderableType], lines: int) -> list[RenderableType]:
    return [*rows, *[Text("")] * (lines - len(rows))]


def _handoff(told: TickerText | None, lines: int) -> list[RenderableType]:
    """What an associate or agent reads at this moment."""
    if told is None or told.handoff is None:
        return [_title("what they read"), *[Text("")] * (lines - 1)]
    handoff = told.handoff
    facts: list[Text] = [
        Text(handoff.goal, "bold"),
        Text(f"stopped: {handoff.stopped_at}"),
        *(Text(f"· {touch}", "dim") for touch in handoff.touchpoints),
        *(Text(f"tried: {tried}", "dim") for tried in handoff.tried),
        Text(f"do not ask: {', '.join(handoff.do_not_ask)}", "dim"),
    ]
    rows = [_cut(fact) for fact in facts[: lines - 1]]
    return [_title(f"{told.done}: {told.who}"), *rows, *[Text("")] * (lines - 1 - len(rows))]


def _cut(fact: Text) -> Text:
    fact.no_wrap, fact.overflow = True, "ellipsis"
    return fact


def _bars(reasons: Mapping[str, int]) -> Table:
    most = max(reasons.values(), default=1)
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(width=18, no_wrap=True)
    table.add_column(width=7, justify="right")
    table.add_column(ratio=1)
    for code, count in _ranked(reasons):
        bar = ProgressBar(total=most, completed=count, style="black")
        table.add_row(reason(code), Text(f"{count:,}", "bold"), bar)
    return table
