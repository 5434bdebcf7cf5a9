"""Pages speak English and German, by the clock of a zone."""

import pytest

from legato.core.values.time import DAY, HOUR, MINUTE, read_instant
from legato.serving.pages.words import LANGUAGES, Words, chosen_language

NOON = read_instant("2026-03-02T12:00:00Z")
ENGLISH, GERMAN = (Words(language, "Europe/Berlin") for language in LANGUAGES)


def test_a_text_is_said_in_the_language_of_who_reads_it() -> None:
    assert ENGLISH("Not interested") == "Not interested"
    assert GERMAN("Not interested") == "Kein Interesse"


def test_what_is_told_with_a_text_stands_in_it() -> None:
    assert GERMAN("Size %(size)s", size="42") == "Größe 42"


def test_a_text_that_nobody_translated_is_said_as_it_is() -> None:
    assert GERMAN("100 % cotton") == "100 % cotton"


def test_times_are_told_by_the_clock_of_the_zone() -> None:
    assert GERMAN.time(NOON) == "13:00"
    assert GERMAN.within("America/New_York").time(NOON) == "07:00"
    assert GERMAN.within("").time(NOON) == "13:00"


def test_a_moment_of_another_day_has_its_day() -> None:
    assert GERMAN.moment(NOON, NOON + HOUR) == "13:00"
    assert GERMAN.moment(NOON, NOON + DAY) == "2. März, 13:00"


@pytest.mark.parametrize(
    ("passed", "said"),
    [(10_000, "gerade eben"), (5 * MINUTE, "vor 5 Minuten"), (2 * DAY, "vor 2 Tagen")],
)
def test_how_long_ago_it_was(passed: int, said: str) -> None:
    assert GERMAN.ago(NOON, NOON + passed) == said


def test_money_is_written_as_the_language_does_it() -> None:
    assert ENGLISH.money(1234.5, "EUR") == "€1,234.50"
    assert GERMAN.money(1234.5, "EUR") == "1.234,50\xa0€"
    assert GERMAN.money(1200, "JPY") == "1.200\xa0¥"


@pytest.mark.parametrize("currency", [None, "", "POINTS"])
def test_an_amount_in_no_currency_is_a_number(currency: str | None) -> None:
    assert GERMAN.money(12.5, currency) == "12,5"


def test_the_first_language_that_there_is_counts() -> None:
    assert chosen_language(("", "fr", "de", "en")) == "de"
    assert chosen_language(("fr",)) == "en"
