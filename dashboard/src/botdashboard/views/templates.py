"""Where a new bot starts from: paper money and strategies to change later."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

__all__ = ["TEMPLATES", "BotTemplate", "new_strategy", "paper_spec"]

_TREND: dict[str, Any] = {
    "type": "ema-cross",
    "symbols": ["BTCUSDT"],
    "interval": "1m",
    "capital": "5000",
    "params": {"fast": 3, "slow": 8, "stopLossPercent": "2"},
}
_SAVINGS: dict[str, Any] = {
    "type": "dca",
    "symbols": ["ETHUSDT"],
    "interval": "1h",
    "capital": "2000",
    "params": {"amount": "25"},
}
_DIPS: dict[str, Any] = {
    "type": "bollinger",
    "symbols": ["BTCUSDT"],
    "interval": "1m",
    "capital": "3000",
    "params": {"stopLossPercent": "3"},
}
_BASKET: dict[str, Any] = {
    "type": "rebalance",
    "symbols": ["BTCUSDT", "ETHUSDT"],
    "interval": "1h",
    "capital": "5000",
    "params": {"weights": {"BTCUSDT": 60, "ETHUSDT": 40}},
}
_RISK: dict[str, Any] = {
    "maxDailyLoss": "500",
    "maxDrawdownPercent": "15",
    "maxPositionNotional": "6000",
    "maxOpenOrders": 20,
    "maxOrdersPerMinute": 30,
}
# What an added strategy starts with, so that its form has no empty field that is required.
_STARTS: dict[str, dict[str, Any]] = {
    "ema-cross": _TREND,
    "dca": _SAVINGS,
    "bollinger": _DIPS,
    "rebalance": _BASKET,
    "rsi": _DIPS | {"type": "rsi"},
    "macd": _DIPS | {"type": "macd"},
    "supertrend": _DIPS | {"type": "supertrend"},
    "grid": _DIPS | {"type": "grid", "params": {"lowerPrice": "50000", "upperPrice": "70000"}},
    "custom": _DIPS | {"type": "custom", "params": {"entryPoint": "breakout"}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BotTemplate:
    """A way to start: what it does, and when it loses."""

    id: str
    title: str
    text: str
    strategies: tuple[tuple[str, dict[str, Any]], ...]


TEMPLATES = (
    BotTemplate(
        id="trend",
        title="Follow the trend",
        text="Buys BTC when a fast average crosses above a slow one, sells when it crosses below."
        " Loses a little each time a market without a trend crosses back and forth.",
        strategies=(("btc-trend", _TREND),),
    ),
    BotTemplate(
        id="savings",
        title="Buy at every interval",
        text="Buys ETH for the same amount every hour until its capital is used."
        " Loses while the market falls.",
        strategies=(("eth-dca", _SAVINGS),),
    ),
    BotTemplate(
        id="both",
        title="Both of them",
        text="One bot with both strategies, each with its own capital.",
        strategies=(("btc-trend", _TREND), ("eth-dca", _SAVINGS)),
    ),
    BotTemplate(
        id="dips",
        title="Buy dips",
        text="Buys BTC when it falls below its lower Bollinger band, sells at the middle one."
        " Loses when a dip is the start of a fall; its stop ends that.",
        strategies=(("btc-dips", _DIPS),),
    ),
    BotTemplate(
        id="basket",
        title="Keep a basket",
        text="Holds 60 % BTC and 40 % ETH, and trades what has run away from its share."
        " Loses while both fall.",
        strategies=(("basket", _BASKET),),
    ),
)


def paper_spec(template_id: str, money: str) -> dict[str, Any]:
    """Write the spec of a new paper bot with so much play money."""
    template = next(one for one in TEMPLATES if one.id == template_id)
    return {
        "mode": "paper",
        "paper": {"balances": {"USDT": money}},
        "strategies": [{"name": name, **strategy} for name, strategy in template.strategies],
        "risk": dict(_RISK),
    }


def new_strategy(kind: str, taken: set[str]) -> dict[str, Any]:
    """Write one more strategy of a type under a name that is free."""
    number = next(n for n in range(1, 100) if f"{kind}-{n}" not in taken)
    return {"name": f"{kind}-{number}", **deepcopy(_STARTS[kind])}
