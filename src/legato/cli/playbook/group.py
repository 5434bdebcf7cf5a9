"""`legato playbook`: check a playbook, test it, print its schema, and publish it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from legato.cli.format.progress import bar
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.playbook.publish import pause, publish, resume, rollback, warm_counting
from legato.cli.playbook.versions import show, versions
from legato.cli.verbs import Failure

if TYPE_CHECKING:
    from legato.core.playbook.definition import Playbook
    from legato.core.playbook.places import PlaybookFault
    from legato.testing.playbook_file import PlaybookTest
    from legato.testing.playbook_tests import PlayedTest

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group()
def playbook() -> None:
    """Check a playbook, test it, and let it count for all workers without a restart.

    \b
      legato playbook check playbook.yaml
      legato playbook test playbook.yaml
      legato playbook schema > playbook.schema.json
      legato playbook publish playbook.yaml --from +5m --note "spring"
      legato playbook versions
      legato playbook rollback 3
      legato playbook pause cart_abandoned
      legato playbook warm

    docs/playbook.md says what a playbook is made of, and how its tests are written.
    """


@playbook.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a fault.")
def check(file: Path, as_lines: bool) -> None:
    """Name all that is wrong with FILE; exit with 2 if anything is.

    \b
      legato playbook check playbook.yaml
      legato playbook check playbook.yaml --json | jq .line

    Each fault is a line `FILE:LINE:COLUMN: what is wrong; what to write`. The tests behind the
    playbook are read as well, but not played.
    """
    from legato.cli.format.screen import show_json
    from legato.cli.playbook.checking import checked, in_line, note
    from legato.core.playbook.compile import describe

    found, faults, told = checked(file.read_bytes()), [], ""
    if isinstance(found, list):
        faults = found
    else:
        counts = {**describe(found.playbook), "tests": len(found.tests.tests)}
        version = counts.pop("version")
        told = ", ".join(f"{count} {what}" for what, count in counts.items())
        told = f"{file}: {told}; version {version}"
        note(file, found.remarks)
    for fault in faults if as_lines else ():
        show_json(_as_object(file, fault))
    if not as_lines:
        click.echo("\n".join(in_line(file, fault) for fault in faults) or told)
    if faults:
        raise click.exceptions.Exit(2)


@playbook.command()
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option(
    "--playbook",
    "path",
    type=_FILE,
    help="Of files that hold tests alone; else the one of the settings, else Legato's own.",
)
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a test.")
@pass_invocation
def test(
    invocation: Invocation, files: tuple[Path, ...], path: Path | None, as_lines: bool
) -> None:
    """Play the tests in FILES, in virtual time and without Kafka.

    \b
      legato playbook test playbook.yaml
      legato playbook test tests/*.yaml --playbook playbook.yaml
      legato playbook test playbook.yaml --json | jq 'select(.passed | not)'

    A file holds a playbook and behind a line `---` its `tests`, or tests alone. Each runs on
    its own through identity and the line, as `legato replay` does. Of one that fails it tells
    what was expected, what came, and why each action lost. The exit code is 0 if all passed, 1
    if one failed, and 2 if a file is faulty.
    """
    found = [each for file in files for each in _tests_of(invocation, file, path)]
    played = [*_play(invocation, found, as_lines)]
    failed = sum(not each.passed for each in played)
    if not as_lines:
        mark = click.style(f"{failed} failed, ", fg="red") if failed else ""
        click.echo(f"{mark}{len(played) - failed} of {len(played)} tests passed")
    if failed:
        raise click.exceptions.Exit(1)


@playbook.command()
def schema() -> None:
    """Print the JSON Schema of a playbook, for editors.

    \b
      legato playbook schema > playbook.schema.json

    An editor that knows YAML (such as one with yaml-language-server) shows what each key means
    and underlines what is none, once the playbook begins with

    \b
      # yaml-language-server: $schema=playbook.schema.json
    """
    from legato.cli.playbook.schema import schema_text

    click.echo(schema_text(), nl=False)


for each in (publish, versions, show, rollback, pause, resume, warm_counting):
    playbook.add_command(each)


def _play(
    invocation: Invocation,
    found: list[tuple[Path, Playbook, PlaybookTest]],
    as_lines: bool,
) -> list[PlayedTest]:
    from legato.cli.format.playbook_tests import as_object, test_lines
    from legato.cli.format.screen import screen, show_json
    from legato.testing.playbook_tests import play_test

    identity, console = invocation.settings.identity.without_formers, screen()
    done: list[PlayedTest] = []
    with bar("testing", len(found), show=as_lines or not console.is_terminal) as seen:
        for file, compiled, each in found:
            done.append(play_test(compiled, each, identity))
            if as_lines:
                show_json(as_object(str(file), done[-1]))
            else:
                for line in test_lines(str(file), done[-1]):
                    console.print(line)
            seen(len(done))
    return done


def _tests_of(
    invocation: Invocation, file: Path, path: Path | None
) -> list[tuple[Path, Playbook, PlaybookTest]]:
    """Read the tests of a file, and the playbook that they are about."""
    from legato.cli.playbook.checking import refuse
    from legato.cli.replay import load_playbook
    from legato.core.playbook.compile import read_playbook
    from legato.testing.playbook_file import holds_playbook, read_tests

    text = file.read_bytes()
    if holds_playbook(text):
        if path is not None:
            raise Failure(f"`{file}` has a playbook of its own; leave out `--playbook`", 2)
        _refuse_faulty(file)
        compiled = read_playbook(text)
    else:
        if path is not None:
            _refuse_faulty(path)
        compiled = load_playbook(invocation, path)
    read = read_tests(text, compiled)
    refuse(file, [*read.faults])
    if not read.tests:
        raise Failure(f"`{file}` has no tests; write `tests:` behind a line `---`", 2)
    return [(file, compiled, each) for each in read.tests]


def _refuse_faulty(file: Path) -> None:
    from legato.cli.playbook.checking import refuse
    from legato.core.playbook.review import review

    refuse(file, review(file.read_bytes()))


def _as_object(file: Path, fault: PlaybookFault) -> dict[str, object]:
    where = {"file": str(file), "line": fault.line, "column": fault.column}
    return {**where, "message": fault.message}
