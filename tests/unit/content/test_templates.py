"""What becomes of templates with an action: in which language, by whom, and what cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.content.errors import ContentError, NoContent, UnfitContent
from legato.core.values.handoff import HandoffItem
from tests.unit.content.shelf import an_action, rendered, templates


def test_the_parts_of_the_customers_language_are_used_all_of_them() -> None:
    made = templates(
        {
            "reminder/de/subject.txt": "{{ items[0].name }} wartet",
            "reminder/en/subject.txt": "{{ items[0].name }} waits",
            "reminder/en/html.html": "<p>English</p>",
        }
    )
    assert made.render(an_action()) == {"subject": "Runner wartet"}
    english = {"subject": "Runner waits", "html": "<p>English</p>"}
    assert made.render(an_action(language="")) == english
    assert made.render(an_action(language="fr-CA")) == english


def test_a_variant_has_its_own_where_there_is_one() -> None:
    made = templates(
        {
            "reminder/en/subject.txt": "for all",
            "reminder/en/subject.b.txt": "for some",
            "reminder/en/text.txt": "{{ variant }}",
        }
    )
    assert made.render(an_action(variant="b")) == {"subject": "for some", "text": "b"}
    assert made.render(an_action(variant="c")) == {"subject": "for all", "text": "c"}


def test_what_there_is_not_in_any_language_that_would_do_is_no_content() -> None:
    made = templates({"reminder/fr/subject.txt": "Bonjour"})
    with pytest.raises(NoContent, match="`reminder`"):
        made.render(an_action())
    with pytest.raises(NoContent):
        made.render(an_action(content_ref="../reminder"))


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{{ items[0].price|money(items[0].currency) }}", "€ 1.289,50"),
        ("{{ '69.9'|money('JPY') }}", "¥ 70"),
        ("{{ '69.9'|money }}", "69,90"),
        ("{{ 1234.5|number }}", "1.234,5"),
        ("{{ '10'|percent }}", "10 %"),
        ("{{ time|date }}", "2. März 2026"),
        ("{{ '2026-03-04'|date('full') }}", "Mittwoch, 4. März 2026"),
        ("{{ '2026-06-30T22:30:00Z'|date('d.M.') }}", "1.7."),
        ("{{ time|time }}", "10:00"),
        ("{{ time|moment('short') }}", "02.03.26, 10:00"),
    ],
)
def test_values_are_written_as_in_the_customers_country(text: str, made: str) -> None:
    assert rendered(text).replace("\xa0", " ") == made


def test_what_is_not_known_of_an_article_is_asked_for_before_it_is_written() -> None:
    bare = (HandoffItem("SKU-1", 2),)
    assert rendered("{{ items[0].name }} × {{ items[0].quantity }}", items=bare) == "SKU-1 × 2"
    assert rendered("{% if items[0].price %}paid{% endif %}", items=bare) == ""
    with pytest.raises(UnfitContent, match="not known"):
        rendered("{{ items[0].price }}", items=bare)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x", "http:", "x"]
)
def test_a_link_that_is_none_is_not_there(url: str) -> None:
    items = (HandoffItem("SKU-1", 1, url=url, image=url),)
    assert rendered("{{ items[0].url or 'none' }}{{ items[0].image or '' }}", items=items) == (
        "none"
    )


def test_neither_address_nor_customer_is_told() -> None:
    for name in ("address", "customer_id", "consent", "factors", "_zone_"):
        with pytest.raises(UnfitContent, match="undefined"):
            rendered(f"{{{{ {name} }}}}")


@settings(max_examples=25)
@given(st.text(max_size=40))
def test_html_escapes_whatever_a_value_is(name: str) -> None:
    items = (HandoffItem("SKU-1", 1, name=name or "x"),)
    for text in (
        "{{ items[0].name }}",
        "{{ items[0].name ~ '' }}",
        "{{ items[0].name + '' }}",
        "{{ [items[0].name, '']|join(', ') }}",
        "{% set told %}{{ items[0].name }}{% endset %}{{ told }}",
        "{% macro told(x) %}{{ x }}{% endmacro %}{{ told(items[0].name) }}",
        "{{ items|map(attribute='name')|join }}",
    ):
        told = rendered(text, "html", items=items)
        assert "<" not in told
        assert '"' not in told
        assert "'" not in told


WITHIN = {
    "reminder/en/html.html": '{% extends "_layout.html" %}{% block at %}<b>x</b>{% endblock %}',
    "_layout.html": '<p>{% include "_foot.html" %}{% block at %}{% endblock %}</p>',
    "_foot.html": "{{ brand }}",
}


def test_a_layout_is_extended_and_what_is_shared_included() -> None:
    made = templates(WITHIN)
    made.compile_all()
    assert made.render(an_action(brand="<n>")) == {"html": "<p>&lt;n&gt;<b>x</b></p>"}


@pytest.mark.parametrize(
    "missing", ["{% include '_gone.html' %}", "{% include '../../etc/passwd.html' %}"]
)
def test_what_is_not_in_the_folder_cannot_be_included(missing: str) -> None:
    made = templates({"reminder/en/html.html": missing})
    with pytest.raises(UnfitContent, match="there is no"):
        made.compile_all()
    with pytest.raises(UnfitContent):
        made.render(an_action())


@pytest.mark.parametrize(
    "text",
    [
        "{% include 'reminder/de/other.txt' %}",
        "{% extends '_layout.txt' %}",
        "{% include variant %}",
        "{% autoescape false %}{{ brand }}{% endautoescape %}",
        "{{ brand|safe }}",
    ],
)
def test_there_is_no_way_around_escaping(text: str) -> None:
    with pytest.raises(UnfitContent):
        rendered(text, "html")


DOUBLED = "{% set x = 'aaaaaaaaaaaaaaaa' %}"


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(9999) %}{% for b in 'xxxx' * 1 if false %}{% endfor %}{% endfor %}",
        DOUBLED + "{% set x = x ~ x %}" * 60,
        DOUBLED + "{% set x = x + x %}" * 60,
        DOUBLED + "{% set x = [x, x]|join %}" * 60,
        DOUBLED + "{% set x %}{{ x }}{{ x }}{% endset %}" * 60,
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ 'x' * 1000000000 }}",
        "{{ 10 ** 10 ** 8 }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ 'x'|center(1000000000) }}",
        "{{ range(100000)|map('string')|join('xxxxxxxxxxxxxxxxxxxxxxxx') }}",
        "{{ lipsum(10000) }}",
        "{% set n = namespace(x='x') %}",
        "{{ ''.__class__.__mro__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ items.append(1) }}",
        "{{ items[0].update({}) }}",
        "{{ items[99] }}",
        "{{ params.nothing }}",
        "{% if nothing %}{% endif %}",
        "{{ 1 // 0 }}",
        "{{ 'ada'|money('EUR') }}",
        "{{ 'ada'|date }}",
        "{{",
        "{% for %}",
        "{{ " + "(" * 5_000,
    ],
)
def test_what_a_template_must_not_do_it_does_not(text: str) -> None:
    with pytest.raises(ContentError):
        rendered(text)


def test_a_fault_names_its_place_and_no_value() -> None:
    secret = (HandoffItem("ada@example.org", 1),)
    with pytest.raises(UnfitContent) as told:
        rendered("a\nb\n{{ items[0].sku|money('EUR') }}", items=secret)
    assert told.value.place == "reminder/de/part.txt:3"
    assert "ada" not in str(told.value)
