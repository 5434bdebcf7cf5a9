"""From a text to its tree, by precedence climbing."""

from __future__ import annotations

from legato.core.conditions.faults import Unfit
from legato.core.conditions.syntax import (
    Binary,
    Call,
    Chain,
    Choice,
    Index,
    Listed,
    Literal,
    Mapped,
    Select,
    Term,
    Unary,
    Word,
)
from legato.core.conditions.tokens import END, NAME, NUMBER, TEXT, Token, read_tokens

MOST_NESTED = 32
"""Brackets, signs in front and choices within each other."""
MOST_DEEP = 64
"""Of the tree."""
_POWERS = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    **dict.fromkeys("+-", 4),
    **dict.fromkeys("*/%", 5),
}
_CONSTANTS = {"true": True, "false": False, "null": None}
_RESERVED = frozenset(
    (
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import"),
        *("let", "loop", "package", "namespace", "return", "var", "void", "while"),
    )
)
_OTHER_SIGNS = {"and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "is": "=="}
_TOO_DEEP = f"nested more than {MOST_NESTED} deep; write it flatter, or as several conditions"


def parse(text: str) -> Term:
    """Read a condition; raises Unfit."""
    parser = _Parser(read_tokens(text))
    term = parser.expression()
    parser.expect_end()
    return term


class _Parser:
    """Reads tokens one after the other."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._nested = 0
        self.token = tokens[0]

    def expression(self) -> Term:
        """`a ? b : c`, or what binds closer."""
        self._enter()
        test = self._operators(1)
        if self.token.kind == "?":
            self._take()
            yes = self.expression()
            self._expect(":", "of the choice")
            no = self.expression()
            depth = 1 + max(test.depth, yes.depth, no.depth)
            test = Choice(test.at, self._deep(depth, test.at), test, yes, no)
        self._nested -= 1
        return test

    def expect_end(self) -> None:
        """Nothing may follow."""
        token = self.token
        if token.kind == END:
            return
        if token.value in _OTHER_SIGNS:
            raise Unfit(
                f"write `{_OTHER_SIGNS[str(token.value)]}` for `{token.value}`", token.at
            )
        told = self._told(token)
        raise Unfit(f"{told} does not go on from what is before it; join by `&&`", token.at)

    def _operators(self, floor: int) -> Term:
        left = self._unary()
        while (power := _POWERS.get(self.token.kind, 0)) >= floor:
            sign = self._take()
            left = self._joined(sign, left, self._operators(power + 1))
        return left

    def _joined(self, token: Token, left: Term, right: Term) -> Term:
        sign, at = token.kind, token.at
        if sign not in ("&&", "||"):
            depth = self._deep(1 + max(left.depth, right.depth), at)
            return Binary(at, depth, sign, left, right)
        goes_on = isinstance(left, Chain) and left.sign == sign
        parts = (*left.parts, right) if isinstance(left, Chain) and goes_on else (left, right)
        depth = max(left.depth if goes_on else left.depth + 1, right.depth + 1)
        return Chain(at, self._deep(depth, at), sign, parts)

    def _unary(self) -> Term:
        if self.token.kind not in ("!", "-"):
            return self._members(self._primary())
        sign = self._take()
        self._enter()
        of = self._unary()
        self._nested -= 1
        if sign.kind == "-" and type(of) is Literal and type(of.value) in (int, float):
            return Literal(sign.at, 1, -of.value)
        return Unary(sign.at, self._deep(of.depth + 1, sign.at), sign.kind, of)

    def _members(self, of: Term) -> Term:
        while True:
            if self.token.kind == ".":
                of = self._member(of)
            elif self.token.kind == "[":
                self._take()
                key = self.expression()
                self._expect("]", "behind the index")
                depth = self._deep(1 + max(of.depth, key.depth), of.at)
                of = Index(of.at, depth, of, key)
            else:
                return of

    def _member(self, of: Term) -> Term:
        self._take()
        token = self._take()
        name = str(token.value)
        if token.kind in (TEXT, NUMBER) or not name.isidentifier():
            raise Unfit("name a field behind the `.`", token.at)
        if self.token.kind != "(":
            return Select(token.at, self._deep(of.depth + 1, token.at), of, name)
        arguments, end = self._arguments()
        depth = 1 + max(each.depth for each in (of, *arguments))
        return Call(token.at, self._deep(depth, token.at), name, arguments, of, end)

    def _primary(self) -> Term:
        token = self._take()
        kind = token.kind
        if kind == NAME:
            return self._named(token)
        if kind in (TEXT, NUMBER):
            return Literal(token.at, 1, token.value)
        if kind in _CONSTANTS:
            return Literal(token.at, 1, _CONSTANTS[kind])
        if kind == "(":
            inner = self.expression()
            self._expect(")", "to close the bracket")
            return inner
        if kind == "[":
            items = self._separated("]")
            return Listed(token.at, self._over(items, token.at), items)
        return self._mapped(token) if kind == "{" else self._nothing(token)

    def _nothing(self, token: Token) -> Term:
        told = self._told(token)
        raise Unfit(f"a value must stand here, not {told}; write one, or take it out", token.at)

    def _named(self, token: Token) -> Term:
        name = str(token.value)
        if name in _OTHER_SIGNS:
            raise Unfit(f"write `{_OTHER_SIGNS[name]}` for `{name}`", token.at)
        if name in _RESERVED:
            raise Unfit(f"`{name}` is a reserved word; choose another", token.at)
        if self.token.kind == TEXT and self.token.at == token.end:
            raise Unfit(f"`{name}` stands before a text; take it out", token.at)
        if self.token.kind != "(":
            return Word(token.at, 1, name)
        arguments, end = self._arguments()
        return Call(token.at, self._over(arguments, token.at), name, arguments, None, end)

    def _arguments(self) -> tuple[tuple[Term, ...], int]:
        self._take()
        arguments = self._separated(")")
        return arguments, self._tokens[self._next - 1].end

    def _separated(self, closing: str) -> tuple[Term, ...]:
        """Read expressions between commas up to the closing bracket; one may stay behind."""
        found: list[Term] = []
        while self.token.kind != closing:
            found.append(self.expression())
            if self.token.kind != ",":
                break
            self._take()
        self._expect(closing, "to close what was opened")
        return tuple(found)

    def _mapped(self, token: Token) -> Term:
        keys: list[Term] = []
        values: list[Term] = []
        while self.token.kind != "}":
            keys.append(self.expression())
            self._expect(":", "behind the key")
            values.append(self.expression())
            if self.token.kind != ",":
                break
            self._take()
        self._expect("}", "to close the map")
        depth = self._over((*keys, *values), token.at)
        return Mapped(token.at, depth, tuple(keys), tuple(values))

    def _over(self, parts: tuple[Term, ...], at: int) -> int:
        return self._deep(1 + max((each.depth for each in parts), default=0), at)

    def _deep(self, depth: int, at: int) -> int:
        if depth > MOST_DEEP:
            raise Unfit(f"more than {MOST_DEEP} steps deep; write it as several conditions", at)
        return depth

    def _enter(self) -> None:
        self._nested += 1
        if self._nested > MOST_NESTED:
            raise Unfit(_TOO_DEEP, self.token.at)

    def _take(self) -> Token:
        taken = self.token
        if taken.kind != END:
            self._next += 1
            self.token = self._tokens[self._next]
        return taken

    def _expect(self, kind: str, why: str) -> None:
        if self.token.kind != kind:
            told = self._told(self.token)
            raise Unfit(f"write `{kind}` {why}, before {told}", self.token.at)
        self._take()

    def _told(self, token: Token) -> str:
        if token.kind == TEXT:
            return "a text"
        return "the end" if token.kind == END else f"`{str(token.value)[:60]}`"
