"""What pages load is what it says it is: libraries as they were published, and no others."""

import hashlib

import pytest

from legato.serving.pages.frame import STATIC, static_files

PUBLISHED = {
    "vendor/htmx.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
    "vendor/hx-sse.min.js": "18ef2761356ec1fe0bb6d92612315b37517a7c1e9856b661c5ae81fef239d103",
}
"""htmx.org 4.0.1, `dist/htmx.min.js` and `dist/ext/hx-sse.min.js`: SHA-256 of the files."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_library_is_as_it_was_published(name: str) -> None:
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == PUBLISHED[name]


def test_no_other_library_lies_here_and_the_licence_does() -> None:
    assert {each for each in static_files() if each.startswith("vendor/")} == set(PUBLISHED)
    assert "Zero-Clause BSD" in (STATIC / "vendor/LICENSE.htmx").read_text()


def test_nothing_is_loaded_from_elsewhere() -> None:
    for name in ("desk.css", "desk.js"):
        text = (STATIC / name).read_text()
        assert "http:" not in text
        assert "https:" not in text
        assert "@import" not in text
