"""What pages say, in the language of who reads it: words, times and money.

Templates are written in English; a catalogue has what the same is in another language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, is_currency

from legato.core.values.time import SECOND, Instant

LANGUAGES = ("en", "de")
"""The first is what templates are written in, and what one gets who asks for none of them."""
FOLDER = Path(__file__).parent / "languages"
JUST_NOW = 45 * SECOND


def to_say(text: str) -> str:
    """Mark a text of the code as one that pages say: so the catalogues find it."""
    return text


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Read what the words are in a language; none for that of the templates."""
    if language == LANGUAGES[0]:
        return {}
    with (FOLDER / f"{language}.po").open("rb") as file:
        found = read_po(file, locale=language)
    return {str(each.id): str(each.string) for each in found if each.id and each.string}


class Words:
    """Speaks a language, by the clock of a zone. Instants are epoch milliseconds."""

    def __init__(self, language: str, zone: str) -> None:
        """Choose among LANGUAGES; raises ZoneInfoNotFoundError for a zone there is not."""
        self.language = language
        self._zone_name, self._zone = zone, ZoneInfo(zone)
        self._said = catalogue(language)

    def within(self, zone: str) -> Words:
        """Speak the same by the clock of another zone; none named is the same."""
        return Words(self.language, zone or self._zone_name)

    def __call__(self, text: str, **told: object) -> str:
        """Say it; `%(name)s` in it is what is told."""
        said = self._said.get(text, text)
        return said % told if told else said

    def time(self, instant: Instant) -> str:
        """Write the time of day."""
        return format_time(self._at(instant), "short", locale=self.language)

    def day(self, instant: Instant) -> str:
        """Write the day."""
        return format_date(self._at(instant).date(), "medium", locale=self.language)

    def moment(self, instant: Instant, now: Instant) -> str:
        """Write the time of day, with its day where that is another than today."""
        at = self._at(instant)
        if at.date() == self._at(now).date():
            return self.time(instant)
        day = format_skeleton("MMMd", at.date(), locale=self.language)
        return f"{day}, {self.time(instant)}"

    def ago(self, instant: Instant, now: Instant) -> str:
        """Say how long ago it was, or how long it still is."""
        passed = instant - now
        if abs(passed) < JUST_NOW:
            return self(to_say("just now"))
        return format_timedelta(
            round(passed / SECOND), add_direction=True, format="long", locale=self.language
        )

    def money(self, amount: float, currency: str | None) -> str:
        """Write an amount; without a currency, or in none that there is, the number alone."""
        if not currency or not is_currency(currency):
            return format_decimal(round(amount, 2), locale=self.language)
        return format_currency(amount, currency, locale=self.language)

    def number(self, amount: float) -> str:
        """Write a number."""
        return format_decimal(round(amount, 3), locale=self.language)

    def _at(self, instant: Instant) -> datetime:
        return datetime.fromtimestamp(instant / SECOND, self._zone)


def chosen_language(wanted: Iterable[str]) -> str:
    """Take the first of these that there is."""
    return next((each for each in wanted if each in LANGUAGES), LANGUAGES[0])
