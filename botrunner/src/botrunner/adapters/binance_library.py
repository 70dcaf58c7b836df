"""The parts of python-binance that the runner uses, without what only its synchronous client needs.

Importing any part of the library imports all of it, and with it a second HTTP client and a parser of dates in
words: 8 MB of a runner's 80 that nothing here ever calls. They are hidden during this one import; whoever else
imports them in this process gets the real ones.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

__all__ = [
    "AsyncClient",
    "BinanceAPIException",
    "BinanceWebsocketUnableToConnect",
    "WSListenerState",
    "WebsocketAPI",
]


class _Hidden(ModuleType):
    """Answers the annotations that name its classes."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return object


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update({name: _Hidden(name) for name in absent})
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _hidden("requests", "dateparser"):
    from binance.async_client import AsyncClient
    from binance.exceptions import BinanceAPIException, BinanceWebsocketUnableToConnect
    from binance.ws.constants import WSListenerState
    from binance.ws.websocket_api import WebsocketAPI
