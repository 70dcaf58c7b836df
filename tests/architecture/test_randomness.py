"""Nothing secret comes from a generator that can be guessed, and no name or port from a hash that changes."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.sources import ROOT

MEMBERS = ("core", "operator", "dashboard", "botrunner", "exchange")
# Where random numbers only spread attempts over time.
JITTER = {
    "dashboard/src/botdashboard/adapters/kube_bots.py",
    "botrunner/src/botrunner/adapters/market_stream.py",
    "botrunner/src/botrunner/adapters/instrument_watch.py",
    "botrunner/src/botrunner/adapters/stream_supervisor.py",
}


def modules() -> Iterator[Path]:
    for member in MEMBERS:
        yield from (ROOT / member / "src").rglob("*.py")


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        if isinstance(node, ast.ImportFrom):
            yield str(node.module)


def calls_hash(tree: ast.AST) -> bool:
    """Tell whether Python's own hash is called; it is salted, so another process answers otherwise."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hash"
        for node in ast.walk(tree)
    )


def test_guessable_numbers_are_used_for_pauses_alone() -> None:
    using = {
        path.relative_to(ROOT).as_posix()
        for path in modules()
        if "random" in set(imported(ast.parse(path.read_text(encoding="utf-8"))))
    }

    assert using == JITTER


def test_nothing_is_named_by_a_hash_that_changes_with_the_process() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path in modules()
        if calls_hash(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert found == []
    assert calls_hash(ast.parse("port = 8000 + hash(name) % 100"))
