"""TradingBots for tests."""

import secrets
from typing import Any

__all__ = ["a_bot", "a_dca", "a_name", "an_ema_cross"]

_RUN = secrets.token_hex(2)


def a_name(stem: str) -> str:
    """Return a name of this run's own: a bot that bears an earlier one's name goes on with its book."""
    return f"{stem[:40].strip('-')}-{_RUN}"


def an_ema_cross(
    symbol: str = "BTCUSDT", *, name: str = "trend", **params: object
) -> dict[str, Any]:
    """Return a strategy that trades every few candles on the synthetic market."""
    return {
        "name": name, "type": "ema-cross", "symbols": [symbol], "interval": "1m", "capital": "3000",
        "params": {"fast": 2, "slow": 3, "stopLossPercent": "2"} | params,
    }  # fmt: skip


def a_dca(symbol: str = "ETHUSDT", *, name: str = "savings", **params: object) -> dict[str, Any]:
    """Return a strategy that buys at every candle while its capital lasts."""
    return {
        "name": name, "type": "dca", "symbols": [symbol], "interval": "1m", "capital": "6000",
        "params": {"amount": "25"} | params,
    }  # fmt: skip


def a_bot(name: str, *, owner: str = "admin", **spec: Any) -> dict[str, Any]:
    """Return a paper bot; `spec` replaces whole fields of the specification."""
    return {
        "apiVersion": "kbots.dev/v1alpha1",
        "kind": "TradingBot",
        "metadata": {"name": name, "namespace": "kbots-bots"},
        "spec": {
            "owner": owner,
            "mode": "paper",
            "paper": {"balances": {"USDT": "10000"}},
            "strategies": [an_ema_cross(), a_dca()],
            "risk": {
                "maxPositionNotional": "9000",
                "maxOpenOrders": 50,
                "maxOrdersPerMinute": 300,
            },
        }
        | spec,
    }
