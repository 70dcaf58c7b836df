"""What python-binance has to be told to talk to us: addresses and keys, nothing else."""

from binance import AsyncClient, BinanceSocketManager, Client

__all__ = ["async_client", "sockets", "sync_client"]


def async_client(place, account):
    """Give the asynchronous client of an account, still to be awaited."""
    key, rest = _keys(place, account)
    kind = type("LocalClient", (AsyncClient,), _addresses(place))
    return kind.create(key, **rest)


def sync_client(place, account):
    """Give the blocking client of an account."""
    key, rest = _keys(place, account)
    return type("LocalClient", (Client,), _addresses(place))(key, **rest)


def sockets(place, client):
    """Give the socket manager of a client."""
    return type("LocalSockets", (BinanceSocketManager,), {"STREAM_URL": f"{place['ws']}/"})(client)


def _addresses(place):
    return {
        "API_URL": f"{place['http']}/api",
        "MARGIN_API_URL": f"{place['http']}/sapi",
        "WS_API_URL": f"{place['ws']}/ws-api/v3",
    }


def _keys(place, account):
    keys = place["accounts"][account]
    secret = keys["apiSecret"]
    name = "private_key" if "PRIVATE KEY" in secret else "api_secret"
    return keys["apiKey"], {name: secret}
