"""How the signs of a condition are written: what comes up often as a line, the rest as a call.

A part gives a value, or raises ConditionError; only `&&`, `||`, `exists` and `all` may hold one
back, where another part decides.
"""

from __future__ import annotations

from legato.core.conditions import values
from legato.core.conditions.writing import Body, Part

_SINGLE = frozenset(("number", "text", "bool", "null"))
"""Kinds of which no value stands for many, such as all references do."""


def constant(value: object) -> Part:
    """The value that stands there."""
    return lambda body: body.given(value)


def whole_value(of: Part, kind: str) -> Part:
    """A value as it is given to others: a time in whole milliseconds, and never a million."""

    def write(body: Body) -> str:
        value = of(body)
        if kind in ("instant", "span"):
            return body.let(f"round({value}) if type({value}) is float else {value}")
        if kind in _SINGLE:
            return value
        return body.let(f"{body.name_of(values.named)}({value})")

    return write


def equal(left: Part, right: Part, *, wanted: bool) -> Part:
    """`left == right`, or `!=` where it is not wanted."""

    def write(body: Body) -> str:
        one, other = left(body), right(body)
        sign, denied = ("==", "") if wanted else ("!=", "not ")
        same = f"{denied}{body.name_of(values.same)}({one}, {other})"
        return body.let(
            f"{one} {sign} {other} if type({one}) is type({other}) is str else {same}"
        )

    return write


def equal_text(left: Part, text: str, *, wanted: bool) -> Part:
    """The same with a text that stands there."""
    sign = "==" if wanted else "!="
    return lambda body: body.let(f"{left(body)} {sign} {body.given(text)}")


def equal_number(left: Part, number: float, *, wanted: bool) -> Part:
    """The same with a number that stands there."""

    def write(body: Body) -> str:
        one, other = left(body), body.given(number)
        sign, denied = ("==", "") if wanted else ("!=", "not ")
        same = f"{denied}{body.name_of(values.same)}({one}, {other})"
        return body.let(f"{one} {sign} {other} if type({one}) is int else {same}")

    return write


def equal_null(of: Part, *, wanted: bool) -> Part:
    """`of == null`, or `!=`, which is `has(of)` too: what is missing is null as well."""

    def write(body: Body) -> str:
        result = body.local()
        with body.block("try:"):
            body.line(f"{result} = {body.value(of)} {'is' if wanted else 'is not'} None")
        body.line(f"except Missing: {result} = {wanted}")
        return result

    return write


def ordered(left: Part, right: Part, sign: str) -> Part:
    """`left < right` and the like, of two numbers, two texts or two truths."""

    def write(body: Body) -> str:
        one, other = left(body), right(body)
        call = f"{body.name_of(values.ORDERS[sign])}({one}, {other})"
        return body.let(
            f"{one} {sign} {other} if type({one}) is type({other}) is int else {call}"
        )

    return write


def ordered_number(left: Part, number: float, sign: str) -> Part:
    """The same with a number that stands there."""

    def write(body: Body) -> str:
        one, other = left(body), body.given(number)
        call = f"{body.name_of(values.ORDERS[sign])}({one}, {other})"
        return body.let(f"{one} {sign} {other} if type({one}) is int else {call}")

    return write


def calculated(left: Part, right: Part, sign: str) -> Part:
    """`left - right` and the like, of two numbers; `+` takes texts and lists as well."""

    def write(body: Body) -> str:
        one, other = left(body), right(body)
        call = f"{body.name_of(values.CALCULATIONS[sign])}({one}, {other})"
        if sign not in "+-":
            return body.let(call)
        # What is asked of time is nearly always a sum of two whole numbers: no call is needed.
        result, largest = body.local(), values.LARGEST
        whole = f"type({one}) is type({other}) is int"
        sound = f"-{largest} < ({result} := {one} {sign} {other}) < {largest}"
        body.line(f"if not ({whole} and {sound}): {result} = {call}")
        return result

    return write


def negative(of: Part) -> Part:
    """`-of`"""
    return lambda body: body.let(f"{body.name_of(values.negated)}({of(body)})")


def denied(of: Part) -> Part:
    """`!of`"""

    def write(body: Body) -> str:
        value = of(body)
        with body.block(f"if {value} is not True and {value} is not False:"):
            body.fail("`!` takes true or false")
        return body.let(f"{value} is False")

    return write


def decided(parts: tuple[Part, ...], decides: bool) -> Part:
    """`a && b` (False decides) or `a || b` (True does), whatever else goes wrong.

    Of several faults the last is raised; of two parts a fault of the first rather than that the
    second is no truth.
    """

    def write(body: Body) -> str:
        result, fault = body.let(str(not decides)), body.let("None")
        no_truth = f"ConditionError({body.given(values.NO_TRUTH)})"
        if len(parts) == 2:
            no_truth = f"{fault} or {no_truth}"
        _write_deciding(body, parts[0], (result, fault, no_truth), decides)
        for part in parts[1:]:
            with body.block(f"if {result} is {not decides}:"):
                _write_deciding(body, part, (result, fault, no_truth), decides)
        raise_undecided(body, fault, f"{result} is {not decides}")
        return result

    return write


def raise_undecided(body: Body, fault: str, undecided: str) -> None:
    """Raise a fault that was kept, if nothing decided.

    Else as well it leaves its local: there it would keep the frame alive that it came from.
    """
    with body.block(f"if {fault} is not None:"):
        body.line("try:")
        body.line(f" if {undecided}: raise {fault}")
        body.line(f"finally: {fault} = None")


def _write_deciding(body: Body, part: Part, names: tuple[str, str, str], decides: bool) -> None:
    """Write a part that may decide; where it cannot be told, its fault is kept."""
    result, fault, no_truth = names
    with body.block("try:"):
        value = body.value(part)
        body.line(f"if {value} is {decides}: {result} = {decides}")
        body.line(f"elif {value} is not {not decides}: {fault} = {no_truth}")
    body.line(f"except ConditionError as error: {fault} = error")


def chosen(test: Part, yes: Part, no: Part) -> Part:
    """`test ? yes : no`"""

    def write(body: Body) -> str:
        result, value = body.local(), test(body)
        for truth, part in ((True, yes), (False, no)):
            with body.block(f"{'if' if truth else 'elif'} {value} is {truth}:"):
                body.line(f"{result} = {body.value(part)}")
        with body.block("else:"):
            body.fail(values.NO_TRUTH)
        return result

    return write


def contained(one: Part, many: Part) -> Part:
    """`one in many`: in a list, or among the keys of a map whose value is not null."""

    def write(body: Body) -> str:
        value, among = one(body), many(body)
        return body.let(f"{body.name_of(values.is_in)}({value}, {among})")

    return write


def contained_text(one: Part, texts: frozenset[str]) -> Part:
    """The same where the list is of texts that stand there."""

    def write(body: Body) -> str:
        value = one(body)
        return body.let(f"type({value}) is str and {value} in {body.given(texts)}")

    return write


def listed(items: tuple[Part, ...]) -> Part:
    """`[a, b]`"""

    def write(body: Body) -> str:
        named = body.name_of(values.named)
        found = [body.let(f"{named}({item(body)})") for item in items]
        return body.let(f"[{', '.join(found)}]")

    return write


def mapped(keys: tuple[Part, ...], of_keys: tuple[Part, ...]) -> Part:
    """`{key: value}`, with keys that are texts."""

    def write(body: Body) -> str:
        found = body.let("{}")
        new_key, named = body.name_of(values.new_key), body.name_of(values.named)
        for key, value in zip(keys, of_keys, strict=True):
            name = body.let(f"{new_key}({key(body)}, {found})")
            body.line(f"{found}[{name}] = {named}({value(body)})")
        return found

    return write
