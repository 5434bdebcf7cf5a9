"""After signing in one comes to a page of ours, whatever was asked for."""

from __future__ import annotations

from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.serving.pages.going_on import HOME, going_on_to

OURS = ["/pages/", "/pages/venues/berlin-1", "/pages/cards/0-ab12?venue=berlin-1&tab=cart"]
NOT_OURS = [
    "",
    "/",
    "/pages",
    "/v1/customers",
    "pages/venue",
    "https://evil.example/pages/",
    "//evil.example/pages/",
    "/pages//evil.example",
    "/pages/\\evil.example",
    "\\\\evil.example",
    "/pages/../v1/events",
    "/pages/%2e%2E/v1/events",
    "/pages/.%2e/x",
    "/pages/./x",
    "/pages/%5cevil",
    "/pages/x\r\nSet-Cookie: a=b",
    "/pages/%0d%0aSet-Cookie",
    "/pages/\x00",
    "/pages/ x",
    "javascript:alert(1)//pages/",
    "/pages/" + "x" * 500,
]


@pytest.mark.parametrize("path", OURS)
def test_a_page_of_ours_is_where_one_goes_on(path: str) -> None:
    assert going_on_to(path) == path


@pytest.mark.parametrize("path", NOT_OURS)
def test_anything_else_leads_to_the_first_page(path: str) -> None:
    assert going_on_to(path) == HOME


@given(st.text("/\\.%2e5cCpages:@?#\t\n evil", max_size=30).map("/pages/".__add__))
def test_a_browser_stays_below_the_pages(path: str) -> None:
    led = urlsplit(urljoin("https://legato.example", unquote(going_on_to(path))))
    assert led.netloc == "legato.example"
    assert led.path.startswith("/pages/")
