"""All that pages say, and their catalogues: `python -m tests.contract.pages_words` adds words.

What is new stands there without a translation, and what is said no more goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from legato.serving.pages import labels
from legato.serving.pages.oidc import refused
from legato.serving.pages.words import FOLDER, LANGUAGES

PAGES = FOLDER.parent
KEYWORDS = {"_": None, "to_say": None, "words": None, "PageProblem": (2,)}


def said() -> Iterator[str]:
    """Every text of the templates and of the code that pages say."""
    for path in sorted(PAGES.rglob("*.html")):
        yield from _said_in(path, "jinja2.ext:babel_extract")
    for path in sorted(PAGES.rglob("*.py")):
        yield from _said_in(path, "python")
    for name, named in vars(labels).items():
        if name.isupper():
            yield from named.values()
    yield from refused.WORDS


def _said_in(path: Path, method: str) -> Iterator[str]:
    with path.open("rb") as file:
        for _, text, _, _ in extract(method, file, KEYWORDS, options={"silent": "false"}):
            yield text if isinstance(text, str) else text[0]


def catalogue_of(language: str) -> Catalog:
    """The catalogue as it stands."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def main() -> None:
    """Write each catalogue with all that is said, and nothing else."""
    for language in LANGUAGES[1:]:
        path = FOLDER / f"{language}.po"
        before = catalogue_of(language) if path.exists() else Catalog(locale=language)
        now = Catalog(locale=language, fuzzy=False, project="Legato")
        for text in sorted(set(said())):
            known = before.get(text)
            now.add(text, known.string if known else "")
        with path.open("wb") as file:
            write_po(file, now, width=96, omit_header=True, sort_output=True)


if __name__ == "__main__":
    main()
