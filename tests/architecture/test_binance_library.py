"""Parts of python-binance 1.0.37 that must stay unused, each for a defect that no guard mends (binance.md §2.5)."""

import ast
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.sources import ROOT, tree_of

ADAPTERS = ROOT / "botrunner" / "src" / "botrunner"
FRONT = ADAPTERS / "adapters" / "binance_library.py"
UNUSED = {
    "ThreadedWebsocketManager": "G: spins at full speed once a stream is dead",
    "ThreadedDepthCacheManager": "G and H",
    "DepthCacheManager": "H: applies old events onto a newer snapshot",
    "DepthCache": "H",
    "BinanceSocketManager": "A, C, E: its sockets reconnect without their subscription and give up",
    "ReconnectingWebsocket": "C, E, I: it gives up, overflows in silence, and never asks whether anybody is there",
    "KeepAliveWebsocket": "listen keys are gone (HTTP 410)",
    "Client": "measures the clock never, and brings a second HTTP client",
}
TAKEN = {
    "AsyncClient",
    "BinanceAPIException",
    "BinanceWebsocketUnableToConnect",
    "WSListenerState",
    "WebsocketAPI",
}


def imported(path: Path) -> set[str]:
    """Return the names a file imports from the library, and the library's modules it imports whole."""
    names: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "binance":
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names if a.name.split(".")[0] == "binance"}
    return names


@pytest.mark.parametrize(("name", "defect"), UNUSED.items())
def test_part_of_the_library_that_can_not_be_guarded_is_named_nowhere(
    name: str, defect: str
) -> None:
    users = [
        str(path.relative_to(ROOT))
        for path in ADAPTERS.rglob("*.py")
        for node in ast.walk(tree_of(path))
        if name in {getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "name", "")}
    ]

    assert users == [], defect


def test_library_is_taken_at_one_place_and_only_what_is_guarded() -> None:
    assert imported(FRONT) == TAKEN
    assert [path for path in ADAPTERS.rglob("*.py") if path != FRONT and imported(path)] == []


def test_defects_are_those_of_the_pinned_version() -> None:
    """Another version needs another reading of its sources before it is pinned."""
    assert version("python-binance") == "1.0.37"


def test_library_never_reads_for_us_or_reconnects_by_itself() -> None:
    """E and I: recv() hides both errors and silence; A and C: a reconnect of the library's own loses subscriptions."""
    calls = [
        f"{path.name}:{node.lineno}"
        for path in (ADAPTERS / "adapters").glob("*.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr == "recv"
    ]
    classes = [
        node
        for path in (ADAPTERS / "adapters").glob("*.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
        and "WebsocketAPI" in {getattr(b, "id", "") for b in node.bases}
    ]

    assert calls == []
    (node,) = classes
    assert "MAX_RECONNECTS = 0" in [ast.unparse(line) for line in node.body]


def test_open_orders_are_asked_for_by_symbol() -> None:
    """TR-56: without one the call weighs 80 instead of 6."""
    calls = [
        f"{path.name}:{node.lineno}"
        for path in (ADAPTERS / "adapters").glob("*.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") == "get_open_orders"
        and "symbol" not in {word.arg for word in node.keywords}
    ]

    assert calls == []
