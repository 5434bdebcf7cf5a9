"""`legato init`: settings and playbook for one's own Kafka, and a look at what it holds."""

from __future__ import annotations

import secrets
from importlib.resources import files
from pathlib import Path

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from legato.cli.dlq.show import as_text
from legato.cli.format.context import grid, titled
from legato.cli.format.output import moment
from legato.cli.format.record import printable
from legato.cli.format.screen import page
from legato.cli.infer_mapping import infer_source, mapped_source, maps_for, name_of
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.settings_text import settings_text
from legato.cli.survey import SurveyedTopic, sample, survey
from legato.cli.verbs import Failure
from legato.core.values.results import Unreadable
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.settings import IdentitySettings, Settings, UnsubscribeSettings
from legato.wire.formats.detect import format_of
from legato.wire.source.ready_made import ready_made

SETTINGS, PLAYBOOK = Path("legato.toml"), Path("playbook.yaml")
MOST_TOPICS = 20


@click.command()
@click.option("--bootstrap", metavar="HOST:PORT", help="Where Kafka answers.")
@click.option("--force", is_flag=True, help="Write over files that exist; the pepper is kept.")
@pass_invocation
def init(invocation: Invocation, bootstrap: str | None, force: bool) -> None:
    """Write legato.toml and playbook.yaml here, and look at what Kafka holds.

    \b
      legato init --bootstrap kafka:9092

    Every setting is explained in legato.toml, with its default. The pepper, the key of the
    customers' ids, is a fresh secret. Then the topics are listed, and one record of the
    likeliest is shown with a first guess at the `[[sources]]` that would read it.
    """
    settings = _aimed(invocation.settings, bootstrap)
    _write(settings, force)
    with TopicReader(settings) as reader:
        found = survey(reader)
        record = sample(reader, found)
    console = page()
    if found:
        console.print(_topics(found))
    if record is not None:
        _show_sample(console, record)
    click.echo("next: `legato check`, then `legato topics create`, then `legato worker`")


def _aimed(settings: Settings, bootstrap: str | None) -> Settings:
    if bootstrap is None:
        return settings
    replace = msgspec.structs.replace
    return replace(settings, kafka=replace(settings.kafka, bootstrap=bootstrap))


def _write(settings: Settings, force: bool) -> None:
    for path in (SETTINGS, PLAYBOOK):
        if path.exists() and not force:
            raise Failure(f"`{path}` exists; add `--force` to write over it")
    SETTINGS.touch(mode=0o600)
    SETTINGS.write_text(
        settings_text(
            {
                "kafka.bootstrap": settings.kafka.bootstrap,
                "identity.pepper": _pepper(settings.identity),
                **_rotation(settings.identity),
                "unsubscribe.secret": settings.unsubscribe.secret or secrets.token_hex(32),
                **_replaced(settings.unsubscribe),
                "playbook": str(PLAYBOOK),
            }
        )
    )
    PLAYBOOK.write_bytes(_playbook_with_tests())
    click.echo(f"wrote {SETTINGS} and {PLAYBOOK}")


def _playbook_with_tests() -> bytes:
    """The playbook that Legato ships, and behind it stories of what it promises."""
    shipped = files("legato").joinpath("playbooks")
    parts = (
        shipped.joinpath(name).read_bytes() for name in ("default.yaml", "first_tests.yaml")
    )
    return b"---\n".join(parts)


def _pepper(identity: IdentitySettings) -> str:
    """Keep the pepper that there is: with another one, every customer would be a new one."""
    return (
        secrets.token_hex(16)
        if identity.pepper == IdentitySettings().pepper
        else identity.pepper
    )


def _rotation(identity: IdentitySettings) -> dict[str, object]:
    """Keep which pepper it is, and those that it replaced."""
    kept = {"key_id": identity.key_id, "previous_peppers": identity.previous_peppers}
    return {f"identity.{name}": value for name, value in kept.items() if value}


def _replaced(unsubscribe: UnsubscribeSettings) -> dict[str, object]:
    """Keep the secrets of links that went out."""
    former = unsubscribe.previous_secrets
    return {"unsubscribe.previous_secrets": former} if former else {}


def _topics(found: list[SurveyedTopic]) -> Table:
    table = Table("topic", "partitions", "records", box=box.SIMPLE)
    for topic in found[:MOST_TOPICS]:
        table.add_row(Text(topic.name, "cyan"), str(topic.partitions), f"{topic.records:,}")
    if len(found) > MOST_TOPICS:
        table.add_row(f"and {len(found) - MOST_TOPICS} more", "", "")
    return table


def _words(value: bytes) -> str:
    """Say what the settings below are: a map that fits, or a guess."""
    names = maps_for(value)
    if not names:
        return "a first guess for legato.toml, to be corrected by somebody who knows it:\n"
    others = f" (`{'`, `'.join(names[1:])}` would read it too)" if names[1:] else ""
    return f"the map `{names[0]}` fits: {ready_made()[names[0]].about}{others}; legato.toml:\n"


def _source(topic: str, value: bytes) -> str:
    names = maps_for(value)
    return mapped_source(topic, names[0]) if names else infer_source(topic, value)


def _show_sample(console: Console, record: TopicRecord) -> None:
    value = record.value or b""
    form = format_of(value, record.headers) if value else "empty"
    told = form.message if isinstance(form, Unreadable) else form
    rows = [
        ("at", f"{record.topic} {record.coordinate}, {moment(record.time)}"),
        ("key", printable(record.key) or "none"),
        *((name, printable(header) or "") for name, header in record.headers),
        ("format", told),
    ]
    console.print(titled("a sample", grid([*rows, ("value", as_text(value))])))
    if form == "json":
        console.print(_words(value))
        console.print(Text(_source(record.topic, value), "green"))
        console.print(f"\ntry it: `legato source check {name_of(record.topic)} --sample FILE`")
