"""The town of the simulated day: what its shops sell, where they are, who shops there."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

Json = dict[str, Any]


class Good(NamedTuple):
    """Something on the shelf; `sizes` is empty where one size fits all."""

    sku: str
    name: str
    price: float
    sizes: tuple[str, ...] = ()


class Shop(NamedTuple):
    """A shop with a till and associates."""

    venue: str
    region: str


class Shopper(NamedTuple):
    """A customer, and by what each channel could know them.

    A `stranger` shops on the web and never logs in. `told` are the identifiers that the others
    left with their account; the rest is linked when it is shown. In some homes two share a
    browser, or a telephone.
    """

    user_id: str
    loyalty_id: str
    email: str
    phone: str
    anonymous_id: str
    device_id: str
    stranger: bool
    told: tuple[str, ...]
    shares_browser: bool
    shares_phone: bool
    name: str
    language: str
    time_zone: str
    shop: Shop
    consents: tuple[Json, ...]

    def known_by(self, *kinds: str) -> dict[str, str]:
        """Name them by these types of identifiers."""
        return {kind: getattr(self, kind) for kind in kinds}


SHOES = ("37", "38", "39", "40", "41", "42", "43", "44")
CLOTHES = ("XS", "S", "M", "L", "XL")
GOODS = (
    Good("RUN-FLINT", "Flint running shoe", 119.0, SHOES),
    Good("RUN-HERON", "Heron trail shoe", 134.0, SHOES),
    Good("SNEAK-LARK", "Lark sneaker", 89.0, SHOES),
    Good("SNEAK-WREN", "Wren canvas sneaker", 64.9, SHOES),
    Good("BOOT-ALDER", "Alder hiking boot", 179.0, SHOES),
    Good("BOOT-ROWAN", "Rowan ankle boot", 149.0, SHOES),
    Good("SANDAL-REED", "Reed sandal", 54.9, SHOES),
    Good("LOAFER-ELM", "Elm loafer", 129.0, SHOES),
    Good("JACKET-TERN", "Tern rain jacket", 159.0, CLOTHES),
    Good("JACKET-SWIFT", "Swift wind jacket", 98.0, CLOTHES),
    Good("FLEECE-MOSS", "Moss fleece", 74.9, CLOTHES),
    Good("SHIRT-FERN", "Fern merino shirt", 69.0, CLOTHES),
    Good("TIGHTS-KITE", "Kite running tights", 59.0, CLOTHES),
    Good("PACK-20", "Day pack 20 l", 84.0),
    Good("BOTTLE-1L", "Steel bottle 1 l", 27.9),
    Good("SOCKS-3", "Running socks, three pairs", 19.9),
    Good("HAT-DUNE", "Dune sun hat", 32.0),
    Good("LAMP-FOX", "Fox head lamp", 45.0),
)
SHOPS = (
    Shop("linden-street", "Berlin"),
    Shop("old-harbour", "Hamburg"),
    Shop("cloth-hall", "Leeds"),
    Shop("quay-side", "Dublin"),
    Shop("plaza-mayor", "Madrid"),
)
ZONES = {
    "Berlin": ("de", "Europe/Berlin"),
    "Hamburg": ("de", "Europe/Berlin"),
    "Leeds": ("en", "Europe/London"),
    "Dublin": ("en", "Europe/Dublin"),
    "Madrid": ("es", "Europe/Madrid"),
}
FIRST = (
    "Ada", "Ben", "Carla", "Dario", "Elif", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Kaja",
    "Liam", "Mira", "Nils", "Olga", "Pablo", "Quinn", "Rosa", "Sami", "Tessa", "Uma", "Vito",
    "Wanda", "Yusuf", "Zoe",
)  # fmt: skip
LAST = (
    "Adler", "Brandt", "Costa", "Doyle", "Evans", "Fischer", "Garcia", "Holm", "Ivanov",
    "Jansen", "Keller", "Lopez", "Moreau", "Novak", "Okafor", "Petit", "Quist", "Rossi",
    "Silva", "Tanaka", "Unger", "Vidal", "Walsh", "Young", "Zander",
)  # fmt: skip
REASONS = {
    "size": "Does the {name} run small? I am between two sizes.",
    "delivery": "Where is my parcel? It was due yesterday.",
    "return": "How do I send the {name} back?",
    "stock": "When will the {name} be back in my size?",
    "care": "How do I wash the {name}?",
    "invoice": "I need an invoice for the {name}.",
}
# How many of ten grant, and how many deny; the rest were never asked.
WISHES = {
    ("promotion", "email"): (7, 2),
    ("promotion", "sms"): (4, 3),
    ("promotion", "mobile"): (5, 2),
    ("service", "*"): (9, 0),
}
HOMES = 20
"""Of so many customers, two share a browser, and two others a telephone."""
BROWSER, PHONE = 0, 10
"""Which of them: these and the next."""
STRANGERS, TELL_PHONE, TELL_CARD = 0.25, 0.5, 0.4


def meet(seed: int, number: int) -> Shopper:
    """Introduce the customer of that number; the same one each time."""
    chance = Random(f"{seed}:shopper:{number}")
    first, last, shop = chance.choice(FIRST), chance.choice(LAST), chance.choice(SHOPS)
    language, zone = ZONES[shop.region]
    browser, phone = _shared(number, BROWSER), _shared(number, PHONE)
    alone = browser is None and phone is None
    return Shopper(
        user_id=f"U-{number:06d}",
        loyalty_id=f"L-{number:06d}",
        email=f"{first}.{last}.{number}@example.com".lower(),
        phone=_phone(number if phone is None else phone),
        anonymous_id=f"web-{seed}-{number if browser is None else browser:06d}",
        device_id=f"app-{seed}-{number:06d}",
        stranger=alone and chance.random() < STRANGERS,
        told=tuple(_told(chance, shares_phone=phone is not None)),
        shares_browser=browser is not None,
        shares_phone=phone is not None,
        name=f"{first} {last}",
        language=language,
        time_zone=zone,
        shop=shop,
        consents=tuple(_consents(chance)),
    )


def _shared(number: int, first: int) -> int | None:
    """Say with whom this customer shares something; None if with nobody."""
    return number - number % HOMES + first if number % HOMES - first in (0, 1) else None


def _told(chance: Random, *, shares_phone: bool) -> Iterator[str]:
    """Name what they left with their account."""
    yield from ("user_id", "email")
    if chance.random() < TELL_PHONE or shares_phone:
        yield "phone"
    if chance.random() < TELL_CARD:
        yield "loyalty_id"


def _phone(number: int) -> str:
    """Give a number that rings nowhere: 555-01xx is kept for fiction in every area."""
    return f"+1{200 + number // 100 % 800}55501{number % 100:02d}"


def _consents(chance: Random) -> list[Json]:
    consents = []
    for (purpose, channel), (granted, denied) in WISHES.items():
        toss = chance.randrange(10)
        if toss < granted + denied:
            status = "granted" if toss < granted else "denied"
            consents.append({"purpose": purpose, "channel": channel, "status": status})
    return consents
