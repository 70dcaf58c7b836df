"""What the SDK has to be told to talk to us, and how its answers are judged."""

from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_spot import Spot
from checks import setup
from sdk_shapes import Complaints, check_shape, raw_of

__all__ = ["SYMBOL", "api", "api_of", "at", "judge", "limit", "place"]

SYMBOL = "BTCUSDT"
place = setup()
complaints = Complaints()


def api_of(account, *, time_unit=None):
    """Give the REST API of an account; the SDK takes a private key for RSA and Ed25519."""
    keys = place["accounts"][account]
    is_hmac = "PRIVATE KEY" not in keys["apiSecret"]
    return Spot(
        config_rest_api=ConfigurationRestAPI(
            api_key=keys["apiKey"],
            api_secret=keys["apiSecret"] if is_hmac else None,
            private_key=None if is_hmac else keys["apiSecret"],
            base_path=place["http"],
            time_unit=time_unit,
        )
    ).rest_api


api = api_of("hmac")


def judge(call, *, but=(), **arguments):
    """Call and check the whole answer; give its JSON."""
    complaints.take()
    response = call(**arguments)
    data, raw = response.data(), raw_of(response)
    said = [text for text in complaints.take() if "parse" in text or "match" in text]
    if said:
        raise AssertionError("; ".join(said))
    check_shape(data, raw, but=but)
    return raw


def price():
    """Give the last price."""
    return float(raw_of(api.ticker_price(symbol=SYMBOL))["price"])


def at(factor):
    """Give a price so many times the last one, on the tick."""
    return round(price() * factor, 2)


def limit(factor=0.9, side="BUY", **more):
    """Give the arguments of a limit order."""
    return {"symbol": SYMBOL, "side": side, "type": "LIMIT", "time_in_force": "GTC", "quantity": 0.001,
            "price": at(factor), **more}  # fmt: skip
