"""No file over 300 lines, no function over 40: no linter holds these two."""

import ast
from collections.abc import Iterator

from tests.support.sources import ROOT, python_files, tracked_files, tree_of

FILE_LINES = 300
FUNCTION_LINES = 40
CODE = ("core", "operator", "botrunner", "dashboard", "exchange", "hack", "tests")
# SQL migrations are written once and never edited; lock files and the CRD's schema are long by nature.
COUNTED = {".py", ".sh", ".css", ".js", ".html", ".md"}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_longer_than_300_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked_files()
        if path.suffix in COUNTED
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES
    }

    assert not long, "\n".join(map(str, long.items()))


def test_no_function_is_longer_than_40_lines() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": lines
        for path in python_files(*CODE)
        for node in functions(tree_of(path))
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }

    assert not long, "\n".join(map(str, long.items()))
