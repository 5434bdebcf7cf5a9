"""What is wrong with content; the place is named, and never what a customer's value is."""

from __future__ import annotations


class ContentError(ValueError):
    """Templates cannot be read or compiled; the message says which, where and what to do."""


class NoContent(ContentError):
    """There is nothing for a reference in any language that would do."""


class UnfitContent(ContentError):
    """A template cannot be rendered with an action; `place` is its file and line."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"`{place}`: {why}")
        self.place = place


class ContentAway(ContentError):
    """Nobody answers with the content, and nothing of before is there; ask again later."""
