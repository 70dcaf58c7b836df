"""Candles of a file as the market: what bot trades them."""

import re
from pathlib import Path

from hack.report import StepFailed

__all__ = ["market_of", "replay_bot"]

_NAME = re.compile(
    r"(?P<symbol>[A-Z0-9]{2,16}USDT)-(?P<interval>1m|3m|5m|15m|30m|1h|2h|4h|6h|8h|12h|1d)"
)

_BOT = """\
apiVersion: kbots.dev/v1alpha1
kind: TradingBot
metadata: {{name: replay-bot, namespace: kbots-bots}}
spec:
  owner: admin
  mode: paper
  paper: {{balances: {{USDT: "10000"}}}}
  strategies:
    - name: trend
      type: ema-cross
      symbols: [{symbol}]
      interval: {interval}
      capital: "5000"
      params: {{fast: 12, slow: 48, stopLossPercent: "5"}}
  risk: {{maxPositionNotional: "6000", maxOpenOrders: 20, maxOrdersPerMinute: 30}}
"""


def market_of(candles: str | None) -> str:
    """Return the market's name for the installation: `synthetic`, or the file's absolute path.

    Raises:
        StepFailed: the file is missing, or its name does not tell symbol and interval.
    """
    if candles is None:
        return "synthetic"
    path = Path(candles).resolve()
    if not path.is_file():
        raise StepFailed(f"there is no file {path}", fix="name a candle file: make run CANDLES=…")
    _parts(path)
    return str(path)


def replay_bot(market: str) -> str:
    """Return the manifest of the bot that trades the file's symbol at its interval."""
    symbol, interval = _parts(Path(market))
    return _BOT.format(symbol=symbol, interval=interval)


def _parts(path: Path) -> tuple[str, str]:
    found = _NAME.fullmatch(path.stem)
    if found is None:
        raise StepFailed(
            f"the name {path.name} does not tell what its candles are",
            fix="name the file after symbol and interval, such as BTCUSDT-1h.csv",
        )
    return found["symbol"], found["interval"]
