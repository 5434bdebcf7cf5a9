"""What is wrong with a playbook, and how it is told: `FILE:LINE:COLUMN: what; what to do`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import replace

from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.playbook.places import PlaybookFault
from legato.core.playbook.review import remarks_on, review
from legato.testing.playbook_file import ReadTests, read_tests


class CheckedPlaybook(Struct, frozen=True):
    """A playbook without faults, the tests behind it, and what stands there to no effect."""

    playbook: Playbook
    tests: ReadTests
    remarks: tuple[PlaybookFault, ...] = ()


def checked(text: bytes) -> CheckedPlaybook | list[PlaybookFault]:
    """Look a file through, its tests as well; return all that is wrong if anything is."""
    if faults := review(text):
        return faults
    compiled = read_playbook(text)
    tests = read_tests(text, compiled)
    remarks = (*remarks_on(text, compiled),)
    return [*tests.faults] or CheckedPlaybook(compiled, tests, remarks)


def refuse(file: Path | str, faults: list[PlaybookFault]) -> None:
    """Tell the faults of a file and end with 2, if there are any."""
    for fault in faults:
        click.echo(in_line(file, fault), err=True)
    if faults:
        raise click.exceptions.Exit(2)


def in_line(file: Path | str, fault: PlaybookFault) -> str:
    """Tell a fault as compilers do."""
    return f"{file}:{fault.line}:{fault.column}: {fault.message}"


def note(file: Path | str, remarks: Iterable[PlaybookFault]) -> None:
    """Tell what stands in a file to no effect."""
    for each in remarks:
        told = replace(each, message=f"note: {each.message}")
        click.echo(in_line(file, told), err=True)
