"""From the text of a version to the playbook that counts."""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.playbook.compile import PlaybookError, read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.playbook.succession import actions_of, without
from legato.core.playbook.versions import PlaybookVersion


def compile_version(version: PlaybookVersion) -> Playbook:
    """Compile a version, without what is paused; raises PlaybookError, which names it."""
    try:
        return without(read_playbook(version.text.encode()), version.paused)
    except PlaybookError as error:
        raise PlaybookError(f"version {version.number}: {error}") from None


def names_of(playbook: Playbook) -> frozenset[str]:
    """Name what can be paused: its situations and actions."""
    situations = {each.name for each in playbook.situations}
    return frozenset((*situations, *(each.name for each in actions_of(playbook))))


def pausing(version: PlaybookVersion, paused: frozenset[str]) -> PlaybookVersion:
    """The same version with these paused, of those that it has."""
    known = names_of(read_playbook(version.text.encode()))
    return replace(version, paused=tuple(sorted(paused & known)))
