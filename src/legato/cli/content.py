"""`legato content`: what messages look like, before customers see them."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from rich import box
from rich.table import Table
from rich.text import Text

from legato.cli.format.screen import page, screen, show_json
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.replay import load_playbook
from legato.cli.verbs import Failure
from legato.core.values.outputs import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from legato.content.examples import ContentExample
    from legato.settings import Settings

UNSUBSCRIBE = "https://api.example/v1/unsubscribe/TOKEN"
"""What stands in a preview for the link that each customer gets their own of."""
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def content() -> None:
    """See what messages look like, and write the content that Legato ships.

    \b
      legato content list
      legato content preview cart_reminder_email --language de --html page.html
      legato content preview cart_reminder_email --action action.json
      legato content new content
    """


@content.command("list")
@click.option("--json", "as_json", is_flag=True, help="One reference a line.")
@pass_invocation
def list_(invocation: Invocation, as_json: bool) -> None:
    """List what there is content for, and what the playbook pushes without any."""
    from legato.content.examples import pushed_refs
    from legato.content.opening import templates_of

    catalog = templates_of(invocation.settings.content).catalog
    pushed = pushed_refs(load_playbook(invocation, None))
    table = Table("content", "languages", "parts", "pushed on", box=box.SIMPLE)
    for ref in sorted({*catalog.parts, *pushed}):
        by_language = catalog.parts.get(ref, {})
        parts = sorted({part.name for parts in by_language.values() for part in parts})
        told = {"ref": ref, "languages": [*by_language], "parts": parts}
        if as_json:
            show_json({**told, "channels": pushed.get(ref, ())})
        languages = Text(" ".join(by_language)) if by_language else Text("none", "red")
        channels = " ".join(pushed.get(ref, ()))
        table.add_row(Text(ref, "cyan"), languages, " ".join(parts), channels)
    if not as_json:
        page().print(table)


@content.command()
@click.argument("ref", metavar="REF")
@click.option("--language", metavar="TAG", default="", help="The customer's language.")
@click.option("--action", "path", type=_FILE, help="A real action, as `legato tail` prints it.")
@click.option("--example", metavar="NAME", default="", help="Such as `many articles`.")
@click.option("--html", type=_FILE, help="Write the part `html` into this file.")
@pass_invocation
def preview(
    invocation: Invocation,
    /,
    ref: str,
    language: str,
    path: Path | None,
    example: str,
    html: Path | None,
) -> None:
    """Show the parts of REF, with an example of each kind or with a real action.

    Nothing is sent, and no customer is asked for; the link to unsubscribe leads nowhere.
    """
    chosen = _chosen(_examples(invocation, ref, language, path), example)
    made = asyncio.run(_made(invocation.settings, chosen))
    for each, parts in made:
        _show(each, parts)
    if html is not None:
        _write(html, made[0][1])


@content.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="content")
def new(folder: Path) -> None:
    """Write the content that Legato ships into FOLDER, to make it one's own."""
    from legato.content.folder import shipped_folder

    if folder.exists():
        raise Failure(f"`{folder}` exists; name another folder, or take it away")
    shutil.copytree(shipped_folder(), folder)
    click.echo(f'wrote {folder}; set `folder = "{folder}"` under `[content]`, then edit')
    click.echo(f"{folder / '_shop.txt'}: it has the shop's name and address")


async def _made(
    settings: Settings, examples: list[ContentExample]
) -> list[tuple[ContentExample, Mapping[str, str]]]:
    """Make the parts of examples as an adapter would, also by a CMS; raises ContentError."""
    from legato.serving.adapters.content_source import open_content_source

    async with AsyncExitStack() as stack:
        content = await open_content_source(settings, stack)
        return [
            (each, await content.parts_of(each.action, _link(each.action))) for each in examples
        ]


def _examples(
    invocation: Invocation, ref: str, language: str, path: Path | None
) -> list[ContentExample]:
    from legato.content.examples import ContentExample, examples_of

    if path is None:
        return examples_of(load_playbook(invocation, None), ref, language)
    action = msgspec.structs.replace(_read(path), content_ref=ref)
    told = msgspec.structs.replace(action, language=language) if language else action
    return [ContentExample(path.name, told)]


def _read(path: Path) -> Action:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Action)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        told = "take a line of `legato tail actions --json`"
        raise Failure(f"`{path}` is no action ({error}); {told}", 2) from None


def _chosen(examples: list[ContentExample], name: str) -> list[ContentExample]:
    found = [each for each in examples if not name or each.name == name]
    if not found:
        known = "`, `".join(each.name for each in examples)
        raise Failure(f"there is no example `{name}`; there are `{known}`", 2)
    return found


def _link(action: Action) -> str:
    return "" if action.purpose == "service" else UNSUBSCRIBE


def _show(example: ContentExample, parts: Mapping[str, str]) -> None:
    console = screen()
    console.print(Text(f"{example.name} ({example.action.action})", "bold"))
    for name, text in sorted(parts.items()):
        told = f"{len(text):,} characters; see `--html`" if name == "html" else text
        console.print(Text(f"{name}: ", "cyan") + Text(told.strip()))
    console.print()


def _write(path: Path, parts: Mapping[str, str]) -> None:
    if "html" not in parts:
        known = "`, `".join(sorted(parts))
        raise Failure(f"there is no part `html`; there are `{known}`")
    path.write_text(parts["html"])
    click.echo(f"wrote {path}")
