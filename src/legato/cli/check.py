"""`legato check`: read settings and playbook, and say what they mean or what is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.replay import load_playbook

if TYPE_CHECKING:
    from legato.core.playbook.definition import Playbook
    from legato.settings import IdentitySettings, Settings
    from legato.wire.source.source import Source

ALIKE = 0.85
"""How much a foreign type must look like one of Legato's to be taken for a slip of the pen."""


@click.command()
@click.option(
    "--playbook",
    "path",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Check this playbook; else the one of the settings, else Legato's own.",
)
@pass_invocation
def check(invocation: Invocation, path: Path | None) -> None:
    """Read settings and playbook; exit with 2 and one sentence if they make no sense.

    All is made of them that a worker would make, such as the maps of the sources and the
    schemas of a registry that is a folder; and all that the API reads as it starts, its keys
    and secrets. Nothing is asked of Kafka.
    """
    from legato.core.playbook.compile import describe
    from legato.wire.topics.names import Topics

    settings = invocation.settings
    _compile(settings)
    playbook = load_playbook(invocation, path)
    click.echo(f"kafka     {settings.kafka.bootstrap}, topics under `{settings.kafka.prefix}`")
    for source in settings.sources:
        topics = ", ".join(source.topics)
        click.echo(f"source    {source.name}: {topics} ({source.format}, by {source.trust})")
        if source.webhook is not None:
            scheme = source.webhook.scheme
            click.echo(f"webhook   POST /v1/sources/{source.name} ({scheme})")
    told = ", ".join(f"{count} {what}" for what, count in describe(playbook).items())
    click.echo(f"playbook  {told}")
    if settings.playbooks:
        name = Topics(settings.kafka.prefix).playbooks
        click.echo(f"versions  those on `{name}` count in its place, from the first one on")
    _tell_content(settings, playbook, _tell_adapters(settings))
    _tell_api(settings)
    _tell_pages(settings)
    _tell_pepper(settings.identity)
    if playbook.learning is not None and not settings.references:
        told = "the playbook learns, but nobody reads what is learned; set `references = true`"
        click.echo(f"advice    {told}", err=True)
    for advice in _advice(settings):
        click.echo(f"advice    {advice}", err=True)


def _compile(settings: Settings) -> None:
    """Make what a worker would make of the settings; raises what is told with exit code 2."""
    from legato.logs import check_level
    from legato.queries.outputs import registry_of

    check_level(settings)
    registry_of(settings)


def _tell_content(settings: Settings, playbook: Playbook, needed: frozenset[str]) -> None:
    """Try the content with what the playbook pushes; raises ContentError for what fails.

    `needed` are the channels whose adapters send it: of those none may be missing. Others may
    go out by adapters with content of their own, so nothing is asked where none is named.
    """
    if not (settings.content.folder or settings.content.url or needed):
        return
    from legato.content.checking import faults_of, missing
    from legato.content.errors import ContentError
    from legato.content.opening import folder_of, templates_of

    templates = templates_of(settings.content)
    for fault in faults_of(templates, playbook):
        raise ContentError(fault)
    count = len(templates.catalog.parts)
    click.echo(f"content   {count} references in `{folder_of(settings.content)}`")
    if settings.content.url:
        click.echo(f"cms       {settings.content.url}, asked first")
        return
    for ref, channels in missing(templates, playbook).items():
        told = f"nothing in `{settings.content.language}` for `{ref}`, which goes out on"
        told = f"{told} {', '.join(channels)}; add it to the content"
        if needed.intersection(channels):
            raise ContentError(told)
        click.echo(f"advice    {told}", err=True)


def _tell_adapters(settings: Settings) -> frozenset[str]:
    """Read the options of each adapter as it does at its start; raises AdapterError.

    Returns the channels of those that need content.
    """
    if not settings.adapters:
        return frozenset()
    from legato.serving.adapters.start import plan_adapter

    needed: set[str] = set()
    for name in settings.adapters:
        planned = plan_adapter(settings, name)
        channels = ", ".join(planned.plan.channels) or "every channel"
        click.echo(f"adapter   {name}: {channels} (by {planned.module.name})")
        if planned.module.wants_content:
            needed.update(planned.plan.channels)
    return frozenset(needed)


def _tell_api(settings: Settings) -> None:
    """Read the keys and secrets of the API as it does at its start; raises SettingsError."""
    try:
        from legato.serving.api.start_files import open_to_others, read_start_files
    except ModuleNotFoundError as error:
        told = f"the API's secrets were not read, without `{error.name}`"
        click.echo(f"advice    {told}; `pip install 'legato[api]'` to have it", err=True)
        return
    keys, now = read_start_files(settings), time.time_ns() // 1_000_000
    if keys is not None:
        count = sum(each.holds(now) for each in keys)
        click.echo(
            f"keys      {len(keys)} in `{settings.api.keys_file}`, {count} of which count"
        )
    for advice in open_to_others(settings):
        click.echo(f"advice    {advice}", err=True)


def _tell_pages(settings: Settings) -> None:
    """Read what the pages do as they start; raises SettingsError, and says who signs in."""
    try:
        from legato.serving.pages.starting import check_pages, has_local_users
        from legato.serving.pages.users import read_users
    except ModuleNotFoundError as error:
        told = f"who signs in to pages was not read, without `{error.name}`"
        click.echo(f"advice    {told}; `pip install 'legato[pages]'` to have it", err=True)
        return
    check_pages(settings, pages_on=False)
    if settings.oidc.issuer:
        click.echo(f"pages     sign-in by {settings.oidc.issuer}")
    if has_local_users(settings) and (users := read_users(Path(settings.pages.users_file))):
        click.echo(f"users     {len(users)} in `{settings.pages.users_file}`")


def _tell_pepper(identity: IdentitySettings) -> None:
    if formers := identity.previous_peppers:
        replaced = ", ".join(sorted(formers, key=int))
        click.echo(
            f"pepper    key {identity.key_id} replaces {replaced}: "
            "customers get their newer name as they are seen"
        )


def _advice(settings: Settings) -> Iterator[str]:
    """Say what may be meant, but not likely."""
    from legato.wire.source.advice import advice_on_paths

    if settings.identity.pepper == "change-me":
        yield "set LEGATO_IDENTITY_PEPPER to a secret of your own"
    for source in settings.sources:
        for told in advice_on_paths(source):
            yield f"source `{source.name}`: {told}"
        for told in dict.fromkeys(_types_of(source)):
            if near := _slip(told):
                yield f"source `{source.name}` makes `{told}`; write `{near}` if you mean that"
    for told in settings.identity.authenticating_events:
        if near := _slip(told):
            place = "`identity.authenticating_events`"
            yield f"{place} has `{told}`; write `{near}` if you mean that"


def _types_of(source: Source) -> Iterator[str]:
    yield from source.types.values()
    if made := source.defaults.get("type"):
        yield made


def _slip(told: str) -> str:
    """Return the type of Legato that a type looks like; empty if none, or if it is one."""
    from legato.core.events.vocabulary import KNOWN_TYPES

    known = [each.name for each in KNOWN_TYPES]
    near = [] if told in known else get_close_matches(told, known, 1, ALIKE)
    return near[0] if near else ""
