"""The symbols of the synthetic market, and rules for symbols that are replayed."""

from typing import Final

from botcore.domain.errors import InvalidInput
from botcore.matching.instruments import Instrument
from botcore.matching.numbers import SCALE, to_units

__all__ = ["CATALOGUE", "CROSSES", "chosen", "instrument_for"]

# Symbol, tick, step, most in one order, usual price: as Binance listed them, prices rounded.
_DOLLARS: Final = """
BTC   0.01       0.00001 9000        60000
ETH   0.01       0.0001  9000        3000
BNB   0.01       0.001   9000        600
SOL   0.01       0.001   90000       150
ADA   0.0001     0.1     9000000     0.5
XRP   0.0001     0.1     9222449     0.6
DOGE  0.00001    1       90000000    0.12
LTC   0.01       0.001   90000       80
LINK  0.01       0.01    90000       15
TRX   0.0001     0.1     9222449     0.25
AVAX  0.01       0.01    90000       30
DOT   0.001      0.01    92141578    6
POL   0.0001     0.1     9000000     0.5
BCH   0.1        0.001   90000       400
UNI   0.001      0.01    90000       8
ATOM  0.001      0.01    92141578    8
ETC   0.01       0.01    900000      25
XLM   0.0001     1       900000      0.12
FIL   0.001      0.01    90000       5
NEAR  0.001      0.1     900000      5
APT   0.001      0.01    922327      9
ARB   0.0001     0.1     9000000     0.9
OP    0.001      0.01    92141578    2
INJ   0.001      0.01    900000      22
SUI   0.0001     0.1     922320      1.5
AAVE  0.01       0.001   90000       100
ALGO  0.0001     1       900000      0.18
VET   0.00001    0.1     900000      0.03
ICP   0.001      0.01    92141578    10
HBAR  0.00001    1       922320      0.08
SAND  0.0001     1       900000      0.4
MANA  0.0001     1       9000000     0.4
AXS   0.001      0.01    92141578    7
EGLD  0.01       0.01    90000       35
THETA 0.001      0.1     900000      1.5
XTZ   0.001      0.1     922320      0.9
GRT   0.0001     1       9222449     0.2
RUNE  0.001      0.1     900000      5
CRV   0.0001     0.1     9222449     0.4
LDO   0.0001     0.01    92141578    2
TON   0.001      0.01    92141578    6
TIA   0.0001     0.01    92141578    6
SEI   0.0001     0.1     9000000     0.5
WIF   0.001      0.01    922320      2
SHIB  0.00000001 1       46116860414 0.00002
PEPE  0.00000001 1       90000000000 0.00001
"""
_CROSSES: Final = """
ETH BTC 0.00001    0.001  100000
BNB BTC 0.000001   0.01   100000
SOL BTC 0.0000001  0.1    90000
BNB ETH 0.0001     0.001  9000
"""
# Depth on the best level, and the least and most an order may be worth.
_QUOTES: Final = {
    "USDT": ("25000", "5", "9000000"),
    "USDC": ("25000", "5", "9000000"),
    "FDUSD": ("25000", "5", "9000000"),
    "BTC": ("0.5", "0.0001", "9000000"),
    "ETH": ("10", "0.001", "9000000"),
    "BNB": ("50", "0.01", "9000000"),
}
_FIRST: Final = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT", "XRPUSDT", "DOGEUSDT")
_DEFAULT: Final = (*_FIRST, "LTCUSDT", "LINKUSDT", "ETHBTC")


def _listed(pair: tuple[str, str], tick: str, step: str, most: str, reference: int) -> Instrument:
    """Build a pair with Binance's usual limits."""
    depth, least, worth = map(to_units, _QUOTES[pair[1]])
    return Instrument(
        symbol="".join(pair),
        base=pair[0],
        quote=pair[1],
        tick=to_units(tick),
        step=to_units(step),
        max_price=to_units("1000000"),
        max_quantity=to_units(most),
        market_max_quantity=to_units(most) // 50,
        min_notional=least,
        max_notional=worth,
        depth=depth,
        reference=reference,
    )


def _listing() -> dict[str, Instrument]:
    found = {}
    for line in _DOLLARS.split("\n")[1:-1]:
        base, tick, step, most, price = line.split()
        one = _listed((base, "USDT"), tick, step, most, to_units(price))
        found[one.symbol] = one
    for line in _CROSSES.split("\n")[1:-1]:
        base, quote, tick, step, most = line.split()
        above, below = (found[f"{asset}USDT"].reference for asset in (base, quote))
        one = _listed((base, quote), tick, step, most, above * SCALE // below)
        found[one.symbol] = one
    return found


CATALOGUE: Final = _listing()
"""Fifty symbols; the market has the first ten of `chosen` unless it is told otherwise."""

CROSSES: Final = {
    one.symbol: (f"{one.base}USDT", f"{one.quote}USDT")
    for one in CATALOGUE.values()
    if one.quote != "USDT"
}
"""Pairs whose price is that of one dollar pair divided by that of another."""


def chosen(names: tuple[str, ...]) -> tuple[Instrument, ...]:
    """List the symbols of a market: by name, the first so many (one number), ten by default.

    Raises:
        InvalidInput: a symbol is not in the catalogue, or there are not so many.
    """
    rest = [symbol for symbol in CATALOGUE if symbol not in _DEFAULT]
    if len(names) == 1 and names[0].isdecimal():
        count = int(names[0])
        if not 1 <= count <= len(CATALOGUE):
            raise InvalidInput.of("--symbols", f"must be 1 to {len(CATALOGUE)}")
        names = tuple([*_DEFAULT, *rest][:count])
    for name in names:
        if name not in CATALOGUE:
            raise InvalidInput.of("--symbols", f"{name} is not in the synthetic market")
    return tuple(CATALOGUE[name] for name in dict.fromkeys(names or _DEFAULT))


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
    depth = to_units(_QUOTES[quote][0])
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
