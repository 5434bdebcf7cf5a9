"""Mails that arrived are shown as a page, which holds whatever is in them apart."""

from __future__ import annotations

import urllib.request
from email.message import EmailMessage
from urllib.error import HTTPError

import pytest

from legato.demo.by_hand.mail_pages import serve_mails, written
from legato.local import free_port
from tests.unit.demo.mail import sent


def test_a_mail_is_shown_as_it_looks_in_a_frame_that_runs_nothing() -> None:
    page = written([sent()])
    assert "Wren canvas sneaker is still in your cart" in page
    assert "to ada.adler.12@example.com" in page
    assert 'srcdoc="&lt;p&gt;Still in your cart&lt;/p&gt;' in page
    assert "allow-scripts" not in page


def test_the_newest_is_the_first_and_one_without_html_is_its_text() -> None:
    plain = EmailMessage()
    plain["Subject"] = "<b>plain</b>"
    plain.set_content("1 < 2")
    page = written([sent(), plain])
    assert page.index("&lt;b&gt;plain") < page.index("Wren")
    assert "<pre>1 &lt; 2" in page


def test_it_says_that_there_is_none_yet() -> None:
    assert "None yet." in written([])


def test_the_page_hears_that_one_has_arrived() -> None:
    mails: list[EmailMessage] = []
    port = free_port()
    with serve_mails(lambda: mails, port):
        assert _read(port, "/count") == "0"
        mails.append(sent())
        assert _read(port, "/count") == "1"
        assert "Wren" in _read(port, "/")
        with pytest.raises(HTTPError, match="404"):
            _read(port, "/mails/../keys.json")


def _read(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return str(answer.read().decode())
