"""Why somebody is not signed in, as they read it; what was wrong stands in the log."""

from __future__ import annotations

NOT_BEGUN_HERE = "This sign-in took too long, or was begun elsewhere. Please sign in again."
NOT_CONFIRMED = "Your sign-in was not confirmed. Please sign in again."
NO_PART = "You have no part in this desk. Please ask whoever runs it."
AWAY = "The sign-in service does not answer. Please try again."
WORDS = (NOT_BEGUN_HERE, NOT_CONFIRMED, NO_PART, AWAY)
"""All of these sentences, for whoever translates them."""


class SignInRefused(Exception):
    """Somebody is not signed in; `words` is one of `WORDS`, and says nothing of them."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
