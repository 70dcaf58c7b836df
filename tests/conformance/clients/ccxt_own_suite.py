"""ccxt's own live suite, from its wheel: public and private, REST and WebSocket.

Argument: rest, sync or ws. The suite refuses to run from site-packages, so the package is linked
into a folder of its own.
"""

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import ccxt
from ccxt_settings import settings
from checks import Checks, setup

# Not spot, or not asked of a spot venue; each has its reason in docs/conformance.md.
SKIPS = {
    "orderBook": {"timestamp": "-", "datetime": "-", "nonce": "-"},
    "fetchLeverageTiers": "margin and futures",
    "fetchMarginModes": "margin and futures",
    "fetchBorrowInterest": "margin",
    "fetchLedgerEntry": "options accounts",
    "fetchLedger": "options accounts",
    "fetchDeposits": "no deposits on paper",
    "fetchWithdrawals": "no withdrawals on paper",
    "fetchTransfers": "no wallet but spot",
    "proxies": "asks a host on the internet",
}
_RUNNER = """
import asyncio, sys
sys.path[:0] = [{tests!r}, {root!r}]
from tests_helpers import argvExchange, argvSymbol, argvMethod, IS_SYNCHRONOUS
import tests_async, tests_sync
module = tests_sync if IS_SYNCHRONOUS else tests_async
module.get_root_dir = lambda: {folder!r}
class Suite(module.testMainClass):
    def check_constructor(self, exchange):  # it wants the public host
        return True
done = Suite().init(argvExchange, argvSymbol, argvMethod)
if not IS_SYNCHRONOUS:
    asyncio.run(done)
"""
_LINE = re.compile(
    r"\[(?:INFO\] )?(TESTING DONE|TESTING FAILED|TESTING|TEST_FAILURE|TEST_WARNING)\]?\s+binance\s+(\w+)"
)
_RUNS = {
    "rest": ("--private",),
    "sync": ("--private", "--sync"),
    "ws": ("--private", "--ws"),
}


def main(kind):
    """Run the suite and tell each of its tests as a check."""
    place, checks = setup(), Checks()
    stop = threading.Event()
    trader = threading.Thread(target=trade_along, args=(place, stop), daemon=True)
    trader.start()
    with tempfile.TemporaryDirectory() as folder:
        output = run_suite(Path(folder), place, _RUNS[kind])
    stop.set()
    trader.join(10)
    tell(output, checks, kind)


def run_suite(folder, place, options):
    """Lay the folder out as the suite wants it, and run it."""
    package = Path(importlib.util.find_spec("ccxt").origin).parent
    root = folder / "python"
    root.mkdir()
    (root / "ccxt").symlink_to(package)
    (folder / "keys.json").write_text(json.dumps({"binance": settings(place, "hmac")}))
    (folder / "skip-tests.json").write_text(json.dumps({"binance": {"skipMethods": SKIPS}}))
    runner = _RUNNER.format(tests=str(root / "ccxt" / "test"), root=str(root), folder=f"{folder}/")
    command = [sys.executable, "-c", runner, "binance", "BTC/USDT", "--info", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    process.wait()
    return lines


def trade_along(place, stop):
    """Trade on the suite's account, so that its private streams have something to say."""
    exchange = ccxt.binance(settings(place, "hmac"))
    side = "buy"
    while not stop.wait(0.7):
        try:
            exchange.create_order("BTC/USDT", "market", side, 0.001)
            resting = exchange.create_order(
                "BTC/USDT", "limit", "buy", 0.001, exchange.fetch_ticker("BTC/USDT")["bid"] * 0.9
            )
            exchange.cancel_order(resting["id"], "BTC/USDT")
        except ccxt.BaseError as error:
            print(f"trading along: {type(error).__name__}: {error}", flush=True)
        side = "sell" if side == "buy" else "buy"


def tell(lines, checks, kind):
    """Read the suite's own words as its run-tests.js does; a test that was begun has to be done."""
    begun, done, failed = [], set(), {}
    for number, line in enumerate(lines):
        match = _LINE.search(line)
        if not match:
            continue
        word, name = match.groups()
        if word == "TESTING":
            begun.append(name)
        elif word == "TESTING DONE":
            done.add(name)
        elif name not in ("PUBLIC_TESTS", "PRIVATE_TESTS"):
            failed[name] = line.strip() + " ".join(
                text.strip() for text in lines[number + 1 : number + 14]
            )
    for name in dict.fromkeys(begun):
        why = failed.get(name, "" if name in done else "begun, never done")
        checks.tell(f"{kind} {name}", why[-580:])


if __name__ == "__main__":
    main(sys.argv[1])
