"""Import names from where they are now: `reimport.py OLD.MODULE NEW.MODULE NAME...`."""

from __future__ import annotations

import re
import subprocess
import sys

from scripts.house.move import ROOT, files


def main(old: str, new: str, *names: str) -> None:
    statement = re.compile(
        rf"^(?P<indent> *)from {re.escape(old)} import "
        r"(?:\((?P<many>[^)]*)\)|(?P<line>[^\n(]*))$",
        re.MULTILINE,
    )

    def split(found: re.Match[str]) -> str:
        listed = re.sub(r"#[^\n]*", "", found["many"] or found["line"])
        words = [word.strip() for word in listed.split(",") if word.strip()]
        gone = [word for word in words if word.split()[0] in names]
        if not gone:
            return found[0]
        stay = [word for word in words if word not in gone]
        indent = found["indent"]
        lines = [f"{indent}from {old} import {', '.join(stay)}"] if stay else []
        lines += [f"{indent}from {new} import {', '.join(gone)}"]
        return "\n".join(lines)

    home = ROOT / "src" / (new.replace(".", "/") + ".py")
    for path in files():
        if path.suffix == ".py" and path != home:
            text = path.read_text()
            if (changed := statement.sub(split, text)) != text:
                path.write_text(changed)
    ruff, where = ROOT / ".venv/bin/ruff", ["src", "tests", "benchmarks", "scripts", "examples"]
    subprocess.run([ruff, "check", "-q", "--select", "I,F401", "--fix", *where], cwd=ROOT)
    subprocess.run([ruff, "format", "-q", *where], cwd=ROOT)


if __name__ == "__main__":
    main(*sys.argv[1:])
