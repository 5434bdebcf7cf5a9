"""Rename classes, functions, methods and fields wherever mypy sees them: `rename.py ROOM...`.

`names.txt` holds `module.Name New` and `module.Class.member new`, without `legato.`. What only a
string names (`attrgetter("time")`), and prose, is told at the end and left to a person.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections import defaultdict
from pathlib import Path

from mypy import build, nodes, patterns, types
from mypy.find_sources import create_source_list
from mypy.options import Options

from scripts.house.move import ROOT, rows

WHERE = ["src", "tests", "benchmarks", "scripts"]


class Finder:
    """Collects (line, column, old, new) of one file."""

    def __init__(
        self,
        file: nodes.MypyFile,
        known: dict[nodes.Expression, types.Type],
        table: dict[str, str],
    ) -> None:
        self.file, self.known, self.table = file, known, table
        self.text = Path(file.path).read_text()
        self.lines = self.text.splitlines(keepends=True)
        self.members = {key.rpartition(".")[2] for key in table}
        self.found: set[tuple[int, int, str, str]] = set()
        self.tokens = [
            t
            for t in tokenize.generate_tokens(io.StringIO(self.text).readline)
            if t.type in (tokenize.NAME, tokenize.OP)
        ]

    def add(self, line: int, column: int, old: str, new: str) -> None:
        if self.lines[line - 1][column : column + len(old)] == old:
            self.found.add((line, column, old, new))

    def walk(self, root: nodes.Node) -> None:
        """Look at every node of the tree once; what it refers to lies in other trees."""
        todo, seen = [root], set()
        while todo:
            node = todo.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if look := getattr(self, f"visit_{type(node).__name__}", None):
                look(node)
            for name in getattr(type(node), "__mypyc_attrs__"):
                if name not in ("node", "info", "original_def", "analyzed", "unanalyzed_items"):
                    todo += self.children(getattr(node, name, None))

    def children(self, value: object) -> list[nodes.Node]:
        if isinstance(value, list | tuple):
            return [child for each in value for child in self.children(each)]
        if isinstance(value, nodes.Var | nodes.TypeInfo | nodes.MypyFile | types.Type):
            return []
        if isinstance(value, nodes.Node):
            return [value]
        return []

    # -- by name ---------------------------------------------------------------------------
    def visit_NameExpr(self, o: nodes.NameExpr) -> None:
        key = self.key_of_node(o)
        if (new := self.table.get(key)) and key.endswith(f".{o.name}"):
            self.add(o.line, self.characters(o.line, o.column), o.name, new)

    def characters(self, line: int, column: int) -> int:
        """mypy counts in bytes."""
        return len(self.lines[line - 1].encode()[:column].decode())

    def key_of_node(self, o: nodes.RefExpr) -> str:
        node = o.node
        fullname = (getattr(node, "fullname", "") if node is not None else "") or o.fullname
        return fullname

    def visit_MemberExpr(self, o: nodes.MemberExpr) -> None:
        if o.name not in self.members or o.end_line is None or o.end_column is None:
            return
        new = self.table.get(self.key_of_node(o)) or self.member_of(
            self.known.get(o.expr), o.name
        )
        if new:
            at = self.last_token(o, o.name)
            if at:
                self.add(*at, o.name, new)

    def last_token(self, o: nodes.Expression, name: str) -> tuple[int, int] | None:
        line, column = o.end_line or 0, o.end_column or 0
        return (line, self.characters(line, column) - len(name))

    def member_of(self, told: types.Type | None, name: str) -> str | None:
        if told is None:
            return None
        told = types.get_proper_type(told)
        if isinstance(told, types.UnionType):
            return next(
                (new for each in told.items if (new := self.member_of(each, name))), None
            )
        if isinstance(told, types.TypeVarType):
            return self.member_of(told.upper_bound, name)
        if isinstance(told, types.TupleType):
            return self.member_of(told.partial_fallback, name)
        if isinstance(told, types.LiteralType):
            return self.member_of(told.fallback, name)
        if isinstance(told, types.TypeType):
            return self.member_of(told.item, name)
        if isinstance(told, types.FunctionLike) and told.is_type_obj():
            return self.of_class(told.type_object(), name)
        if isinstance(told, types.Instance):
            return self.of_class(told.type, name)
        return None

    def of_class(self, info: nodes.TypeInfo, name: str) -> str | None:
        for each in info.mro:
            if name in each.names and (new := self.table.get(f"{each.fullname}.{name}")):
                return new
        return None

    # -- definitions -----------------------------------------------------------------------
    def visit_FuncDef(self, o: nodes.FuncDef) -> None:
        if new := self.table.get(o.fullname):
            self.name_after(o.line, "def", o.name, new)

    def visit_ClassDef(self, o: nodes.ClassDef) -> None:
        if new := self.table.get(o.fullname):
            self.name_after(o.line, "class", o.name, new)

    def name_after(self, line: int, word: str, old: str, new: str) -> None:
        for number in range(line, min(line + 12, len(self.lines)) + 1):
            found = re.search(rf"\b{word}\s+({re.escape(old)})\b", self.lines[number - 1])
            if found:
                self.add(number, found.start(1), old, new)
                return

    # -- keywords --------------------------------------------------------------------------
    def visit_CallExpr(self, o: nodes.CallExpr) -> None:
        named = [name for name in o.arg_names if name and name in self.members]
        if not named:
            return
        info = self.made_by(o)
        for name in named:
            if info is not None and (new := self.of_class(info, name)):
                self.keyword(o, name, new)

    def made_by(self, o: nodes.CallExpr) -> nodes.TypeInfo | None:
        callee = o.callee
        if isinstance(callee, nodes.RefExpr):
            if (
                callee.fullname
                in ("msgspec.structs.replace", "copy.replace", "dataclasses.replace")
                and o.args
            ):
                told = types.get_proper_type(self.known.get(o.args[0]))
                return told.type if isinstance(told, types.Instance) else None
            if isinstance(callee.node, nodes.TypeInfo):
                return callee.node
            if isinstance(callee.node, nodes.TypeAlias):
                target = types.get_proper_type(callee.node.target)
                return target.type if isinstance(target, types.Instance) else None
        made = types.get_proper_type(self.known.get(callee))
        if isinstance(made, types.CallableType) and made.is_type_obj():
            return made.type_object()
        return None

    def keyword(self, o: nodes.Node, name: str, new: str) -> None:
        start, end = (o.line, o.column), (o.end_line or 0, o.end_column or 0)
        depth, within = 0, [t for t in self.tokens if start <= t.start and t.end <= end]
        # the depth of the arguments of this call: that of its last closing parenthesis
        depths, depth = [], 0
        for t in within:
            if t.string in ")]}":
                depth -= 1
            depths.append(depth)
            if t.string in "([{":
                depth += 1
        for n, t in enumerate(within[:-1]):
            if (
                t.string == name
                and within[n + 1].string == "="
                and depths[n] == 1
                and within[n - 1].string in "(,"
            ):
                self.add(*t.start, name, new)

    def visit_ClassPattern(self, o: patterns.ClassPattern) -> None:
        node = getattr(o.class_ref, "node", None)
        if isinstance(node, nodes.TypeInfo):
            for name in o.keyword_keys:
                if now := self.of_class(node, name):
                    self.keyword(o, name, now)

    # -- imports and annotations -------------------------------------------------------------
    def by_token(self) -> None:
        """Classes and constants: each token that is bound to one here, annotations too."""
        bound: dict[str, str] = {}
        prefix = f"{self.file.fullname}."
        for key, new in self.table.items():
            if key.startswith(prefix) and "." not in key[len(prefix) :]:
                bound[key[len(prefix) :]] = new
        for n, t in enumerate(self.tokens):
            if (
                t.string == "from"
                and self.tokens[n - 1].string not in ("yield", "raise")
                and self.statement(n)
            ):
                self.imported(n, bound)
        for n, t in enumerate(self.tokens):
            now = bound.get(t.string)
            if (
                now
                and t.string[:1] in "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                and t.string.lstrip("_")[:1].isupper()
            ):
                before, after = (
                    self.tokens[n - 1].string,
                    self.tokens[n + 1].string if n + 1 < len(self.tokens) else "",
                )
                if before != "." and after != "as" and not (after == "=" and before in "(,"):
                    self.add(*t.start, t.string, now)
        self.bound = bound

    def statement(self, n: int) -> bool:
        t = self.tokens[n]
        return t.line[: t.start[1]].strip() == ""

    def imported(self, n: int, bound: dict[str, str]) -> None:
        module, k = "", n + 1
        while self.tokens[k].string != "import":
            module += self.tokens[k].string
            k += 1
        line = self.tokens[k].start[0]
        many = self.tokens[k + 1].string == "("
        k += 1 + many
        while k < len(self.tokens):
            t = self.tokens[k]
            if t.string == ")" or (not many and t.start[0] != line):
                return
            new = self.table.get(f"{module}.{t.string}")
            if new and self.tokens[k - 1].string in ("import", "(", ","):
                self.add(*t.start, t.string, new)
                if k + 1 >= len(self.tokens) or self.tokens[k + 1].string != "as":
                    bound[t.string] = new
            k += 1


def trees() -> build.BuildResult:
    options = Options()
    options.strict_optional = True
    options.export_types = options.preserve_asts = True
    options.incremental = False
    options.namespace_packages = options.explicit_package_bases = True
    options.mypy_path = [str(ROOT / "src"), str(ROOT)]
    options.ignore_missing_imports = True
    options.check_untyped_defs = True
    options.python_version = (3, 11)
    sources = create_source_list([str(ROOT / each) for each in WHERE], options)
    return build.build(sources, options)


def table_of(rooms: tuple[str, ...]) -> dict[str, str]:
    return {
        f"legato.{old}": new
        for old, new in rows("names.txt")
        if not rooms or any(old.startswith(room) for room in rooms)
    }


def rewrite(finder: Finder) -> str:
    """Return the text with all that was found renamed."""
    edits = defaultdict(set)
    for line, column, old, new in finder.found:
        edits[line].add((column, old, new))
    lines = finder.lines
    for line, each in edits.items():
        for column, old, new in sorted(each, reverse=True):
            text = lines[line - 1]
            lines[line - 1] = text[:column] + new + text[column + len(old) :]
    return "".join(lines)


def main(*rooms: str) -> None:
    table = table_of(rooms)
    result = trees()
    print("\n".join(result.errors[:20]))
    seen: set[str] = set()
    for file in result.files.values():
        path = ROOT / file.path
        if ROOT not in path.parents or ".venv" in path.parts or not path.is_file():
            continue
        finder = Finder(file, result.types, table)
        finder.by_token()
        finder.walk(file)
        seen |= {old for _, _, old, _ in finder.found}
        if finder.found:
            path.write_text(rewrite(finder))
    for key in table:
        if key.rpartition(".")[2] not in seen:
            print("not found:", key)


if __name__ == "__main__":
    main(*sys.argv[1:])
