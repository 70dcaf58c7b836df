"""Money is Decimal (I7): a float is a time, or stands in the list below with its reason."""

import ast
import re
from collections.abc import Iterator

from tests.support.sources import ROOT, package_files, tree_of

# Instants and durations of the machine's clocks, by their names.
TIME = re.compile(
    r"(^|_)(seconds?|at|now|age|ages|ms|since|since_last|deadline|timeout|delay|delays|pause|boottime|elapsed"
    r"|expires|wait|every|after|until|started|rate|speed|offset|monotonic|beaten|jitter|interval|patience)($|_)"
)
# file or folder -> name -> why this float can't be an amount, a price or a balance
ALLOWED: dict[str, dict[str, str]] = {
    "botrunner/src/botrunner/trading/indicators.py": {
        "*": "the one boundary: indicators are float inside and give signals, never amounts",
    },
    "botrunner/src/botrunner/trading/indicator_runs.py": {
        "*": "the same boundary over all candles of a backtest: integers in, states and places out",
    },
    "core/src/botcore/resources/strategy_rules.py": {
        "float()": "compares two prices as the CRD's CEL does, which has no exact fractions",
    },
    "botrunner/src/botrunner/backtest/figures.py": {
        "*": "the one boundary of a backtest: equity goes in, ratios and per cents come out",
    },
    "operator/src/botoperator/services/": {
        "*": "seconds until the next look; money passes through the operator as text",
    },
    "operator/src/botoperator/adapters/": {"*": "seconds of grace and backoff, as above"},
    "botrunner/src/botrunner/adapters/venue_clock.py": {"*": "offset and rate of a clock"},
    "botrunner/src/botrunner/adapters/metrics.py": {
        "float()": "a copy for Prometheus, which knows nothing else; nothing reads it back",
    },
    "botrunner/src/botrunner/adapters/binance_errors.py": {"float()": "Retry-After in seconds"},
    "dashboard/src/botdashboard/services/attempts.py": {"_count": "seconds to wait"},
    "core/src/botcore/ledger/sessions.py": {
        "read_attempts": "seconds since the last failure",
        "float()": "as above",
    },
    "exchange/src/botexchange/api/params.py": {
        "window": "recvWindow in ms, which Binance takes with three decimals",
        "float()": "recvWindow, as above",
    },
}


def floats(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield name and line of everything annotated with float or converted to it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and names_float(node.annotation):
            yield node.arg, node.lineno
        elif isinstance(node, ast.AnnAssign) and names_float(node.annotation):
            target = node.target
            yield getattr(target, "id", getattr(target, "attr", "?")), node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and names_float(node.returns):
            yield node.name, node.lineno
        elif isinstance(node, ast.Call) and is_conversion(node):
            yield "float()", node.lineno


def names_float(annotation: ast.expr | None) -> bool:
    if annotation is None:
        return False
    return any(isinstance(node, ast.Name) and node.id == "float" for node in ast.walk(annotation))


def is_conversion(call: ast.Call) -> bool:
    infinite = len(call.args) == 1 and getattr(call.args[0], "value", None) in {"inf", "-inf"}
    return getattr(call.func, "id", "") == "float" and not infinite


def found() -> list[tuple[str, str, int]]:
    return [
        (str(path.relative_to(ROOT)), name, line)
        for path in package_files()
        for name, line in floats(tree_of(path))
        if not TIME.search(name)
    ]


def explained(path: str, name: str) -> bool:
    return any(
        path.startswith(part) and {name, "*"} & names.keys() for part, names in ALLOWED.items()
    )


def test_no_float_but_times_and_the_listed() -> None:
    unexplained = [
        f"{path}:{line} {name}" for path, name, line in found() if not explained(path, name)
    ]

    assert not unexplained, "\n".join(unexplained)


def test_every_exception_is_still_needed() -> None:
    used = [(path, name) for path, name, _ in found()]
    stale = [
        f"{part} {name}"
        for part, names in ALLOWED.items()
        for name in names
        if not any(path.startswith(part) and name in {found_name, "*"} for path, found_name in used)
    ]

    assert not stale, "\n".join(stale)
