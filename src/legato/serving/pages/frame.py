"""How a page is written: its template, its nonce, and the headers that keep it safe."""

from __future__ import annotations

import hashlib
import mimetypes
import secrets
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path

import jinja2
from markupsafe import Markup
from starlette.responses import Response

from legato.serving.pages.words import Words

HERE = Path(__file__).parent
STATIC = HERE / "static"
HTML = "text/html; charset=utf-8"
NONCE_BYTES = 16
HASH_DIGITS = 12
KEPT = "public, max-age=31536000, immutable"
"""What is called by its hash never changes."""


class StaticFile:
    """A file that pages load, called by the hash of what is in it."""

    def __init__(self, path: Path) -> None:
        self.body = path.read_bytes()
        self.digest = hashlib.sha256(self.body).hexdigest()
        self.media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        stem, _, ending = path.name.rpartition(".")
        self.name = f"{stem}.{self.digest[:HASH_DIGITS]}.{ending}"


@cache
def static_files() -> Mapping[str, StaticFile]:
    """All of them, by the name under which templates ask for them."""
    found = (path for path in STATIC.rglob("*") if path.suffix in (".css", ".js", ".svg"))
    return {path.relative_to(STATIC).as_posix(): StaticFile(path) for path in sorted(found)}


class Frame:
    """Writes pages of the templates; `image_hosts` are those whose pictures are shown."""

    def __init__(self, image_hosts: Iterable[str] = ()) -> None:
        self._images = frozenset(image_hosts)
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"static": self._address, "picture": self.picture}

    def write(
        self,
        template: str,
        words: Words,
        told: Mapping[str, object],
        status: HTTPStatus = HTTPStatus.OK,
        embedded_in: Iterable[str] = (),
    ) -> Response:
        """Write a page; `embedded_in` are the origins whose pages may show it in theirs."""
        nonce, origins = secrets.token_urlsafe(NONCE_BYTES), tuple(embedded_in)
        text = self._environment.get_template(template).render(
            {**told, "_": words, "words": words, "nonce": nonce, "embedded_in": origins}
        )
        headers = self._headers(nonce, origins)
        return Response(text, status.value, headers=headers, media_type=HTML)

    def picture(self, url: str | None) -> str:
        """Let a picture of an article be shown, if it comes by https from a host that may."""
        if not url or not url.startswith("https://"):
            return ""
        host = url[len("https://") :].partition("/")[0]
        return url if host in self._images else ""

    def _address(self, name: str) -> Markup:
        return Markup(f"/pages/static/{static_files()[name].name}")  # noqa: S704 - our own

    def _headers(self, nonce: str, embedded_in: tuple[str, ...]) -> dict[str, str]:
        images = " ".join(("'self'", "data:", *(f"https://{each}" for each in self._images)))
        shown_in = " ".join(embedded_in) or "'none'"
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
            f"img-src {images}; connect-src 'self'; form-action 'self'; base-uri 'none'; "
            f"frame-ancestors {shown_in}"
        )
        told = {
            "Content-Security-Policy": policy,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex, nofollow",
            "Vary": "Cookie, Accept-Language, HX-Request",
        }
        return told if embedded_in else {**told, "X-Frame-Options": "DENY"}
