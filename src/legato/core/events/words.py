"""Closed lists: the words that Legato knows, read in whatever spelling they come.

Case, spaces and the signs between parts of a word do not count: `E-Mail ` is `email`. What is
on no list is a word that nobody knows; what is done then is said where the word is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import msgspec
from msgspec import Struct

from legato.core.values.results import Rejected

ALL = "*"
WORD_MOST = 40
"""Characters of a word that nobody knows, as it is told and kept."""
_CURRENCY_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN
BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP
ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR
ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD
MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR
PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL
THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF
XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL
"""
_LANGUAGE_CODES = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy
da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu
hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb
lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om
or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw
ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ast
ceb cmn dsb fil fur gsw haw hmn hsb kab kok lad mni nds nso sah scn sco szl wuu yue zgh
"""
_APART = str.maketrans("", "", " -_.\t\n\u00a0'’")


@lru_cache(maxsize=4_096)
def plain(word: str) -> str:
    """Write a word without what does not count in it."""
    return word.casefold().translate(_APART)


class ClosedList(Struct, frozen=True):
    """The known words of a field, each by its plain spelling."""

    name: str
    known: dict[str, str]
    example: str = ""

    def read(self, word: object) -> str | None:
        """Return the known word that this is; None if it is none."""
        return self.known.get(plain(word)) if isinstance(word, str) else None

    @property
    def told(self) -> str:
        """The list, as a person is told of it."""
        return self.example or ", ".join(dict.fromkeys(self.known.values()))


def closed(name: str, words: Iterable[str], example: str = "", **others: str) -> ClosedList:
    """Make a closed list; `others` are further words for one of them."""
    return ClosedList(name, {plain(each): each for each in words} | others, example)


_EVERYTHING = {"*": ALL, "all": ALL}
PURPOSES = ClosedList(
    "purpose",
    {each: each for each in ("promotion", "service", "profiling")} | _EVERYTHING,
)
STATUSES = closed("status", ("granted", "denied", "revoked"))
SURVEY_KINDS = closed("kind", ("nps", "csat", "ces"))
CHANNELS = frozenset(("email", "mobile", "sms", "whatsapp", "web", "store", "call", "chat"))
"""What a consent may be about in any case; a playbook may name more."""
CURRENCIES = closed(
    "currency",
    _CURRENCY_CODES.split(),
    "a code of ISO 4217, such as EUR",
)
LANGUAGES = closed(
    "language",
    _LANGUAGE_CODES.split(),
    "a tag of BCP 47, such as de or pt-BR",
)


@lru_cache(maxsize=64)
def channel_list(known: frozenset[str]) -> ClosedList:
    """List the channels that a consent may be about, those of a playbook among them."""
    words = sorted(CHANNELS | known)
    return ClosedList("channel", {plain(each): each for each in words} | _EVERYTHING)


@lru_cache(maxsize=1_024)
def read_language(word: str) -> str | None:
    """Return a language tag as BCP 47 writes it; None if its language is not known."""
    first, *rest = word.strip().replace("_", "-").split("-")
    language = LANGUAGES.read(first)
    if language is None or not all(each.isalnum() and len(each) <= 8 for each in rest):
        return None
    return "-".join([language, *map(_subtag, rest)])


def _subtag(part: str) -> str:
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 else part.lower()


def is_left_out(word: object) -> bool:
    """Does an optional field say nothing: null, false or blank?"""
    return word is None or word is False or (isinstance(word, str) and not word.strip())


def text_of(word: object) -> str:
    """Write a word, of whatever type it is, so that it can be told."""
    text = word if isinstance(word, str) else msgspec.json.encode(word).decode()
    return text.strip()[:WORD_MOST]


def fault_of(name: str, word: object, known: str) -> str:
    """Say which word nobody knows, and what there is."""
    return f"nobody knows the {name} `{text_of(word)}`; map it to one of: {known}"


def unknown_word(event_type: str, *faults: str) -> Rejected:
    """Turn away an event over its words."""
    return Rejected("unknown_word", f"`data` of {event_type}: {'; '.join(faults)}")
