"""Whatever pages say is said in every language, and nothing stands in a template as it is."""

import re

import pytest
from jinja2 import Environment

from legato.serving.pages.words import LANGUAGES
from tests.contract.pages_words import PAGES, catalogue_of, said

TEMPLATES = sorted((PAGES / "templates").glob("*.html"))
PLACE = re.compile(r"%\((\w+)\)s")
TAG = re.compile(r"<[^>]*>?|[^<]*>")
SPOKEN = re.compile(r'\b(?:alt|title|aria-label|placeholder|label)="([^"{]*)"')
NAMES = {"Legato", "doctype", "html"}
REGENERATE = "run `python -m tests.contract.pages_words`, and translate what is new"


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_all_that_is_said_is_translated_and_nothing_else(language: str) -> None:
    known = {str(each.id): str(each.string) for each in catalogue_of(language) if each.id}
    assert set(known) == set(said()), REGENERATE
    assert [text for text, told in known.items() if not told] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_translation_tells_what_the_text_tells(language: str) -> None:
    for each in catalogue_of(language):
        assert sorted(PLACE.findall(str(each.string))) == sorted(PLACE.findall(str(each.id)))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.name)
def test_no_text_stands_in_a_template_as_it_is(template: object) -> None:
    source = template.read_text()  # type: ignore[attr-defined]
    parts = [
        text for _, kind, text in Environment(autoescape=True).lex(source) if kind == "data"
    ]
    shown = TAG.sub(" ", " ".join(parts)).split()
    assert [
        word for word in shown if re.search("[A-Za-z]{2}", word) and word not in NAMES
    ] == []
    assert [text for text in SPOKEN.findall(source) if re.search("[A-Za-z]{2}", text)] == []
