"""What the python-binance suites place alike over REST and over the WebSocket API."""

__all__ = ["prices", "working_order"]


def prices(last):
    """Give a function for prices so many times the last one, on the tick."""
    return lambda factor: f"{last * factor:.2f}"


def working_order(at):
    """Give what OTO and OTOCO lists have in common: a resting order, and what is sold after it."""
    return {
        "symbol": "BTCUSDT", "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": at(0.9),
        "workingQuantity": "0.001", "workingTimeInForce": "GTC", "pendingSide": "SELL", "pendingQuantity": "0.001",
    }  # fmt: skip
