"""freqtrade, in its own environment, told by configuration alone to use our paper exchange."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from hack.bench.exchange_process import Exchange
from hack.environments import ROOT, python_of

__all__ = ["backtest_command", "dry_running", "import_candles", "prepare"]

_PEERS: Final = ROOT / "hack" / "bench" / "peers"
_SAPI: Final = {"sapi": "v1", "sapiV2": "v2", "sapiV3": "v3", "sapiV4": "v4"}


def prepare(folder: Path, exchange: Exchange, pairs: Sequence[str], timeframe: str) -> None:
    """Lay out a user folder with configuration and strategy."""
    (folder / "strategies").mkdir(parents=True)
    strategy = (_PEERS / "freqtrade_strategy.py").read_text(encoding="utf-8")
    (folder / "strategies" / "ema_cross.py").write_text(strategy, encoding="utf-8")
    told = json.dumps(_configuration(exchange, pairs, timeframe))
    (folder / "config.json").write_text(told, encoding="utf-8")


@contextmanager
def dry_running(folder: Path) -> Iterator[int]:
    """Let it trade play money for the block; gives its process, the log is `freqtrade.log`."""
    database = f"sqlite:///{folder / 'trades.sqlite'}"
    command = [*_command(folder, "trade"), "--db-url", database]
    with (folder / "freqtrade.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def import_candles(candles: Path, data: Path, pair: str, timeframe: str) -> None:
    """Put a CSV of candles into a folder of data, in freqtrade's own format; needs no network."""
    program = _PEERS / "freqtrade_candles.py"
    command = [python_of("freqtrade"), program, candles, data, pair, timeframe]
    subprocess.run([str(word) for word in command], check=True, cwd=candles.parent)


def backtest_command(folder: Path, data: Path) -> list[str]:
    """Give the command of a backtest over what was imported."""
    given = ["--datadir", str(data), "--data-format-ohlcv", "feather"]
    rest = ["--fee", "0.001", "--cache", "none", "--export", "none"]
    return [*_command(folder, "backtesting"), *given, *rest]


def _command(folder: Path, verb: str) -> list[str]:
    return [
        str(python_of("freqtrade")), "-m", "freqtrade", verb, "--userdir", str(folder),
        "-c", str(folder / "config.json"), "--strategy", "EmaCross",
    ]  # fmt: skip


def _configuration(exchange: Exchange, pairs: Sequence[str], timeframe: str) -> dict[str, Any]:
    """Say the least a bot needs; of the exchange only the addresses are ours."""
    http, ws = f"http://127.0.0.1:{exchange.port}", f"ws://127.0.0.1:{exchange.port}"
    api: dict[str, Any] = {"public": f"{http}/api/v3", "private": f"{http}/api/v3"}
    api |= {"v1": f"{http}/api/v1"} | {
        name: f"{http}/sapi/{version}" for name, version in _SAPI.items()
    }
    api["ws"] = {"spot": f"{ws}/ws", "margin": f"{ws}/ws", "ws-api": {"spot": f"{ws}/ws-api/v3"}}
    spot = {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchMargins": False}
    pricing = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
    return {
        "dry_run": True,
        "dry_run_wallet": 100_000,
        "max_open_trades": len(pairs),
        "stake_currency": "USDT",
        "stake_amount": 10_000,  # so that losses never leave too little for the next trade
        "timeframe": timeframe,
        "entry_pricing": pricing,
        "exit_pricing": pricing,
        "exchange": {
            "name": "binance",
            "ccxt_config": {"options": spot, "urls": {"api": api}},
            "pair_whitelist": list(pairs),
        },
        "pairlists": [{"method": "StaticPairList"}],
        "internals": {"heartbeat_interval": 5},
        "bot_name": "bench",
        "initial_state": "running",
    }
