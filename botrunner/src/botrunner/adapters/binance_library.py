"""The parts of python-binance that the runner uses, without what only its synchronous client needs.

Importing any part of the library imports all of it, and with it a second HTTP client, a parser of dates in words
and what signs by private keys: megabytes of a runner's 80, and a tenth of its start, that most bots never call. They
are hidden during this one import; whoever else imports them in this process gets the real ones.
"""

from importlib import import_module

from botcore.runtime.lean_imports import hidden

__all__ = [
    "AsyncClient",
    "BinanceAPIException",
    "BinanceWebsocketUnableToConnect",
    "WSListenerState",
    "WebsocketAPI",
    "sign_by_private_keys",
]

_SIGNING = {
    "RSA": "Crypto.PublicKey.RSA",
    "ECC": "Crypto.PublicKey.ECC",
    "SHA256": "Crypto.Hash.SHA256",
    "pkcs1_15": "Crypto.Signature.pkcs1_15",
    "eddsa": "Crypto.Signature.eddsa",
}
"""What python-binance signs with by a private key, under the names its client knows it by."""
_PACKAGES = ("Crypto", "Crypto.Hash", "Crypto.PublicKey", "Crypto.Signature")


with hidden("requests", "dateparser", "pytz", *_PACKAGES):
    from binance.async_client import AsyncClient
    from binance.exceptions import BinanceAPIException, BinanceWebsocketUnableToConnect
    from binance.ws.constants import WSListenerState
    from binance.ws.websocket_api import WebsocketAPI


def sign_by_private_keys() -> None:
    """Bring in what a client with a private key signs with; call it before such a client is made."""
    client = import_module("binance.base_client")
    for name, module in _SIGNING.items():
        setattr(client, name, import_module(module))
