"""The table of trading rules: which tests name which rule.

`docs/trading-rules.md` says each rule in a line; `python -m hack.rules write` puts beside it the tests that carry its
number, in their code, their docstring or the comment above them. A number in a test module's docstring stands for
all its tests. `check` tells whether the table is current.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

__all__ = ["OPEN", "RULES", "TABLE", "main", "named", "naming", "rendered", "said"]

ROOT: Final = Path(__file__).resolve().parents[1]
TABLE: Final = ROOT / "docs" / "trading-rules.md"
RULES: Final = range(1, 71)

OPEN: Final[Mapping[int, str]] = {}
"""Rules without a test, each with the reason; the table shows them, and one that has a test may not stay here."""

_NUMBER: Final = re.compile(r"\bTR-(\d+)(?: to TR-(\d+))?")
_ROW: Final = re.compile(r"^\| TR-(\d+) \| (.*?) \| (.*) \|$", re.MULTILINE)


def said(text: str) -> dict[int, str]:
    """Return what the table says each rule is, in its order."""
    return {int(number): words for number, words, _ in _ROW.findall(text)}


def named(source: str) -> Iterator[tuple[int, str]]:
    """Give every rule a test module names, with the test that does, or nothing for all its tests."""
    spans = sorted(_spans(source))
    for at, line in enumerate(source.splitlines(), 1):
        for first, last in _NUMBER.findall(line):
            test = next((name for begin, end, name in spans if begin <= at <= end), "")
            for number in range(int(first), int(last or first) + 1):
                yield number, test


def naming(tests: Path) -> dict[int, list[str]]:
    """Return the tests that name each rule, as links of the table; modules first, then tests."""
    found: dict[int, dict[str, list[str]]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        for number, test in named(path.read_text(encoding="utf-8")):
            of_file = found.setdefault(number, {}).setdefault(_link(path), [])
            if test and test not in of_file:
                of_file.append(test)
    return {
        number: [link + _list(names) for link, names in files.items()]
        for number, files in sorted(found.items())
    }


def rendered(text: str, found: Mapping[int, list[str]]) -> str:
    """Return the table's text with its last column made anew."""

    def row(match: re.Match[str]) -> str:
        number, words, _ = match.groups()
        where = found.get(int(number)) or [f"open: {OPEN.get(int(number), 'no test names it')}"]
        return f"| TR-{number} | {words} | {'; '.join(where)} |"

    return _ROW.sub(row, text)


def _spans(source: str) -> Iterator[tuple[int, int, str]]:
    """Give first and last line of every test, the comment and decorators above it included."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test_"
        ):
            begin = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            while begin > 1 and lines[begin - 2].lstrip().startswith("#"):
                begin -= 1
            yield begin, node.end_lineno or node.lineno, node.name


def _link(path: Path) -> str:
    return f"[{path.stem}](../{path.relative_to(ROOT).as_posix()})"


def _list(names: list[str]) -> str:
    return ": " + ", ".join(name.removeprefix("test_") for name in names) if names else ""


def main() -> int:
    """Write or check the table; whatever is open is printed."""
    parser = argparse.ArgumentParser(prog="python -m hack.rules", description=__doc__)
    parser.add_argument("verb", choices=("write", "check"))
    verb = parser.parse_args().verb
    before = TABLE.read_text(encoding="utf-8")
    after = rendered(before, naming(ROOT / "tests"))
    if verb == "write":
        TABLE.write_text(after, encoding="utf-8")
    elif before != after:
        print("docs/trading-rules.md is not current: run `python -m hack.rules write`")
        return 1
    for number, reason in OPEN.items():
        print(f"open: TR-{number}: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
