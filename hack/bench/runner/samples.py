"""A strategy of every type a bot can run, for the soak: what is added to the product is added to its longest run."""

from collections.abc import Mapping
from typing import Any, Final

from botcore.resources.strategy_params import PARAMETER_MODELS

__all__ = ["SAMPLES", "sample_strategies"]

_LEAST: Final = 8
_INTERVAL: Final = "5m"
_OF_OTHERS: Final = frozenset({"custom"})
"""What a package of the user's own would have to bring."""

SAMPLES: Final[Mapping[str, tuple[tuple[str, ...], Mapping[str, Any]]]] = {
    "dca": (("BTCUSDT",), {"amount": "20", "stopLossPercent": "10"}),
    "ema-cross": (("ETHUSDT",), {"fast": 3, "slow": 8, "stopLossPercent": "2", "takeProfitPercent": "3"}),
    "grid": (("SOLUSDT",), {"lowerPrice": "75", "upperPrice": "300", "grids": 60, "spacing": "geometric"}),
    "rsi": (("BNBUSDT",), {"length": 7, "oversold": 40, "overbought": 60, "stopLossPercent": "3"}),
    "bollinger": (("ADAUSDT",), {"length": 10, "deviations": "1.5", "trailingStopPercent": "2"}),
    "macd": (("XRPUSDT",), {"fast": 4, "slow": 9, "signal": 3, "stopLossPercent": "3"}),
    "supertrend": (("DOGEUSDT",), {"length": 5, "multiplier": "1.5", "stopLossPercent": "4"}),
    "rebalance": (("LTCUSDT", "LINKUSDT"), {"weights": {"LTCUSDT": 50, "LINKUSDT": 50}, "thresholdPercent": "1"}),
}  # fmt: skip
"""Symbols and parameters by type, chosen so that each trades often. A test asks for one of every type."""


def sample_strategies() -> list[dict[str, Any]]:
    """Return at least eight strategies: every type once, the first ones again where there are fewer types."""
    types = [kind.value for kind in PARAMETER_MODELS if kind.value not in _OF_OTHERS]
    markets = {symbol for kind in types for symbol in SAMPLES[kind][0]}
    spare = [
        symbol for symbols, _ in SAMPLES.values() for symbol in symbols if symbol not in markets
    ]
    chosen = [(kind, *SAMPLES[kind]) for kind in types]
    for number in range(_LEAST - len(types)):
        kind = types[number % len(types)]
        chosen.append((kind, (spare[number],), SAMPLES[kind][1]))
    return [
        {
            "name": f"{kind}-{number}",
            "type": kind,
            "symbols": list(symbols),
            "interval": _INTERVAL,
            "capital": "5000",
            "params": dict(params),
        }
        for number, (kind, symbols, params) in enumerate(chosen)
    ]
