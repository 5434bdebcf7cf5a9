"""Content as the settings name it: a folder, a CMS, or what Legato ships."""

from __future__ import annotations

from pathlib import Path

from legato.content.cms import Cms, CmsFetch, CmsPlace
from legato.content.errors import ContentError
from legato.content.folder import read_folder, shipped_folder
from legato.content.rendering import CmsContent, FolderContent
from legato.content.templates import Templates
from legato.settings import ContentSettings, read_secret


def open_content(
    settings: ContentSettings, fetch: CmsFetch | None = None
) -> FolderContent | CmsContent:
    """Make what adapters ask for parts; raises ContentError, SettingsError.

    `fetch` asks the CMS, if the settings name one.
    """
    folder = FolderContent(folder_of(settings), settings.language, settings.time_zone)
    if not settings.url:
        return folder
    if fetch is None:
        raise ContentError("there is nobody to ask the CMS; take `content.url` out")
    headers = {
        name: read_secret(told, f"the header `{name}` of the CMS")
        for name, told in settings.headers.items()
    }
    place = CmsPlace(settings.url, settings.fields, headers, settings.max_age_s)
    cms = Cms(place, fetch, settings.language, settings.time_zone)
    return CmsContent(cms, folder)


def templates_of(settings: ContentSettings) -> Templates:
    """Read and compile the folder of the settings; raises ContentError."""
    catalog = read_folder(folder_of(settings))
    templates = Templates(catalog, settings.language, settings.time_zone)
    templates.compile_all()
    return templates


def folder_of(settings: ContentSettings) -> Path:
    """Where the content of these settings lies; that which Legato ships if they name none."""
    return Path(settings.folder) if settings.folder else shipped_folder()
