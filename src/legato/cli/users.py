"""`legato users`: people who may sign in to the pages with a password, for trying."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Container
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
from legato.queries.rights import ALL, ROLES, Role
from legato.serving.pages.passwords import Passwords, fault_of_password
from legato.serving.pages.users import (
    USER_NAME,
    LocalUser,
    changing_users,
    plain_name,
    read_users,
)

if TYPE_CHECKING:
    from legato.settings import Settings

LANGUAGES = ("en", "de")
_FILE = click.Path(path_type=Path, dir_okay=False)
file_option = click.option(
    "--file", "path", type=_FILE, help="The file of users; else `pages.users_file`."
)
stdin_option = click.option(
    "--password-stdin",
    "from_stdin",
    is_flag=True,
    help="Read the password from the first line of stdin, and ask nobody.",
)


@click.group()
def users() -> None:
    """Add people who may sign in to the pages with a password, list and remove them.

    \b
      legato users add maria --role associate --venue berlin-1
      legato users add ben --role agent --queue service --brand north --language de
      legato users add ada --role privacy --role operator --ends +7d
      legato users list
      legato users password maria
      legato users sign-out maria
      legato users remove maria

    They are for trying, where the API listens on loopback alone; others sign in by OpenID
    Connect (docs/desk.md). The file holds hashes of passwords, and running APIs read it anew
    within ten seconds.
    """


@users.command()
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(ROLES),
    help="What they do; several times for several.",
)
@several("venue", "A venue whose customers they see; `*` = all, none named = none.")
@several("queue", "A queue whose contacts they see; `*` = all, none named = none.")
@several("brand", "A brand whose customers they see; none named = all.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Else that of the browser.")
@click.option("--ends", metavar="TIME", help="When it ends: RFC 3339 or +SPAN (+7d).")
@stdin_option
@file_option
@pass_invocation
def add(
    invocation: Invocation,
    /,
    path: Path | None,
    name: str,
    ends: str | None,
    from_stdin: bool,
    roles: tuple[Role, ...],
    brands: tuple[str, ...],
    venues: tuple[str, ...],
    queues: tuple[str, ...],
    language: str | None,
) -> None:
    """Add a user called NAME, and ask for their password."""
    file, now, name = _file(invocation.settings, path), _now(), plain_name(name)
    if not USER_NAME.fullmatch(name):
        told = f"`{name}` cannot be the name of a user"
        raise Failure(f"{told}; write letters, digits, `.`, `_`, `@` and `-`", 2)
    if any(each.name == name for each in read_users(file)):
        raise Failure(f"`{file}` has `{name}` already; `legato users remove {name}` first")
    end = read_moment(ends, now) if ends else NEVER
    user = LocalUser(
        name=name,
        password=_new_password(name, from_stdin),
        password_since=now,
        roles=roles,
        brands=brands or (ALL,),
        venues=venues,
        queues=queues,
        language=language or "",
        ends=end,
    )
    with changing_users(file) as known:
        known[name] = user
    click.echo(f"`{name}` is in `{file}`")


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="One user a line, without hashes.")
@file_option
@pass_invocation
def list_(invocation: Invocation, path: Path | None, as_json: bool) -> None:
    """List the users, and who of them may sign in."""
    now = _now()
    known = read_users(_file(invocation.settings, path))
    if as_json:
        for each in known:
            show_json({**_told(each), "counts": each.counts(now)})
        return
    table = Table("name", "roles", "brands", "venues", "queues", "state", box=box.SIMPLE)
    for each in known:
        table.add_row(
            Text(each.name, "cyan"),
            " ".join(each.roles),
            *(Text(" ".join(names)) for names in (each.brands, each.venues, each.queues)),
            _state(each, now),
        )
    page().print(table)


@users.command()
@click.argument("name")
@file_option
@pass_invocation
def remove(invocation: Invocation, path: Path | None, name: str) -> None:
    """Remove the user NAME: running APIs know them no more within ten seconds."""
    file, name = _file(invocation.settings, path), plain_name(name)
    with changing_users(file) as known:
        _see(known, name, file)
        del known[name]
    click.echo(f"`{name}` is removed")


@users.command()
@click.argument("name")
@stdin_option
@file_option
@pass_invocation
def password(invocation: Invocation, path: Path | None, name: str, from_stdin: bool) -> None:
    """Set another password for NAME, who has to sign in again then."""
    file, name = _file(invocation.settings, path), plain_name(name)
    _see({each.name for each in read_users(file)}, name, file)
    hashed, now = _new_password(name, from_stdin), _now()
    with changing_users(file) as known:
        _see(known, name, file)
        known[name] = replace(known[name], password=hashed, password_since=now)
    click.echo(f"`{name}` has another password")


@users.command("sign-out")
@click.argument("user_id", metavar="NAME")
@pass_invocation
def sign_out(invocation: Invocation, user_id: str) -> None:
    """Sign NAME out wherever they are signed in, at once.

    Whoever signs in by OpenID Connect is called as the access log calls them (oidc:…).
    """
    ended = asyncio.run(_end_all(invocation.settings, user_id))
    click.echo(f"`{user_id}` is signed out (sessions: {ended})")


async def _end_all(settings: Settings, user_id: str) -> int:
    from legato.serving.api.customers import Customers
    from legato.serving.pages.sessions import Sessions
    from legato.serving.pages.users import UserFile

    customers = Customers(settings)
    try:
        sessions = Sessions(customers, settings.pages, UserFile(None))
        return await sessions.end_all(user_id)
    finally:
        await customers.close()


def _see(known: Container[str], name: str, file: Path) -> None:
    if name not in known:
        raise Failure(f"`{file}` has no user `{name}`; `legato users list` lists them")


def _new_password(name: str, from_stdin: bool) -> str:
    """Ask for a password twice, or read it, and hash it; raises Failure for a poor one."""
    if from_stdin:
        told = click.get_text_stream("stdin").readline().rstrip("\r\n")
    else:
        told = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if fault := fault_of_password(name, told):
        raise Failure(fault, 2)
    return Passwords().hash(told)


def _file(settings: Settings, path: Path | None) -> Path:
    return path or Path(settings.pages.users_file)


def _state(user: LocalUser, now: Instant) -> Text:
    if user.disabled:
        return Text("disabled", "red")
    if user.ends == NEVER:
        return Text("counts", "green")
    if user.ends <= now:
        return Text(f"ended {moment(user.ends)}", "yellow")
    return Text(f"counts until {moment(user.ends)}", "green")


def _told(user: LocalUser) -> dict[str, object]:
    names = (name for name in user.__struct_fields__ if name != "password")
    return {name: getattr(user, name) for name in names}


def _now() -> Instant:
    return time.time_ns() // 1_000_000
