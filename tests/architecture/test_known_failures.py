"""The table of others' failures names tests that exist."""

import ast
import re

from tests.support.sources import ROOT

TABLE = (ROOT / "docs" / "known-failures.md").read_text(encoding="utf-8")
ROWS = [line for line in TABLE.splitlines() if line.startswith("| ")][2:]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+|\*)`")


def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = {node.name for node in tree.body if isinstance(node, functions)}
    return {name for name in found if name.startswith("test_")}


def test_every_failure_names_a_test() -> None:
    assert len(ROWS) > 10
    assert [row for row in ROWS if not NAMED.search(row)] == []
    # Nothing that looks like a test and is not found as one.
    assert TABLE.count("::") == sum(len(NAMED.findall(row)) for row in ROWS)


def test_every_named_test_exists() -> None:
    named = [one for row in ROWS for one in NAMED.findall(row)]

    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file()
        or (name == "*" and not names_in(path))
        or (name != "*" and name not in names_in(path))
    ]
    assert missing == []
