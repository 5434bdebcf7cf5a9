"""One request of somebody: who they are, in which language, and how they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from legato.core.values.time import Instant
from legato.queries.rights import Deed, User, Whose, may
from legato.serving.api.access import now_ms
from legato.serving.api.bodies import read_sent
from legato.serving.api.forms import is_form, read_form
from legato.serving.api.keys import ApiKey
from legato.serving.api.state import ApiState
from legato.serving.pages import labels
from legato.serving.pages.desk import Desk
from legato.serving.pages.problems import PageProblem
from legato.serving.pages.sessions import DeskSession
from legato.serving.pages.users import key_of
from legato.serving.pages.words import Words, chosen_language

LANGUAGES_MOST = 10
CSRF = "csrf"
FORM_MOST = 10_000


class PageVisit:
    """A request with the session that it belongs to, if it belongs to one."""

    def __init__(self, request: Request, api: ApiState, desk: Desk) -> None:
        self.request, self.api, self.desk = request, api, desk
        self.session: DeskSession | None = None
        self.now: Instant = now_ms()
        self.words = self._words("")
        self.fields: Mapping[str, str] = {}
        self.framed_by: tuple[str, ...] = ()

    @property
    def user(self) -> User:
        """Who it is; only asked for where a page is for those who are signed in."""
        if self.session is None:
            raise PageProblem(HTTPStatus.UNAUTHORIZED, "Please sign in.")
        return self.session.user

    @property
    def key(self) -> ApiKey:
        """With what they read customers: limited to their brands, or that of their console."""
        embedding = self.session.embedding if self.session else None
        return embedding.key if embedding else key_of(self.user)

    @property
    def called(self) -> str:
        """What claims, contacts and the access log call them: in a console as it does."""
        embedding = self.session.embedding if self.session else None
        return embedding.user if embedding else self.user.id

    @property
    def path(self) -> Mapping[str, str]:
        """What stands in the path."""
        return self.request.path_params

    @property
    def whose(self) -> Whose:
        """At which venue, or in which queue, it is asked for: the path says so."""
        return Whose(venue=self.path.get("venue", ""), queue=self.path.get("queue", ""))

    @property
    def base(self) -> str:
        """The path of the venue or the queue that is asked for, else that of all pages."""
        whose = self.whose
        if whose.venue:
            return f"/pages/venues/{whose.venue}"
        pages = "/pages/embed" if self.session and self.session.embedding else "/pages"
        return f"{pages}/queues/{quote(whose.queue)}" if whose.queue else pages

    @property
    def is_fragment(self) -> bool:
        """Is it asked for by a page that stands already?"""
        return "hx-request" in self.request.headers

    def enter(self, session: DeskSession) -> None:
        """Go on as whoever is signed in, in their language, by the clock of the venue."""
        self.session, self.framed_by = session, session.embedded_in
        venue = self.desk.settings.venues.get(self.whose.venue)
        self.words = self._words(session.user.language).within(venue.time_zone if venue else "")

    async def still_signed_in(self) -> bool:
        """Are they, and may they do as much as before? Raises Problem (503)."""
        if self.session is None:
            return False
        return await self.desk.sessions.still(self.session) == self.session

    async def note_look(self, purpose: str, *customers: str) -> None:
        """Write who is looked at, before they are; raises Problem (503) while Kafka is away."""
        await self.api.audit.note_looks(self.request, self.key, customers, self.called, purpose)

    async def note_again(self, purpose: str, *customers: str) -> None:
        """Write down whom a page shows again, unless it was written a moment ago."""
        session = self.session.name if self.session else ""
        new = self.desk.looks.new_among(session, customers, self.now)
        if new:
            await self.note_look(purpose, *new)
            self.desk.looks.note(session, new, self.now)

    def may(self, what: Deed, whose: Whose | None = None) -> bool:
        """May they do this?"""
        return may(self.user, what, self.whose if whose is None else whose)

    async def read_fields(self) -> None:
        """Read the form that came; raises PageProblem (400) for what is none."""
        if not is_form(self.request.headers.get("content-type", "")):
            raise PageProblem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Please send the form.")
        body = await read_sent(self.request)
        fields = read_form(body) if len(body) <= FORM_MOST else None
        if fields is None:
            raise PageProblem(HTTPStatus.BAD_REQUEST, "This form cannot be read.")
        self.fields = dict(fields)

    def see_own_form(self) -> None:
        """See that the form is of a page of this session; raises PageProblem (403)."""
        sent = self.fields.get(CSRF, "") or self.request.headers.get("x-csrf", "")
        csrf = self.session.csrf if self.session else ""
        if not (csrf and compare_digest(sent.encode(), csrf.encode()) and self._is_own()):
            raise PageProblem(
                HTTPStatus.FORBIDDEN,
                "This page is from before you signed in. Open it again, then try once more.",
            )

    def see_same_origin(self) -> None:
        """See that it comes from a page of ours; raises PageProblem (403)."""
        if not self._is_own():
            raise PageProblem(HTTPStatus.FORBIDDEN, "This came from another site.")

    def page(
        self,
        template: str,
        told: Mapping[str, object] | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        """Write a page, or a part of one, with what it is told."""
        shared = {
            "now": self.now,
            "user": self.session.user if self.session else None,
            "csrf": self.session.csrf if self.session else "",
            "whose": self.whose,
            "base": self.base,
            "labels": labels,
            "may": self.may,
        }
        return self.desk.frame.write(
            template,
            self.words,
            {**shared, **(told or {})},
            status,
            self.framed_by,
        )

    def go(self, path: str) -> Response:
        """Send them on to another page of ours, after something was done."""
        headers = {"Referrer-Policy": "no-referrer"}
        return RedirectResponse(path, HTTPStatus.SEE_OTHER.value, headers=headers)

    def _is_own(self) -> bool:
        """Does it come from a page of ours? Browsers say so; programs say nothing.

        `Origin` alone would not do: of pages that tell nobody where they are, it is `null`.
        """
        headers = self.request.headers
        if site := headers.get("sec-fetch-site"):
            return site == "same-origin"
        origin = headers.get("origin")
        return origin is None or urlsplit(origin).netloc == self.request.url.netloc

    def _words(self, language: str) -> Words:
        accepted = self.request.headers.get("accept-language", "").split(",")[:LANGUAGES_MOST]
        wanted = (each.partition(";")[0].strip().lower()[:2] for each in accepted)
        return Words(chosen_language((language, *wanted)), self.desk.settings.time_zone)
