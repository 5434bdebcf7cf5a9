"""Values that stand for nothing: what a system writes where it knows nobody.

Two people of whom nothing is known must not become one because both lack the same thing. So a
number that was withheld, a template that nobody filled in, or a row of one digit points at
nobody, whatever a deployment blocks besides.
"""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException

NOTHING = (
    "null",
    "none",
    "nil",
    "nan",
    "undefined",
    "not set",
    "not provided",
    "unknown",
    "n/a",
    "na",
    "-",
    "-1",
    "true",
    "false",
)
"""What programs write where they have no value, whatever it would have named."""
PHONES = frozenset(("phone", "whatsapp_id", "viber_id"))
"""Types of which the values are phone numbers."""
SAME_LEAST = 7
"""So many of one character, and nothing else, is no number and no device."""
WITHHELD = (
    "anonymous",
    "anonymous caller",
    "blocked",
    "blocked caller",
    "caller id blocked",
    "caller id unavailable",
    "caller unknown",
    "no caller id",
    "no number",
    "not available",
    "out of area",
    "payphone",
    "private",
    "private caller",
    "private number",
    "restricted",
    "restricted number",
    "unavailable",
    "unknown",
    "unknown caller",
    "unknown number",
    "withheld",
    "withheld number",
)
"""What telephony says in place of a number, as `Private` or `NO-CALLER-ID`."""

_KEYS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_WITHHELD = frozenset(word.replace(" ", "") for word in WITHHELD)
_SPELLED = frozenset(word.translate(_KEYS) for word in _WITHHELD)
"""The same on the keys of a phone: `266696687` is how `anonymous` is dialled."""

_NOTHING = frozenset(NOTHING)
_PAIRS = ('""', "''", "``", "()", "[]", "<>", "“”", "‘’", "„“", "«»")
_TEMPLATE = re.compile(r"\{\{.*\}\}|\$\{.*\}|#\{.*\}|\{%.*%\}|<%.*%>|\*\|.*\|\*", re.DOTALL)
_WHOLE = re.compile(r"%+[^%\s]+%+|%\(\w+\)[sd]|\$\(.*\)|\{[a-z_][\w.]{0,30}\}|\[object \w+\]")
_NUMBERED = re.compile(r"\w[\w.:/#-]*[1-9][\w.:/#-]*|[1-9]")
"""As most ids are, which need no second look."""
_ORDINARY = re.compile(r"[\w.@+:/#-]*[1-9a-z][\w.@+:/#-]*")
"""What has a letter or a digit in it, is in no quotes or brackets, and is no template."""
_SIP = re.compile(r"(?:sips?|tel):([^@;>]*)(?:@([^:;>]*))?")
_BETWEEN = re.compile(r"[\W_]+")


def bare(value: str) -> str:
    """Take quotes, brackets and capitals from around a word: `"NULL"` and `(null)` say null."""
    text = value.strip().casefold()
    while len(text) > 1 and text[0] + text[-1] in _PAIRS:
        text = text[1:-1].strip()
    return text


def names_nothing(value: str) -> bool:
    """Does the id of an order, a cart or a case stand for none?"""
    if _NUMBERED.fullmatch(value):
        return False
    word = bare(value)
    says_something = word not in _NOTHING and any(map(str.isalnum, word.replace("0", "")))
    return not says_something or is_template(value)


def is_ordinary(plain: str) -> bool:
    """Does a value without capitals say something, whatever word it is?"""
    return _ORDINARY.fullmatch(plain) is not None


def is_template(value: str) -> bool:
    """Did nobody fill this in? `{{user.id}}`, `${id}`, `%EMAIL%`."""
    text = value.strip().casefold()
    return bool(_TEMPLATE.search(text) or _WHOLE.fullmatch(text))


def is_withheld(value: str, region: str = "") -> bool:
    """Does telephony say in this that it does not tell the number?

    A number that spells it counts with `+` or `00`, and where no region would make another
    of it.
    """
    text = value.strip().casefold()
    if found := _SIP.search(text):
        text, host = found[1], found[2] or ""
        if host.split(".")[0] in _WITHHELD or not text:
            return True
    word = _BETWEEN.sub("", text)
    if word in _WITHHELD:
        return True
    if text.startswith("00"):
        return word[2:] in _SPELLED
    return word in _SPELLED and (text.startswith("+") or not region)


def is_one_character(value: str, *, phone: bool) -> bool:
    """Is it a row of one character, such as `1111111`?

    Of a number that names its country that is so too if all that follows is, unless a number
    like this is given to people there.
    """
    word = _BETWEEN.sub("", value)
    if len(word) < SAME_LEAST:
        return False
    return len(set(word)) == 1 or (phone and value.strip()[:1] == "+" and _is_dud(value))


def _is_dud(value: str) -> bool:
    try:
        number = phonenumbers.parse(value, None)
    except NumberParseException:
        return False
    national = str(number.national_number or 0)
    same = len(set(national)) == 1 and (national == "0" or len(national) >= SAME_LEAST)
    return same and not phonenumbers.is_valid_number(number)
