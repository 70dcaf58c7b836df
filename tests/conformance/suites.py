"""Which client runs what, in which environment, and for how long."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["OPTIONAL", "SUITES", "Suite"]

CLIENTS = Path(__file__).with_name("clients")


@dataclass(frozen=True, kw_only=True)
class Suite:
    """One program of checks, run as a process with its client's environment."""

    name: str
    environment: str
    program: str
    arguments: tuple[str, ...] = ()
    seconds: int = 120

    @property
    def path(self):
        """Where the program is."""
        return CLIENTS / self.program


SUITES = (
    Suite(name="ccxt-rest", environment="ccxt", program="ccxt_own_suite.py", arguments=("rest",)),
    Suite(name="ccxt-sync", environment="ccxt", program="ccxt_own_suite.py", arguments=("sync",)),
    Suite(name="ccxt-ws", environment="ccxt", program="ccxt_own_suite.py", arguments=("ws",)),
    Suite(name="ccxt-trading", environment="ccxt", program="ccxt_trading.py"),
    Suite(name="ccxt-errors", environment="ccxt", program="ccxt_errors.py"),
    Suite(name="python-binance", environment="python-binance", program="python_binance.py"),
    Suite(name="python-binance-ws", environment="python-binance", program="python_binance_ws.py"),
    Suite(name="sdk-rest", environment="binance-sdk-spot", program="sdk_rest.py"),
    Suite(name="sdk-ws-api", environment="binance-sdk-spot", program="sdk_ws_api.py"),
    Suite(name="sdk-streams", environment="binance-sdk-spot", program="sdk_streams.py"),
    Suite(name="connector", environment="binance-connector", program="connector.py"),
    Suite(name="unicorn", environment="unicorn", program="unicorn.py"),
    Suite(name="raw-http", environment="binance-sdk-spot", program="raw_requests.py"),
    Suite(name="raw-ws", environment="binance-sdk-spot", program="raw_sockets.py"),
)
OPTIONAL = (
    Suite(name="freqtrade", environment="freqtrade", program="freqtrade_live.py", seconds=300),
    Suite(name="nautilus", environment="nautilus", program="nautilus_live.py"),
)
"""Heavy environments; asked for with --clients all or by name."""
