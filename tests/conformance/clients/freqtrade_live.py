"""freqtrade in live mode, by configuration alone: markets, candles, and trades with the stop on the exchange."""

import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ccxt_settings import settings
from checks import Checks, setup

checks = Checks()
place = setup()
_STRATEGY = '''
from freqtrade.strategy import IStrategy

class Always(IStrategy):
    """Buys at once and sells after some seconds."""
    timeframe = "1m"
    startup_candle_count = 1
    minimal_roi = {"0": 10}
    stoploss = -0.05
    process_only_new_candles = False
    order_types = {"entry": "market", "exit": "market", "emergency_exit": "market", "force_exit": "market",
                   "stoploss": "limit", "stoploss_on_exchange": True, "stoploss_on_exchange_interval": 10}

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        return "time" if (current_time - trade.open_date_utc).total_seconds() > 12 else None
'''


def configuration():
    """Give freqtrade's configuration; of the exchange only addresses and keys are ours."""
    ours = settings(place, "hmac")
    pricing = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
    return {
        "dry_run": False,
        "max_open_trades": 2,
        "stake_currency": "USDT",
        "stake_amount": 500,
        "tradable_balance_ratio": 0.9,
        "timeframe": "1m",
        "entry_pricing": pricing,
        "exit_pricing": pricing,
        "unfilledtimeout": {"entry": 1, "exit": 1},
        "exchange": {
            "name": "binance",
            "key": ours["apiKey"],
            "secret": ours["secret"],
            "ccxt_config": {"options": ours["options"], "urls": ours["urls"]},
            "pair_whitelist": ["BTC/USDT", "ETH/USDT"],
        },
        "pairlists": [{"method": "StaticPairList"}],
        "internals": {"process_throttle_secs": 2},
        "bot_name": "conformance",
        "initial_state": "running",
    }


def run(folder, *words, seconds=90):
    """Run freqtrade; give its exit code and what it said."""
    command = [
        sys.executable,
        "-m",
        "freqtrade",
        *words,
        "--userdir",
        str(folder),
        "-c",
        str(folder / "config.json"),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds, check=False, cwd=folder
    )
    return done.returncode, done.stdout + done.stderr


def trade(folder):
    """Let it trade until two positions were opened and closed."""
    database = folder / "trades.sqlite"
    command = [sys.executable, "-m", "freqtrade", "trade", "--userdir", str(folder), "-c", str(folder / "config.json"),
               "--strategy", "Always", "--db-url", f"sqlite:///{database}"]  # fmt: skip
    log = (folder / "freqtrade.log").open("w")
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    end, closed = time.monotonic() + 120, 0
    while time.monotonic() < end and closed < 2 and process.poll() is None:
        time.sleep(2)
        closed = len(rows(database, "select id from trades where is_open = 0"))
    process.terminate()
    process.wait(30)
    return (folder / "freqtrade.log").read_text()


def rows(database, query):
    """Read freqtrade's own books; nothing before they exist."""
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as books:
            return books.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def main(folder):
    """Run everything in one folder."""
    (folder / "strategies").mkdir()
    (folder / "strategies" / "always.py").write_text(_STRATEGY)
    (folder / "config.json").write_text(json.dumps(configuration()))
    with checks.now("list-markets"):
        code, said = run(folder, "list-markets", "--print-json")
        assert code == 0 and "BTC/USDT" in said, said[-500:]
    with checks.now("download-data"):
        code, said = run(folder, "download-data", "--days", "2", "-t", "5m", "1h", "-p", "BTC/USDT")
        files = list((folder / "data" / "binance").glob("BTC_USDT-*.feather"))
        assert code == 0 and len(files) == 2, said[-500:]
    said = ""
    with checks.now("trade"):
        said = trade(folder)
        closed = rows(folder / "trades.sqlite", "select id from trades where is_open = 0")
        assert len(closed) >= 2, said[-900:]
    with checks.now("the stop stood on the exchange and was cancelled"):
        stops = rows(
            folder / "trades.sqlite", "select status from orders where ft_order_side = 'stoploss'"
        )
        assert ("canceled",) in stops, stops
    with checks.now("no error in its log"):
        wrong = [line for line in said.splitlines() if " - ERROR - " in line or "Traceback" in line]
        assert not wrong, wrong[:3]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
