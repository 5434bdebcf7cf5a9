"""All that is wrong with a playbook, each fault with its place in the file.

Reading stops at the first fault. Here the part that has it is taken out, and what is left is
read again, until it can be read; a fault that only comes of what was taken out is not told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import yaml
from msgspec import Struct
from yaml import Node

from legato.core.events.vocabulary import VOCABULARY, Vocabulary
from legato.core.playbook.check import faults
from legato.core.playbook.compile import VERSION, compile_file
from legato.core.playbook.definition import Playbook
from legato.core.playbook.fitting import PATH, steps_in
from legato.core.playbook.places import Path, Places, PlaybookFault, cut_out, mended
from legato.core.playbook.rules_check import remarks
from legato.core.playbook.yaml_file import (
    NO_TESTS,
    compose,
    construct,
    holds_tests,
    yaml_problem,
)
from legato.core.situations.primitives import PRIMITIVES
from legato.core.situations.protocol import Primitive

_ENTRY = re.compile(r"(?P<section>\w+)(?:, `(?P<name>[^`]*)`)?: (?P<what>.+)", re.DOTALL)
_MISSING = re.compile(r"(?:^|: )`([^`]*)` is missing; ")
_UNKNOWN = re.compile(r"(?:^|: )unknown key `([^`]*)`")
_MEANT = re.compile(r": did you mean `([^`]*)`\?")
_COLUMN = re.compile(r"`, column (\d+): ")
_QUOTED = re.compile(r"`([^`]+)`|'([^']+)'")
_NEEDED: dict[str, Any] = {"version": VERSION, "situations": {}}
"""What a playbook must have, and what is taken for it once it was told that it is missing."""
MOST_FAULTS = 1_000
"""So many are found of one file; who has more writes it anew."""
Reader = Callable[[Any], object]
"""Makes something of a document, which it may use up; raises at the first fault."""


class Complaint(Struct, frozen=True):
    """One sentence of a reader, taken apart: the entry that it names, and where in it."""

    message: str
    entry: Path
    path: Path
    words: tuple[str, ...]
    missing: str = ""
    unknown: str = ""
    column: int = 1


def review(
    text: bytes,
    primitives: tuple[type[Primitive], ...] = PRIMITIVES,
    vocabulary: Vocabulary = VOCABULARY,
) -> list[PlaybookFault]:
    """Name all faults of the playbook in a file, in order of their places."""
    try:
        nodes = compose(text)
    except (yaml.YAMLError, ValueError) as error:
        return [unreadable_at(error)]
    if not nodes:
        return [PlaybookFault(1, 1, "the file is empty; write `version` and `situations`")]
    found = [*mended(nodes[0]), *_not_tests(nodes[1:])]
    sifter = Sifter(construct(nodes[0]), Places(nodes[0]))
    playbook = sifter.read(lambda file: compile_file(file, "", primitives, vocabulary))
    if isinstance(playbook, Playbook):
        sifter.judge(faults(playbook))
    return sorted({*found, *sifter.told})


def remarks_on(text: bytes, playbook: Playbook) -> list[PlaybookFault]:
    """Say of a playbook without faults what stands in its file to no effect, and where."""
    node = compose(text)[0]
    sifter = Sifter(construct(node), Places(node))
    sifter.judge(remarks(playbook))
    return sorted(sifter.told)


def _not_tests(nodes: list[Node]) -> Iterator[PlaybookFault]:
    """Name the documents behind the playbook that are none of tests."""
    for node in nodes:
        faults = mended(node)
        if not faults and not holds_tests(construct(node)):
            yield Places(node).key((), NO_TESTS)


def unreadable_at(error: Exception) -> PlaybookFault:
    """Say where a file is no YAML."""
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return PlaybookFault(line, column, yaml_problem(error))


class Sifter:
    """Reads a document over and over, each time without the part that was at fault.

    `told` are the faults, `cut` the entries that lack a part since, `gone` the names of those
    that were taken out. Of an entry that lacks a part the others are judged all the same.
    """

    def __init__(self, file: Any, places: Places) -> None:  # noqa: ANN401
        self._file, self._places = file, places
        self.told: list[PlaybookFault] = []
        self.cut: set[Path] = set()
        self.gone: set[str] = set()
        self._meant: set[Path] = set()
        self._cuts: set[Path] = set()

    def read(self, reader: Reader) -> object:
        """Return what the reader made of all that is sound; None if nothing could be made."""
        for _ in range(MOST_FAULTS):
            try:
                return reader(deepcopy(self._file))
            except ValueError as error:
                complaint = taken_apart(" ".join(str(error).split()))
            if not self._take_out(complaint):
                return None
        return None

    def judge(self, sentences: Iterator[str]) -> None:
        """Tell the faults of what could be read, but for those that come of what is missing."""
        for sentence in sentences:
            complaint = taken_apart(sentence)
            way, told = self._place(complaint)
            whole = complaint.entry not in self.cut or self._stands_apart(complaint.entry, way)
            if whole and self.gone.isdisjoint(complaint.words):
                self.told.append(told)

    def _stands_apart(self, entry: Path, way: Path) -> bool:
        """Is a fault about a key of an entry of which nothing was cut out?"""
        keys = {path[: len(entry) + 1] for path in self._cuts if path[: len(entry)] == entry}
        return len(way) > len(entry) > 0 and keys.isdisjoint((entry, way[: len(entry) + 1]))

    def _take_out(self, fault: Complaint) -> bool:
        """Tell a fault and take out what has it; tell whether there was anything to take."""
        entry, path = fault.entry, (*fault.entry, *fault.path)
        if fault.missing:
            known = (*path, fault.missing) in self._meant
            if not known and not any(path[:end] in self.cut for end in range(len(path) + 1)):
                self.told.append(self._places.key(path, fault.message))
            return self._drop(entry or path, fault.missing)
        if fault.unknown:
            self.told.append(self._places.key((*path, fault.unknown), fault.message))
            self._note_meant(fault, path)
            return self._cut_out((*path, fault.unknown)) or self._drop(entry)
        if fault.path:
            self.told.append(self._places.value(path, fault.message))
            self.cut.add(entry)
            self.gone.update(map(str, path if not entry else ()))
            return self._cut_out(path) or self._drop(entry)
        return self._take_word_out(fault)

    def _note_meant(self, fault: Complaint, path: Path) -> None:
        """What was meant by an unknown key is not missing, nor is what stands below it."""
        if (near := _MEANT.search(fault.message)) is None:
            return
        self._meant.add((*path, near[1]))
        self._cuts.add((*path, near[1]))
        if fault.entry:
            self.cut.add(fault.entry)
        elif not path:
            below = self._file.get(fault.unknown) if isinstance(self._file, dict) else None
            self.gone.update((near[1], *map(str, below if isinstance(below, dict) else ())))

    def _take_word_out(self, fault: Complaint) -> bool:
        entry = fault.entry
        way, told = self._place(fault)
        by_value = len(way) > len(entry)
        follows = "unknown segment" in fault.message and self.gone & {*fault.words}
        if not follows and (by_value or entry not in self.cut):
            self.told.append(told)
        self.cut.add(entry)
        return (by_value and self._cut_out(way)) or self._drop(entry)

    def _place(self, fault: Complaint) -> tuple[Path, PlaybookFault]:
        return self._places.word(fault.entry, fault.words, fault.message, fault.column)

    def _cut_out(self, path: Path) -> bool:
        done = cut_out(self._file, path)
        if done:
            self._places.cut(path)
            self._cuts.add(path)
        return done

    def _drop(self, entry: Path, missing: str = "") -> bool:
        """Take out a whole entry; at the root, write what is missing."""
        if entry:
            self.gone.add(str(entry[-1]))
            return self._cut_out(entry)
        if missing not in _NEEDED or not isinstance(self._file, dict):
            return False
        self.cut.add(entry)
        self._file[missing] = deepcopy(_NEEDED[missing])
        return True


def taken_apart(sentence: str) -> Complaint:
    """Find out which entry a sentence is about, and where in it."""
    message = sentence.removeprefix("playbook: ")
    named = _ENTRY.fullmatch(message)
    entry: Path = ()
    if named is not None:
        name = named["name"]
        entry = (named["section"],) if name is None else (named["section"], name)
    path = steps_in(message)
    words = tuple(word or other for word, other in _QUOTED.findall(message))
    missing, unknown = _MISSING.search(message), _UNKNOWN.search(message)
    return Complaint(
        message=PATH.sub("", message),
        entry=entry,
        path=path,
        words=tuple(dict.fromkeys((*words[len(entry) > 1 :], *_keys(words)))),
        missing=missing[1] if missing else "",
        unknown=unknown[1] if unknown else "",
        column=int(column[1]) if (column := _COLUMN.search(message)) else 1,
    )


def _keys(words: tuple[str, ...]) -> list[str]:
    """Of `percent: 5`, the key may be what stands in the file."""
    return [word.partition(":")[0] for word in words if ": " in word]
