"""`legato playbook publish`, `rollback`, `pause` and `resume`: the next version."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec.structs import replace

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.verbs import Failure
from legato.core.values.time import in_words

if TYPE_CHECKING:
    from legato.core.playbook.versions import PlaybookVersion
    from legato.core.values.time import Instant
    from legato.operations.publishing import VersionPlan
    from legato.queries.playbook_versions import PublishedPlaybooks
    from legato.settings import Settings

    Planner = Callable[[PublishedPlaybooks], VersionPlan]

Verb = TypeVar("Verb", bound=Callable[..., Any])

from_option = click.option(
    "--from",
    "start",
    default="+1m",
    metavar="TIME",
    help="When it begins to count: RFC 3339 or +SPAN, 30 s ahead at least; +1m.",
)
note_option = click.option("--note", default="", metavar="TEXT", help="What for, for others.")


def publishing(verb: Verb) -> Verb:
    """Give a verb what all have that publish a version."""
    author = click.option(
        "--author", metavar="TEXT", help="Who; else your name on this machine."
    )
    dry = click.option("--dry-run", is_flag=True, help="Say what would change, and no more.")
    return author(dry(verb))


def at_a_pace(verb: Verb) -> Verb:
    """Give a verb what those have that fill the past."""
    rate = click.option(
        "--rate",
        default=2_000,
        metavar="N",
        type=click.IntRange(1),
        help="Customers a second; 2,000.",
    )
    wait = click.option(
        "--wait",
        default=60.0,
        metavar="SECONDS",
        help="For the workers to come to the version; 60.",
    )
    return rate(wait(verb))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@from_option
@note_option
@click.option(
    "--warm", is_flag=True, help="Fill what it asks first from the log, once it counts."
)
@at_a_pace
@publishing
@pass_invocation
def publish(
    invocation: Invocation,
    file: Path,
    start: str,
    note: str,
    warm: bool,
    rate: int,
    wait: float,
    author: str | None,
    dry_run: bool,
) -> None:
    """Publish FILE as the next version of the playbook; all workers take it, none restarts.

    \b
      legato playbook publish playbook.yaml
      legato playbook publish playbook.yaml --from 2026-03-02T06:00:00Z --note "spring"
      legato playbook publish playbook.yaml --dry-run
      legato playbook publish playbook.yaml --warm

    It refuses what `legato playbook check` does, with the same lines and exit code 2. It says
    what changes against the version that counts now, and from when on this one counts. What is
    paused stays so. Topics for new channels are made, if `kafka.create_topics` is set.
    docs/playbook.md says what becomes of what is under way.

    With --warm it waits until the version counts, and then does what `legato playbook warm`
    does: what no version asked of the past before is read from the log.
    """
    from legato.operations.publishing import plan_version

    settings, text = _live_settings(invocation), _checked_text(str(file), file.read_bytes())
    draft = _draft(start, author, note)
    plan = partial(plan_version, draft=replace(draft, text=text))
    published = _publish(settings, plan, dry_run)
    if warm and published:
        _warm(settings, published[0].since, rate, wait)


@click.command("warm")
@at_a_pace
@pass_invocation
def warm_counting(invocation: Invocation, rate: int, wait: float) -> None:
    """Fill from the log what the version that counts now is the first to ask of the past.

    \b
      legato playbook warm
      legato playbook warm --rate 500

    That is what aggregates, and segments and changes that ask them, need of customers who were
    known before. It reads customer.events, as far back as it is kept, and tells each customer
    what their stores lack. Nothing is sent because of it. Broken off, it may be done again, and
    so it may be for customers who were merged meanwhile. Workers must run.
    """
    from legato.cli.envelope import wall_clock

    _warm(_live_settings(invocation), wall_clock(), rate, wait)


def _warm(settings: Settings, at: Instant, rate: int, wait: float) -> None:
    """Fill what counts then."""
    from legato.cli.format.progress import bar
    from legato.cli.format.versions import warming_line
    from legato.operations.warming import WarmPace, plan_warming, warm
    from legato.queries.playbook_versions import published_playbooks
    from legato.queries.topic_reader import TopicReader

    with TopicReader(settings) as reader:
        plan = plan_warming(settings, published_playbooks(settings, reader).versions, at)
    click.echo(warming_line(plan))
    if plan.needs:
        done = warm(settings, plan, WarmPace(rate, wait), bar)
        click.echo(f"{done.customers:,} customers were told, from {in_words(done.start)} on")


@click.command()
@click.argument("number", type=click.IntRange(1))
@from_option
@publishing
@pass_invocation
def rollback(
    invocation: Invocation, number: int, start: str, author: str | None, dry_run: bool
) -> None:
    """Publish the text of version NUMBER anew, as the next version.

    \b
      legato playbook versions
      legato playbook rollback 3
      legato playbook rollback 3 --from +30s

    Nothing is undone of what was told meanwhile. What is paused stays so.
    """
    from legato.operations.publishing import plan_version

    settings, draft = _live_settings(invocation), _draft(start, author, f"rollback to {number}")

    def plan(known: PublishedPlaybooks) -> VersionPlan:
        former = known.version(number).text
        text = _checked_text(f"version {number}", former.encode())
        return plan_version(known, replace(draft, text=text))

    _publish(settings, plan, dry_run)


@click.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@note_option
@publishing
@pass_invocation
def pause(
    invocation: Invocation, names: tuple[str, ...], note: str, author: str | None, dry_run: bool
) -> None:
    """Do nothing about situations, or none of some actions, from 30 s from now on.

    \b
      legato playbook pause cart_abandoned
      legato playbook pause remind_by_email remind_by_sms --note "the shop is down"

    NAME is a situation or an action. Situations are found and told as before; what waits to go
    out is revoked (`withdrawn`). Versions that are to come are paused as well, and so is what
    is published later, until `legato playbook resume`.
    """
    from legato.operations.publishing import check_names, plan_pause

    draft = _draft("", author, note or f"pause {', '.join(names)}")

    def plan(known: PublishedPlaybooks) -> VersionPlan:
        check_names(known, names, draft.since)
        return plan_pause(known, draft, frozenset(names), on=True)

    _publish(_live_settings(invocation), plan, dry_run)


@click.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@note_option
@publishing
@pass_invocation
def resume(
    invocation: Invocation, names: tuple[str, ...], note: str, author: str | None, dry_run: bool
) -> None:
    """Take up again what was paused, from 30 s from now on.

    \b
      legato playbook resume cart_abandoned

    What was found while it was paused is not made up for.
    """
    from legato.operations.publishing import check_paused, plan_pause

    draft = _draft("", author, note or f"resume {', '.join(names)}")

    def plan(known: PublishedPlaybooks) -> VersionPlan:
        check_paused(known, names, draft.since)
        return plan_pause(known, draft, frozenset(names), on=False)

    _publish(_live_settings(invocation), plan, dry_run)


def _publish(settings: Settings, plan: Planner, dry_run: bool) -> tuple[PlaybookVersion, ...]:
    """Publish what is planned, and return it; nothing in a dry run."""
    from legato.operations.publishing import Publisher
    from legato.queries.playbook_versions import published_playbooks
    from legato.queries.topic_reader import TopicReader
    from legato.runtime.host.topic_commands import create_for

    if dry_run:
        _tell_only(settings, plan)
        return ()
    with Publisher(settings) as publisher, TopicReader(settings) as reader:
        planned = plan(published_playbooks(settings, reader))
        _tell(planned)
        for name in create_for(settings, planned.playbook):
            click.echo(f"created `{name}`")
        published = publisher.publish(planned.versions)
    _tell_published(planned, published)
    return published


def _tell_only(settings: Settings, plan: Planner) -> None:
    from legato.queries.playbook_versions import published_playbooks
    from legato.queries.topic_reader import TopicReader
    from legato.runtime.host.topic_commands import missing_for

    with TopicReader(settings) as reader:
        planned = plan(published_playbooks(settings, reader))
    _tell(planned)
    for name in missing_for(settings, planned.playbook):
        click.echo(f"topic `{name}` is missing, and would be made first")
    click.echo("nothing was published")


def _tell(plan: VersionPlan) -> None:
    from legato.cli.format.versions import plan_lines

    for line in plan_lines(plan):
        click.echo(line)


def _tell_published(plan: VersionPlan, published: tuple[PlaybookVersion, ...]) -> None:
    from legato.cli.envelope import wall_clock
    from legato.cli.format.versions import counting_line, later_lines

    for version in published:
        click.echo(counting_line(version, wall_clock()))
    for line in later_lines(plan):
        click.echo(line)


def _live_settings(invocation: Invocation) -> Settings:
    if not invocation.settings.playbooks:
        raise Failure(
            "no worker reads versions of the playbook; set `playbooks = true` in the settings "
            "and restart the workers",
            2,
        )
    return invocation.settings


def _checked_text(place: str, text: bytes) -> str:
    """Refuse what `check` refuses: the same lines, and exit code 2."""
    from legato.cli.playbook.checking import checked, refuse

    found = checked(text)
    if isinstance(found, list):
        refuse(place, found)
    return text.decode()


def _draft(start: str, author: str | None, note: str) -> PlaybookVersion:
    """Begin a version; without a start it counts as soon as it may."""
    from legato.cli.envelope import read_moment, wall_clock
    from legato.core.playbook.versions import LEAD, PlaybookVersion
    from legato.operations.publishing import check_lead
    from legato.queries.errors import Unclear

    now = wall_clock()
    try:
        since = read_moment(start, now) if start else now + LEAD
        check_lead(since, now)
    except Unclear as error:
        raise Failure(f"--from: {error}", 2) from None
    whose = _user() if author is None else author
    return PlaybookVersion(0, since, "", whose, note, now)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
