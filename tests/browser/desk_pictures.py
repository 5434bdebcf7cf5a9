"""The pages of the desk as pictures, in docs/pages/: `python -m tests.browser.desk_pictures`.

What they show is told by stories, at a time that stands still, so that a picture changes only
where a page does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, Literal, TypeAlias

import click
import msgspec
from playwright.sync_api import Browser, Page, Route, ViewportSize
from rich.progress import track

from legato.harness import Harness
from legato.queries.card import Card, card_of, no_stock
from legato.queries.looks import FoundLooks
from legato.queries.packet import Packet, packet_of
from legato.queries.rights import User, Whose
from legato.queries.shown import Json
from legato.queries.visibility import Visibility, VisibleContact
from legato.serving.pages import labels
from legato.serving.pages.frame import Frame, static_files
from legato.serving.pages.routes.agent import QueueRow
from legato.serving.pages.routes.store import ShownCustomer
from legato.serving.pages.words import Words
from legato.testing import event, story
from legato.testing.events import instant
from legato.wire.context_view import context_view
from legato.wire.topics.access_log import AccessRecord
from tests.browser.chromium import chromium
from tests.browser.small_png import small_png

FOLDER = Path(__file__).parents[2] / "docs" / "pages"
Scheme: TypeAlias = Literal["light", "dark"]
WIDTHS = (390, 820, 1440)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
HOST = "http://desk.example"
NOW = instant("11:00")
VENUE, QUEUE = "berlin-1", "service"
SHOP = "Berlin, Friedrichstraße"
LONG = "Maximiliane-Alexandrina Freifrau von Hohenzollern-Sigmaringen-Wittgenstein"
SHOE: dict[str, Any] = {
    "sku": "SHOE-42", "name": "Runner Air", "size": "42", "price": 89.0, "currency": "EUR",
}  # fmt: skip
SOCK: dict[str, Any] = {
    "sku": "SOCK-M", "name": "Wool sock", "size": "M", "quantity": 2, "price": 9.5,
    "currency": "EUR",
}  # fmt: skip
MARIA = User("maria", "Maria", ("associate",), ("*",), (VENUE,))
ANNA = User("anna", "Anna", ("agent",), ("*",), (), (QUEUE,))
OFFICER = User("olga", "Olga", ("privacy",), ("*",))


class Picture(msgspec.Struct):
    """A page in some state, as somebody sees it in a language."""

    name: str
    template: str
    told: Mapping[str, object]
    user: User | None = None
    whose: Whose = Whose()
    language: str = "en"
    embedded_in: tuple[str, ...] = ()


def context_of(harness: Harness) -> Json:
    """The only customer of a story, as the view has them."""
    [context] = harness.contexts.values()
    told: Json = msgspec.json.decode(msgspec.json.encode(context_view(context)))
    return told


def waiting(harness: Harness, place: str) -> list[Json]:
    """What waits at a venue or in a queue, the newest first."""
    told = [msgspec.to_builtins(each) for each in harness.actions if each.address == place]
    return told[::-1]


def _ada(**claim: object) -> Card:
    """A cart that went along from the web to the shop."""
    harness = story(
        event("customer.updated", "09:00", traits={"first_name": "Ada"}),
        event("cart.item_added", "10:02", **SHOE),
        event("cart.item_added", "10:04", **SOCK),
        event("checkout.started", "10:05"),
        event("store.visited", "10:50", channel="store", location={"venue": VENUE}),
    )
    actions = [each | claim for each in waiting(harness, VENUE)]
    offer = {"offer": "ten_percent", "status": "opened", "decided": instant("09:00")}
    told = {"name": "welcome_offer_by_email", "channel": "email", "expires": NOW + 86_400_000}
    context = context_of(harness)
    context["actions"].insert(0, offer | told)
    return card_of(context, actions, {"SHOE-42": 3.0, "SOCK-M": 0.0}.get, NOW)


def _shown(card: Card, why: str = "present", *what: str) -> ShownCustomer:
    since = NOW - 600_000 if why == "present" else NOW - 86_400_000
    return ShownCustomer(card, Visibility(why, since, NOW, what))  # type: ignore[arg-type]


def _bo(first_name: str, asked: str) -> Card:
    harness = story(
        event("customer.updated", "09:00", traits={"first_name": first_name}),
        event("message.received", "10:10", channel="email", reason="wrong_size", text=asked),
    )
    return card_of(context_of(harness), [], no_stock, NOW)


def _caller(first_name: str = "Kim", said: str = "Two left shoes.") -> Packet:
    """One question by email, in a chat and on the phone."""
    told: dict[str, Any] = {"reason": "delivery_damaged"}
    harness = story(
        event("customer.updated", "09:00", traits={"first_name": first_name}),
        event("order.completed", "09:10", order_id="o-4711", items=[SHOE], total=89.0),
        event("article.viewed", "09:50", title="How to send it back", topic="returns"),
        event("message.received", "10:02", channel="email", text=said, **told),
        event("contact.started", "10:30", channel="chat", queue=QUEUE, **told),
        event("contact.ended", "10:40", channel="chat", queue=QUEUE, **told),
        event("contact.started", "10:58", channel="call", queue=QUEUE, **told),
    )
    contact = VisibleContact(instant("10:58"), NOW, "call", "anna", None)
    return packet_of(context_of(harness), waiting(harness, QUEUE)[:1], contact, NOW)


def pictures() -> Iterator[Picture]:
    """All pages, in all states that are worth a look."""
    yield from _first_pages()
    yield from _store_pages()
    yield from _agent_pages()
    yield from _looks_pages()


def _first_pages() -> Iterator[Picture]:
    sign_in = {"to": "/pages/", "name": "", "says": "", "oidc": True, "local": True}
    wrong = {**sign_in, "name": "maria", "says": "Name or password is wrong."}
    yield Picture("sign-in", "sign_in.html", dict(sign_in))
    yield Picture("sign-in-wrong", "sign_in.html", wrong, language="de")
    places = [(f"/pages/venues/{VENUE}", SHOP), (f"/pages/queues/{QUEUE}", "Service")]
    yield Picture("home", "home.html", {"places": places}, MARIA)
    yield Picture("home-empty", "home.html", {"places": []}, MARIA, language="de")
    yield Picture("problem", "problem.html", {"says": "This is not here any more."}, MARIA)
    yield Picture("kit", "kit.html", {}, MARIA)


def _store_pages() -> Iterator[Picture]:
    here = Whose(venue=VENUE)
    ada = _shown(_ada())
    mine = _shown(_ada(claimed={"since": NOW, "name": "Maria"}, mine=True))
    taken = _shown(_ada(claimed={"since": NOW - 60_000, "name": "Tom"}))
    long = _shown(_bo(LONG, "x" * 300))
    expected = _shown(
        card_of({"customer_id": "c"}, [], no_stock, NOW), "expected", "order:o-4711"
    )
    left = _shown(card_of({"customer_id": "d"}, [], no_stock, NOW), "left")
    many = [ada, _shown(_bo("Bo", "Does it come in 43?")), long, expected, left]
    store = {"shown": many, "title": SHOP, "says": ""}
    yield Picture("store", "store.html", store, MARIA, here)
    yield Picture("store-empty", "store.html", store | {"shown": []}, MARIA, here, "de")
    card = {"title": SHOP, "tap": "t", "done": "", "undo": ""}
    yield Picture("card", "card.html", card | {"shown": ada}, MARIA, here)
    yield Picture("card-mine", "card.html", card | {"shown": mine}, MARIA, here, "de")
    yield Picture("card-taken", "card.html", card | {"shown": taken}, MARIA, here)
    yield Picture("card-long", "card.html", card | {"shown": long}, MARIA, here)


def _stranger() -> Packet:
    """Somebody new, who has waited in a chat for a while."""
    harness = story(event("contact.queued", "10:55", channel="chat", queue=QUEUE))
    waits = instant("10:55")
    contact = VisibleContact(waits, NOW, "chat", "", waits)
    return packet_of(context_of(harness), [], contact, NOW)


def _agent_pages() -> Iterator[Picture]:
    there, caller, long = Whose(queue=QUEUE), _caller(), _caller(LONG, "x" * 300)
    stranger = _stranger()
    rows = [
        QueueRow(each, each.contact or VisibleContact(0, 0, "", "", None), each is caller)
        for each in (caller, stranger, long)
    ]
    queue = {"rows": rows[:1], "title": "Service", "says": ""}
    nobody = "We know nobody by this. Ask for something else they may have with us."
    yield Picture("queue", "queue.html", queue, ANNA, there)
    full = queue | {"rows": rows, "says": nobody}
    yield Picture("queue-full", "queue.html", full, ANNA, there)
    yield Picture("queue-empty", "queue.html", queue | {"rows": []}, ANNA, there, "de")
    packet = {"packet": caller, "title": "Service", "tap": "t", "done": "", "undo": ""}
    yield Picture("packet", "packet.html", packet, ANNA, there)
    yield Picture("packet-german", "packet.html", packet, ANNA, there, "de")
    yield Picture("packet-long", "packet.html", packet | {"packet": long}, ANNA, there)
    yield Picture("packet-new", "packet.html", packet | {"packet": stranger}, ANNA, there)
    console = ("https://crm.example",)
    yield Picture("packet-embedded", "packet.html", packet, ANNA, there, embedded_in=console)


def _looks_pages() -> Iterator[Picture]:
    plain: dict[str, object] = {"customer_id": "", "found": None, "keys": {}, "says": ""}
    customer, card = "1-9f2c7a1e0b4d5c6f7a8b9c0d", "/pages/venues/{venue}/customers"
    told = (
        ("pages", "maria", card + "/{customer_id}", "at the venue"),
        ("pages", "anna", "/pages/queues/{queue}/search", "search"),
        ("k1", "bot of the night shift", "/v1/customers/{customer_id}", "call 4711"),
        ("k1", LONG, "/v1/customers/{customer_id}/packet", ""),
    )
    looks = [
        AccessRecord(NOW - number * 7_200_000, customer, key, who, route, purpose)
        for number, (key, who, route, purpose) in enumerate(told)
    ]
    shown = plain | {"customer_id": customer, "keys": {"pages": "The desk", "k1": "Telephony"}}
    full = shown | {"found": FoundLooks(tuple(looks), is_whole=False)}
    empty = shown | {"found": FoundLooks((), is_whole=True)}
    wrong = plain | {"says": "We know nobody by this."}
    yield Picture("looks", "looks.html", full, OFFICER)
    yield Picture("looks-german", "looks.html", full, OFFICER, language="de")
    yield Picture("looks-empty", "looks.html", empty, OFFICER)
    yield Picture("looks-nobody", "looks.html", wrong, OFFICER, language="de")


def written(picture: Picture) -> str:
    """Write the page that it is of."""
    whose = picture.whose
    base = f"/pages/venues/{whose.venue}" if whose.venue else f"/pages/queues/{whose.queue}"
    shared = {
        "now": NOW,
        "user": picture.user,
        "csrf": "x",
        "whose": whose,
        "base": base,
        "labels": labels,
        "may": lambda _deed: True,
    }
    words = Words(picture.language, "Europe/Berlin")
    told = {**shared, **picture.told}
    page = Frame().write(picture.template, words, told, embedded_in=picture.embedded_in)
    return bytes(page.body).decode()


@contextmanager
def opened(browser: Browser, picture: Picture, width: int, scheme: Scheme) -> Iterator[Page]:
    """Open the page that it is of, with nothing but its own files, and without its scripts.

    A browser that runs none at all would not run axe either.
    """
    files = {f"/pages/static/{each.name}": each for each in static_files().values()}
    page_text = written(picture)

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        if path == "/":
            route.fulfill(body=page_text, content_type="text/html")
        elif (found := files.get(path)) and not path.endswith(".js"):
            route.fulfill(body=found.body, content_type=found.media_type)
        else:
            route.abort()

    size: ViewportSize = {"width": width, "height": 844}
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.route("**/*", answer)
    page.goto(f"{HOST}/")
    yield page
    page.close()


def take(browser: Browser, picture: Picture, folder: Path) -> None:
    """Take it as a phone, a tablet and a desk show it, in light and in dark."""
    for width, scheme in product(WIDTHS, SCHEMES):
        name = f"{picture.name}-{width}-{scheme}.png"
        with opened(browser, picture, width, scheme) as page:
            taken = page.screenshot(full_page=True)
            (folder / name).write_bytes(small_png(page, taken))


@click.command()
@click.argument("names", nargs=-1)
@click.option("--folder", type=click.Path(path_type=Path), default=FOLDER)
def main(names: tuple[str, ...], folder: Path) -> None:
    """Take pictures of all pages, or of those that are named."""
    folder.mkdir(exist_ok=True)
    wanted: Mapping[str, Picture] = {each.name: each for each in pictures()}
    chosen = [each for name, each in wanted.items() if not names or name in names]
    with chromium() as browser:
        for picture in track(chosen, "taking pictures"):
            take(browser, picture, folder)


if __name__ == "__main__":
    main()
