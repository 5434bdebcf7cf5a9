"""Content as it lies in a folder, read as a whole, and anew when it changes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from legato.content.catalog import KINDS, TEXT_MOST, TEXTS_MOST, Catalog, catalog_of, is_shared
from legato.content.errors import ContentError

Stamp = tuple[tuple[str, int, int], ...]
"""Of each file its path, when it was changed, and its size."""


def shipped_folder() -> Path:
    """Where the content lies that goes with the default playbook."""
    return Path(str(files("legato.content").joinpath("shipped")))


def read_folder(folder: Path) -> Catalog:
    """Read all of a folder; raises ContentError for what is no content, or leads out of it."""
    if not folder.is_dir():
        raise ContentError(f"there is no folder `{folder}`; see `content.folder`")
    root, texts = folder.resolve(), {}
    for path in _files(folder):
        place = path.relative_to(folder).as_posix()
        if not path.resolve().is_relative_to(root):
            raise ContentError(f"`{place}` leads out of the folder; put the file itself there")
        texts[place] = _read(path, place)
    return catalog_of(texts)


def stamp_of(folder: Path) -> Stamp:
    """Tell one state of a folder from another without reading the files."""
    found = []
    for path in _files(folder):
        try:
            status = path.stat()
        except OSError:  # it is being replaced; the next look sees what became of it
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)


def _files(folder: Path) -> Iterator[Path]:
    """Find the files that are content; what lies loose in the folder is none, such as a README.

    A name that begins with a dot is the file system's, or an editor's.
    """
    count = 0
    for base, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        loose = Path(base) == folder
        for name in sorted(names):
            count += 1
            if count > TEXTS_MOST or len(Path(base).parts) - len(folder.parts) > 4:
                raise ContentError(f"`{folder}` has too many files or too deep; tidy it up")
            if not name.startswith(".") and not (loose and not is_shared(name)):
                yield Path(base, name)


def _read(path: Path, place: str) -> str:
    if path.suffix not in KINDS:
        raise ContentError(f"`{place}` is no part; call it `PART.txt`, or `PART.html`")
    try:
        if path.stat().st_size > TEXT_MOST * 4:
            raise ContentError(f"`{place}` is too large for a template; shorten it")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ContentError(f"`{place}` is not UTF-8; save it as that") from None
    except OSError as error:
        raise ContentError(f"`{place}` cannot be read ({error.strerror}); mend that") from None
