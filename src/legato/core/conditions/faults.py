"""What may be wrong with a condition: its text, found at load, or what it meets when judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_MOST_SHOWN = 60
_ALIKE = 0.65
"""How alike two words are at least if one may have been meant by the other."""


class ConditionFault(ValueError):
    """The text of a condition cannot be meant; `message` says in one sentence how to mend it.

    `line` and `column` count from 1 within the text; `item` says which of several texts it is,
    counting from 0.
    """

    def __init__(self, message: str, text: str, at: int, item: int = 0) -> None:
        self.message = " ".join(message.split())
        super().__init__(self.message)
        self.at = min(at, len(text))
        self.line = text.count("\n", 0, self.at) + 1
        self.column = self.at - text.rfind("\n", 0, self.at)
        self.item = item

    def quoting(self, text: str | Sequence[str]) -> str:
        """Say it in one sentence that quotes the text, or all of several."""
        told = text if isinstance(text, str) else " && ".join(text)
        return f"`{told}`, column {self.column}: {self.message}"


class Unfit(Exception):
    """A part of a condition cannot be meant; it becomes a ConditionFault with the text."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


class ConditionError(Exception):
    """What a condition asks cannot be answered: something is missing, or of the wrong type."""


class Missing(ConditionError):
    """What is asked for is not there, or null."""


def unknown(
    word: str,
    known: Iterable[str],
    of: str = "",
    *,
    kind: str = "field",
    declarable: bool = False,
) -> str:
    """Say that nobody knows this word, and which was meant, or which there are."""
    words = sorted(known)
    told = f"unknown {kind} `{word[:_MOST_SHOWN]}`{f' of `{of}`' if of else ''}"
    if near := meant_by(word, words):
        other = ", or should it be declared under `events`" if declarable else ""
        return f"{told}: did you mean `{near}`{other}?"
    other = ", or declare it under `events`" if declarable else ""
    return f"{told}: write one of {', '.join(words) or 'none'}{other}"


def meant_by(word: str, known: Iterable[str], alike: float = _ALIKE) -> str:
    """Return the word that was most likely meant; empty if none is near."""
    words = sorted(known)
    same = [each for each in words if each.casefold() == word.casefold()]
    near = same or get_close_matches(word[:_MOST_SHOWN], words, 1, alike)
    return near[0] if near else ""


def undeclared(told: str, word: str, known: Iterable[str], section: str) -> str:
    """Say of a name that it stands nowhere, and which was meant, or where to write it."""
    if near := meant_by(word, known):
        return f"{told}: did you mean `{near}`, or should it be declared under `{section}`?"
    return f"{told}; declare it under `{section}`"
