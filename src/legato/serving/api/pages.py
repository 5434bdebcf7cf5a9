"""Pages for people, where a link of ours leads: plain HTML that needs nothing else."""

from __future__ import annotations

from html import escape
from http import HTTPStatus

from msgspec import Struct
from starlette.responses import Response

HTML = "text/html; charset=utf-8"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
"""The address of the page is a secret: nobody is told of it, and nothing is loaded."""
_PAGE = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --page: #f4f3ef; --card: #fff; --ink: #1d1c1a;
  --soft: #5d5a54; --line: #e9e7e1; --button: #1f5f4a; --on: #fff; }}
@media (prefers-color-scheme: dark) {{ :root {{ --page: #141413; --card: #20201e;
  --ink: #f1efe9; --soft: #aba79d; --line: #33322f; --button: #a9dcc6; --on: #0d2a20; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 16px;
  background: var(--page); color: var(--ink);
  font: 16px/24px -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, sans-serif; }}
main {{ width: 100%; max-width: 480px; padding: 32px; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px; overflow-wrap: anywhere; }}
h1 {{ margin: 0 0 12px; font-size: 24px; line-height: 32px; font-weight: 600; }}
p {{ margin: 0 0 20px; color: var(--soft); }}
p:last-child {{ margin: 0; }}
button {{ min-height: 44px; padding: 10px 24px; border: 0; border-radius: 8px; font: inherit;
  font-weight: 600; background: var(--button); color: var(--on); cursor: pointer; }}
button:focus-visible {{ outline: 3px solid var(--ink); outline-offset: 3px; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{text}</p>
{form}</main>
</body>
</html>
"""
_FORM = """\
<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">{label}</button>
</form>
"""


class PageWords(Struct, frozen=True):
    """What a page says, in one language."""

    title: str
    text: str
    label: str = ""


def page(words: PageWords, language: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Write a page; with a label there is a button that posts to where the page is."""
    form = _FORM.format(label=escape(words.label)) if words.label else ""
    text = _PAGE.format(
        language=language, title=escape(words.title), text=escape(words.text), form=form
    )
    return Response(text, status.value, headers=HEADERS, media_type=HTML)


def language_of(accepted: str, known: tuple[str, ...]) -> str:
    """Choose the language that a browser asks for first, of those there are; else the first."""
    wanted = []
    for place, each in enumerate(accepted.split(",")[:20]):
        tag, _, weight = each.partition(";q=")
        try:
            wanted.append((-float(weight or 1), place, tag.strip().lower()[:2]))
        except ValueError:
            continue
    return next((tag for _, _, tag in sorted(wanted) if tag in known), known[0])
