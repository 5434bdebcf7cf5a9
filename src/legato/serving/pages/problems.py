"""What is wrong, as somebody at a page reads it."""

from __future__ import annotations

from http import HTTPStatus

from legato.serving.api.problems import Problem
from legato.serving.pages.words import to_say


class PageProblem(Exception):
    """A page that there is not, for whom it is asked; `says` is a sentence of the catalogue."""

    def __init__(self, status: HTTPStatus, says: str) -> None:
        super().__init__(says)
        self.status, self.says = status, says

    @classmethod
    def of(cls, problem: Problem) -> PageProblem:
        """Say what the API found wrong."""
        match problem.status:
            case HTTPStatus.NOT_FOUND:
                return nothing_here()
            case HTTPStatus.SERVICE_UNAVAILABLE:
                says = to_say("We cannot reach our data just now. Please try again.")
            case HTTPStatus.TOO_MANY_REQUESTS:
                says = to_say("That was a lot at once. Please wait a moment.")
            case _:
                says = to_say("That did not work.")
        return cls(problem.status, says)


def nothing_here() -> PageProblem:
    """Say that there is no such thing; also to whom it is none of their business."""
    return PageProblem(HTTPStatus.NOT_FOUND, "This is not here any more.")
