"""The symbols of the synthetic market, and rules for symbols that are replayed."""

from typing import Final

from botexchange.matching.instruments import Instrument
from botexchange.matching.numbers import SCALE, to_units

__all__ = ["CATALOGUE", "instrument_for"]


def _listed(symbol: str, tick: str, step: str, most: str, reference: str) -> Instrument:
    """Build a USDT pair with Binance's usual limits."""
    return Instrument(
        symbol=symbol,
        base=symbol.removesuffix("USDT"),
        quote="USDT",
        tick=to_units(tick),
        step=to_units(step),
        max_price=to_units("1000000"),
        max_quantity=to_units(most),
        market_max_quantity=to_units(most) // 50,
        min_notional=to_units("5"),
        max_notional=to_units("9000000"),
        depth=to_units("25000"),
        reference=to_units(reference),
    )


CATALOGUE: Final = {
    one.symbol: one
    for one in (
        _listed("BTCUSDT", "0.01", "0.00001", "9000", "60000"),
        _listed("ETHUSDT", "0.01", "0.0001", "9000", "3000"),
        _listed("BNBUSDT", "0.01", "0.001", "9000", "600"),
        _listed("SOLUSDT", "0.01", "0.001", "90000", "150"),
        _listed("ADAUSDT", "0.0001", "0.1", "9000000", "0.5"),
    )
}

_QUOTES: Final = {"USDT": "25000", "USDC": "25000", "FDUSD": "25000", "BTC": "0.5", "ETH": "10"}


def instrument_for(symbol: str, price: int) -> Instrument | None:
    """Give the rules of a replayed symbol; an unlisted one gets a tick and step that fit its price.

    None if the symbol ends in no known quote asset.
    """
    known = CATALOGUE.get(symbol)
    if known is not None:
        return known
    quote = next((name for name in _QUOTES if symbol.endswith(name) and symbol != name), None)
    if quote is None:
        return None
    depth = to_units(_QUOTES[quote])
    tick = 1
    while tick * 1_000_000 < price:
        tick *= 10
    step = SCALE
    while step > 1_000 and step * price // SCALE > depth // 25_000:
        step //= 10
    return Instrument(
        symbol=symbol,
        base=symbol.removesuffix(quote),
        quote=quote,
        tick=tick,
        step=max(step, SCALE // tick),
        max_price=to_units("1000000"),
        max_quantity=to_units("90000000"),
        market_max_quantity=to_units("9000000"),
        min_notional=depth // 5_000,
        max_notional=depth * 360,
        depth=depth,
        reference=price,
    )
