"""Where Binance's public market data come from (Binance: General Info)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["HOSTS", "Environment", "Hosts"]


class Environment(StrEnum):
    """Which of Binance's worlds."""

    LIVE = "live"
    TESTNET = "testnet"
    DATA = "data"
    """Live prices from the hosts that serve nothing but market data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """Base addresses, without a path."""

    rest: str
    stream: str


HOSTS: Final = {
    Environment.LIVE: Hosts(rest="https://api.binance.com", stream="wss://stream.binance.com:9443"),
    Environment.TESTNET: Hosts(
        rest="https://testnet.binance.vision", stream="wss://stream.testnet.binance.vision"
    ),
    Environment.DATA: Hosts(
        rest="https://data-api.binance.vision", stream="wss://data-stream.binance.vision"
    ),
}
