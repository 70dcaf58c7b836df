"""The tables of rules: which tests name which rule.

A document of `docs/` says each rule in a line; `python -m hack.rules write` puts beside it the tests that carry its
number, in their code, their docstring or the comment above them. A number in a test module's docstring stands for
all its tests. `check` tells whether the tables are current.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from hack.open_statements import OPEN_STATEMENTS

__all__ = ["SECURITY", "TABLES", "TRADING", "Table", "main"]

ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One document's rules, by the letters before their numbers."""

    letters: str
    path: Path
    rules: range
    open: Mapping[int, str] = field(default_factory=dict)
    """Rules no test holds whole, each with the reason; the document shows them, and no test may name one."""

    @cached_property
    def text(self) -> str:
        """The document as it is."""
        return self.path.read_text(encoding="utf-8")

    def said(self) -> dict[int, str]:
        """Return what the document says each rule is, in its order."""
        return {int(number): words for number, words, _ in self._row.findall(self.text)}

    def named(self, source: str) -> Iterator[tuple[int, str]]:
        """Give every rule a test module names, with the test that does, or nothing for all its tests."""
        spans = sorted(_spans(source))
        for at, line in enumerate(source.splitlines(), 1):
            for first, last in self._number.findall(line):
                test = next((name for begin, end, name in spans if begin <= at <= end), "")
                for number in range(int(first), int(last or first) + 1):
                    yield number, test

    def naming(self, tests: Path) -> dict[int, list[str]]:
        """Return the tests that name each rule, as links of the document; modules first, then tests."""
        found: dict[int, dict[str, list[str]]] = {}
        for path in sorted(tests.rglob("test_*.py")):
            for number, test in self.named(path.read_text(encoding="utf-8")):
                of_file = found.setdefault(number, {}).setdefault(_link(path), [])
                if test and test not in of_file:
                    of_file.append(test)
        return {
            number: [link + _list(names) for link, names in files.items()]
            for number, files in sorted(found.items())
        }

    def rendered(self, found: Mapping[int, list[str]]) -> str:
        """Return the document with the last column of its table made anew."""

        def row(match: re.Match[str]) -> str:
            number, words, _ = match.groups()
            where = found.get(int(number), [])
            where = where or [f"open: {self.open.get(int(number), 'no test names it')}"]
            return f"| {self.letters}-{number} | {words} | {'; '.join(where)} |"

        return self._row.sub(row, self.text)

    @cached_property
    def _number(self) -> re.Pattern[str]:
        return re.compile(rf"\b{self.letters}-(\d+)(?: to {self.letters}-(\d+))?")

    @cached_property
    def _row(self) -> re.Pattern[str]:
        return re.compile(rf"^\| {self.letters}-(\d+) \| (.*?) \| (.*) \|$", re.MULTILINE)


TRADING: Final = Table(letters="TR", path=ROOT / "docs" / "trading-rules.md", rules=range(1, 71))
SECURITY: Final = Table(
    letters="SEC",
    path=ROOT / "docs" / "security-statements.md",
    rules=range(1, 69),
    open=OPEN_STATEMENTS,
)
TABLES: Final = (TRADING, SECURITY)


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
    """Write or check the tables; whatever is open is printed."""
    parser = argparse.ArgumentParser(prog="python -m hack.rules", description=__doc__)
    parser.add_argument("verb", choices=("write", "check"))
    verb = parser.parse_args().verb
    outdated = False
    for table in TABLES:
        after = table.rendered(table.naming(ROOT / "tests"))
        if verb == "write":
            table.path.write_text(after, encoding="utf-8")
        elif table.text != after:
            print(f"{table.path.name} is not current: run `python -m hack.rules write`")
            outdated = True
        for number, reason in table.open.items():
            print(f"open: {table.letters}-{number}: {reason}")
    return int(outdated)


if __name__ == "__main__":
    sys.exit(main())
