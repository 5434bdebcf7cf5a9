"""The town of the simulated day: what its shops sell, where they are, who shops there."""

from __future__ import annotations

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
    """A customer: `loyalty_id` is known on every channel, the rest where one would tell it."""

    loyalty_id: str
    name: str
    email: str
    phone: str
    language: str
    time_zone: str
    shop: Shop
    consents: tuple[Json, ...]


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


def meet(seed: int, number: int) -> Shopper:
    """Introduce the customer of that number; the same one each time."""
    chance = Random(f"{seed}:shopper:{number}")
    first, last, shop = chance.choice(FIRST), chance.choice(LAST), chance.choice(SHOPS)
    language, zone = ZONES[shop.region]
    return Shopper(
        loyalty_id=f"L-{number:06d}",
        name=f"{first} {last}",
        email=f"{first}.{last}.{number}@example.com".lower(),
        phone=_phone(number),
        language=language,
        time_zone=zone,
        shop=shop,
        consents=tuple(_consents(chance)),
    )


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
