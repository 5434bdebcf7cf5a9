"""The words and signs of a condition, with their places."""

from __future__ import annotations

import re
from typing import NamedTuple

from legato.core.conditions.faults import Unfit

MOST_CHARACTERS = 20_000
"""Of the text of a condition."""
_LARGEST_WHOLE = 1 << 63
_TOKEN = re.compile(
    r"""(?:[ \t\r\n\f]|//[^\n]*)*
    (?:
      ([rR](?:\"\"\".*?\"\"\"|'''.*?'''|"[^"\n]*"|'[^'\n]*')
        |\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''
        |"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')
    | ([A-Za-z_][A-Za-z0-9_]*)
    | ([0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?(?![\w.])|0[xX][0-9a-fA-F]+[uU]?(?!\w)
        |[0-9]+(?:[eE][+-]?[0-9]+)?[uU]?(?!\w))
    | (&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]{}])
    | (\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_KEYWORDS = frozenset(("true", "false", "null", "in"))
TEXT, NAME, NUMBER, END = "text", "name", "number", "end"
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\?\"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})"
    r"|([0-3][0-7]{2})|(.?))",
    re.DOTALL,
)
_SIMPLE = dict(zip("abfnrtv\\?\"'`", "\a\b\f\n\r\t\v\\?\"'`", strict=True))
_MENDS = {
    "=": "write `==` to compare",
    "&": "write `&&` for and",
    "|": "write `||` for or",
    "'": "close the text with `'` in its line",
    '"': 'close the text with `"` in its line',
    "“": 'put text between straight quotes, `"`',
    "”": 'put text between straight quotes, `"`',
    "„": 'put text between straight quotes, `"`',
    "’": "put text between straight quotes, `'`",
    "‘": "put text between straight quotes, `'`",
    ";": "join what must hold by `&&`",
}


class Token(NamedTuple):
    """A word or sign: a sign is its own kind, `value` is what a literal stands for."""

    kind: str
    value: str | float
    at: int
    end: int


def read_tokens(text: str) -> list[Token]:
    """Take a text apart; raises Unfit."""
    if len(text) > MOST_CHARACTERS:
        message = f"it is longer than {MOST_CHARACTERS} characters; split it into several"
        raise Unfit(message, MOST_CHARACTERS)
    found: list[Token] = []
    at = 0
    match = _TOKEN.match
    while read := match(text, at):
        group, (start, at) = read.lastindex or 0, read.span(read.lastindex or 0)
        told = read[group]
        if group == 4:
            found.append(Token(told, told, start, at))
        elif group == 2:
            found.append(Token(told if told in _KEYWORDS else NAME, told, start, at))
        elif group == 5:
            found.append(Token(END, "", start, at))
            return found
        else:
            found.append(_literal(told, group, start, at))
    raise _unreadable(text, at)


def _literal(told: str, group: int, start: int, end: int) -> Token:
    if group == 3:
        return Token(NUMBER, _number(told, start), start, end)
    if told[0] in "rR":
        return Token(TEXT, _between(told[1:]), start, end)
    inner = _between(told)
    return Token(TEXT, _unescape(inner, start) if "\\" in inner else inner, start, end)


def _between(quoted: str) -> str:
    """Take the quotes off."""
    size = 3 if len(quoted) >= 6 and quoted[:3] in ('"""', "'''") else 1
    return quoted[size:-size]


def _number(told: str, at: int) -> float:
    """Read a number; one that is whole stays so."""
    digits = told.rstrip("uU") if told[:2] not in ("0x", "0X") else told[2:].rstrip("uU")
    if digits is told and not told.isdigit():
        number = float(told)
        if number - number != 0:
            raise Unfit(f"`{told}` is beyond all numbers; write a smaller one", at)
        return number
    whole = int(digits, 16 if told[:2] in ("0x", "0X") else 10) if len(digits) < 30 else None
    if whole is None or whole >= _LARGEST_WHOLE:
        raise Unfit("a whole number has at most 63 bits; write a smaller one", at)
    return whole


def _unescape(inner: str, at: int) -> str:
    def character(found: re.Match[str]) -> str:
        simple, *codes, octal, other = found.groups()
        if simple:
            return _SIMPLE[simple]
        code = int(octal, 8) if octal else int(next(filter(None, codes), "-1"), 16)
        if code < 0:
            raise Unfit(f"`\\{other}` stands for nothing; write `\\\\` for a backslash", at)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise Unfit(f"`{found[0]}` is no character; write another", at)
        return chr(code)

    return _ESCAPE.sub(character, inner)


def _unreadable(text: str, at: int) -> Unfit:
    """Say which sign means nothing, and what to write in its place."""
    blank = re.compile(r"(?:[ \t\r\n\f]|//[^\n]*)*").match(text, at)
    at = blank.end() if blank else at
    sign = text[at]
    if sign.isdigit() or (sign == "." and text[at + 1 : at + 2].isdigit()):
        return Unfit(f"`{text[at : at + 12]}` is no number; write for example `1.5`", at)
    mend = _MENDS.get(sign, "take it out, or put it between quotes")
    return Unfit(f"`{sign}` means nothing here: {mend}", at)
