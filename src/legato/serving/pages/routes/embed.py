"""The frame of a console opens here: a ticket of its server becomes a session in the frame."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from starlette.responses import Response

from legato.queries.rights import User
from legato.serving.api.embedding import EmbedTicket, spend_ticket
from legato.serving.api.keys import ApiKey
from legato.serving.pages.page_route import EMBED, Page
from legato.serving.pages.problems import PageProblem
from legato.serving.pages.routes.whom import EMBEDDED_QUEUE
from legato.serving.pages.sessions import EMBED_COOKIE, Embedding
from legato.serving.pages.visit import PageVisit

_COOKIE = "; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"
"""Partitioned, it is that of this console's frames; Starlette cannot say so before 3.14."""


async def get_embed(visit: PageVisit) -> Response:
    """Spend a ticket, and go where it leads."""
    ticket = visit.request.query_params.get("ticket", "")
    spent = await spend_ticket(visit.api, ticket)
    if spent is None:
        raise PageProblem(
            HTTPStatus.FORBIDDEN, "This is over. Open it again from your console."
        )
    opens, key = spent
    user = _user_of(opens)
    if opens.customer_id:
        await visit.desk.found.note(user.id, opens.customer_id)
    response = visit.go(_path(opens))
    if not _goes_on(visit, user, key):
        token, _ = await visit.desk.sessions.begin(user, Embedding(key, opens.user))
        response.raw_headers.append(
            (b"set-cookie", f"{EMBED_COOKIE}={token}{_COOKIE}".encode())
        )
    return response


def _goes_on(visit: PageVisit, user: User, key: ApiKey) -> bool:
    """Have they a session here already? Then frames side by side share it.

    Whoever has another name, queue or key gets one of their own.
    """
    session = visit.session
    if session is None or session.embedding is None or session.embedding.key.id != key.id:
        return False
    before = session.user
    return (before.id, before.name, before.queues) == (user.id, user.name, user.queues)


def _user_of(opens: EmbedTicket) -> User:
    """An agent of one queue. No user of the desk has such an id."""
    user_id = f"embed:{opens.key_id}:{opens.user}"
    return User(user_id, opens.name, ("agent",), queues=(opens.queue,))


def _path(opens: EmbedTicket) -> str:
    base = EMBEDDED_QUEUE.format(queue=quote(opens.queue))
    return (
        f"{base}/customers/{quote(opens.customer_id, safe='')}" if opens.customer_id else base
    )


PAGES = (Page(EMBED, get_embed, None),)
