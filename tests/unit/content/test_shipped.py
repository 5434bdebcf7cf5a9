"""The content that Legato ships: all that the default playbook pushes, in two languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from legato.content.checking import faults_of, missing
from legato.content.examples import examples_of, pushed_refs
from legato.content.folder import read_folder, shipped_folder
from legato.content.templates import Templates
from legato.harness import default_playbook

PLAYBOOK = default_playbook()
SHIPPED = Templates(read_folder(shipped_folder()), "en", "Europe/Berlin")
LINK = "https://api.example/v1/unsubscribe/TOKEN"
PUSHED = pushed_refs(PLAYBOOK)
EMAILS = [ref for ref, channels in PUSHED.items() if "email" in channels]
LANGUAGES = ("en", "de")


class Tags(HTMLParser):
    """Which tags a page has, and whether each that is opened is closed."""

    VOID = frozenset(("meta", "br", "img"))

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_all_compiles_and_nothing_that_is_pushed_is_missing() -> None:
    SHIPPED.compile_all()
    assert [*faults_of(SHIPPED, PLAYBOOK)] == []
    assert missing(SHIPPED, PLAYBOOK) == {}
    assert set(SHIPPED.catalog.parts) == set(PUSHED)
    assert {SHIPPED.catalog.languages_of(ref) for ref in PUSHED} == {("de", "en")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ref", EMAILS)
def test_an_email_has_its_parts_and_says_the_same_in_each(ref: str, language: str) -> None:
    for example in examples_of(PLAYBOOK, ref, language):
        parts = SHIPPED.render(example.action, LINK)
        assert set(parts) == {"subject", "text", "html"}
        assert 0 < len(parts["subject"]) < 130
        assert "\n" not in parts["subject"].strip()
        assert "\n\n\n" not in parts["text"].strip()
        assert f'lang="{language}"' in parts["html"]
        assert all(LINK in parts[name] for name in ("text", "html"))
        tags = Tags(parts["html"])
        assert tags.open == []
        assert [tag for tag, _ in tags.seen].count("h1") == 1
        buttons = [told for _, told in tags.seen if told.get("class") == "button-ink"]
        assert all((told["href"] or "none") in parts["text"] for told in buttons)


@pytest.mark.parametrize("ref", EMAILS)
def test_the_button_is_44_pixels_high(ref: str) -> None:
    page = SHIPPED.render(examples_of(PLAYBOOK, ref, "en")[0].action)["html"]
    for style in re.findall(r'class="button-ink" [^>]*style="([^"]*)"', page):
        assert "padding:12px 24px" in style
        assert "line-height:20px" in style


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ref", [ref for ref, on in PUSHED.items() if set(on) & {"sms"}])
def test_an_sms_is_short(ref: str, language: str) -> None:
    for example in examples_of(PLAYBOOK, ref, language):
        parts = SHIPPED.render(example.action)
        assert set(parts) == {"text"}
        assert len(parts["text"]) <= 200
        assert example.action.purpose != "promotion" or "STOP" in parts["text"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ref", [ref for ref, on in PUSHED.items() if set(on) & {"mobile"}])
def test_a_push_has_title_and_text(ref: str, language: str) -> None:
    for example in examples_of(PLAYBOOK, ref, language):
        parts = SHIPPED.render(example.action)
        assert set(parts) == {"title", "text"}
        assert len(parts["title"]) <= 40


def test_a_brand_changes_the_name_and_nobody_is_told_of_a_customer() -> None:
    for ref in PUSHED:
        for example in examples_of(PLAYBOOK, ref, "de"):
            told = "".join(SHIPPED.render(example.action, LINK).values())
            assert example.action.customer_id not in told
            assert example.action.address not in told


@pytest.mark.parametrize(
    ("language", "costs"),
    [
        ("en", "costs €69.90 instead of €89.00 now"),
        ("de", "kostet jetzt 69,90 € statt 89,00 €"),
    ],
)
def test_what_costs_less_costs_it_in_a_currency(language: str, costs: str) -> None:
    example = examples_of(PLAYBOOK, "price_drop_email", language)[0]
    parts = SHIPPED.render(example.action)
    for name in ("text", "html"):
        assert costs in parts[name].replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(("language", "price"), [("en", "€69.90"), ("de", "69,90 €")])
def test_a_push_says_the_price_in_its_currency(language: str, price: str) -> None:
    example = examples_of(PLAYBOOK, "price_drop_push", language)[0]
    text = SHIPPED.render(example.action)["text"]
    assert price in text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_price_without_a_currency_is_a_number() -> None:
    action = examples_of(PLAYBOOK, "price_drop_push", "en")[0].action
    action.params["currency"] = ""
    assert "costs 69.90 now" in SHIPPED.render(action)["text"]
