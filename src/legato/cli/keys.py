"""`legato keys`: who may use the API, and for what."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace
from rich import box
from rich.table import Table
from rich.text import Text

from legato.cli.args import several
from legato.cli.envelope import read_moment
from legato.cli.format.output import moment
from legato.cli.format.screen import page, show_json
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.verbs import Failure
from legato.core.values.time import NEVER, Instant
from legato.serving.api.keys import (
    SCOPES,
    ApiKey,
    is_embed_origin,
    new_key,
    read_keys,
    write_keys,
)

if TYPE_CHECKING:
    from legato.settings import Settings

_FILE = click.Path(path_type=Path, dir_okay=False)
file_option = click.option(
    "--file", "path", type=_FILE, help="The file of keys; else `api.keys_file`."
)


@click.group()
def keys() -> None:
    """Make keys for the API, list them, and revoke them.

    \b
      legato keys create "the shop" --scope ingest
      legato keys create "web page" --scope ingest --origin https://shop.example --rate 50
      legato keys create "store desk" --scope read --scope act --brand north --ends +90d
      legato keys create "the console" --scope act --embed-origin https://crm.example
      legato keys list
      legato keys revoke 3f9c2a71b0

    The file holds hashes alone, and running APIs read it anew within ten seconds: mount it as
    a secret.
    """


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    help="What it may do; several times for several.",
)
@several("source", "A source that it may send to; none named = all.")
@several("brand", "A brand whose customers it sees; none named = all.")
@several("channel", "A channel whose actions it sees; none named = all.")
@several("origin", "A page (https://…) from which a browser may use it: it is public then.")
@several("embed-origin", "A console (https://…) that may show pages of the desk in a frame.")
@click.option("--rate", default=0.0, type=click.FloatRange(0), help="Events a second.")
@click.option("--ends", metavar="TIME", help="When it ends: RFC 3339 or +SPAN (+90d).")
@file_option
@pass_invocation
def create(
    invocation: Invocation, /, path: Path | None, name: str, ends: str | None, **told: object
) -> None:
    """Make a key called NAME, and print it: it is told this once."""
    file, now = _file(invocation.settings, path), _now()
    if told["origins"] and told["scopes"] != ("ingest",):
        raise Failure("a key with origins is public; give it `--scope ingest` alone", 2)
    _see_embedding(told["embed_origins"], told["scopes"])
    end = read_moment(ends, now) if ends else NEVER
    token, key = new_key(name=name, created=now, ends=end, **told)
    write_keys(file, [*(read_keys(file) if file.exists() else ()), key])
    click.echo(f"key {key.id} is in `{file}`; it is told this once:", err=True)
    click.echo(token)


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="One key a line, without hashes.")
@file_option
@pass_invocation
def list_(invocation: Invocation, path: Path | None, as_json: bool) -> None:
    """List the keys, and which of them count."""
    now = _now()
    known = read_keys(_file(invocation.settings, path))
    if as_json:
        for key in known:
            show_json({**_told(key), "counts": key.holds(now)})
        return
    table = Table("id", "name", "scopes", "limited to", "rate", "state", box=box.SIMPLE)
    for key in known:
        limits = (*key.sources, *key.brands, *key.channels, *key.origins, *key.embed_origins)
        table.add_row(
            Text(key.id, "cyan"),
            Text(key.name),
            " ".join(key.scopes),
            Text(" ".join(limits)),
            f"{key.rate:g}" if key.rate else "",
            _state(key, now),
        )
    page().print(table)


@keys.command()
@click.argument("key_id", metavar="ID")
@file_option
@pass_invocation
def revoke(invocation: Invocation, path: Path | None, key_id: str) -> None:
    """Revoke the key ID: running APIs refuse it within ten seconds."""
    file, now = _file(invocation.settings, path), _now()
    known = read_keys(file)
    if not any(key.id == key_id for key in known):
        raise Failure(f"`{file}` has no key `{key_id}`; `legato keys list` lists them")
    revoked = (
        replace(key, revoked=min(now, key.revoked)) if key.id == key_id else key
        for key in known
    )
    write_keys(file, revoked)
    click.echo(f"key {key_id} is revoked")


def _file(settings: Settings, path: Path | None) -> Path:
    return path or Path(settings.api.keys_file)


def _see_embedding(origins: object, scopes: object) -> None:
    """See that a key may be for consoles of these origins; raises Failure."""
    if not isinstance(origins, tuple) or not isinstance(scopes, tuple) or not origins:
        return
    if not {"act", "admin"} & {*scopes}:
        raise Failure("a key with `--embed-origin` opens pages; give it `--scope act`", 2)
    wrong = next((each for each in origins if not is_embed_origin(each)), None)
    if wrong is not None:
        raise Failure(f"`{wrong}` is no origin; write one such as `https://crm.example`", 2)


def _state(key: ApiKey, now: Instant) -> Text:
    if key.revoked != NEVER:
        return Text(f"revoked {moment(key.revoked)}", "red")
    if key.ends == NEVER:
        return Text("counts", "green")
    if key.ends <= now:
        return Text(f"ended {moment(key.ends)}", "yellow")
    return Text(f"counts until {moment(key.ends)}", "green")


def _told(key: ApiKey) -> dict[str, object]:
    names = (name for name in key.__struct_fields__ if name != "sha256")
    return {name: getattr(key, name) for name in names}


def _now() -> Instant:
    return time.time_ns() // 1_000_000
