"""What a trade costs: a rate of what was received, or BNB at a discount (binance.md 1.9)."""

from typing import Final

from botcore.matching.accounts import Account
from botcore.matching.floor import Floor
from botcore.matching.instruments import Instrument
from botcore.matching.numbers import SCALE, fee, scaled
from botcore.matching.orders import Side

__all__ = ["DISCOUNT", "DISCOUNT_ASSET", "commission", "discounted"]

DISCOUNT_ASSET: Final = "BNB"
DISCOUNT: Final = 75_000_000
"""What is left of the standard commission when it is paid in BNB (1e-8)."""


def commission(
    floor: Floor, account: Account, instrument: Instrument, trade: tuple[Side, int, int], rate: int
) -> tuple[int, str]:
    """Give a trade's commission and its asset; the trade is its side, price and quantity.

    An account with the discount pays in BNB if it has enough of it free, counting what it just
    received; else all of it comes out of the received asset.
    """
    side, price, quantity = trade
    is_buy = side is Side.BUY
    received = quantity if is_buy else price * quantity // SCALE
    asset = instrument.base if is_buy else instrument.quote
    full = fee(received, rate)
    if not account.discount:
        return full, asset
    amount = _in_bnb(floor, instrument, full, price, is_base=is_buy)
    if amount is None:
        return full, asset
    free = account.free.get(DISCOUNT_ASSET, 0)
    return (amount, DISCOUNT_ASSET) if amount <= free else (full, asset)


def discounted(amount: int, price: int, discount: int = DISCOUNT) -> int:
    """Turn a commission into BNB at its price and reduce it, rounded half up once."""
    return scaled(amount, discount, price)


def _in_bnb(
    floor: Floor, instrument: Instrument, amount: int, price: int, *, is_base: bool
) -> int | None:
    """Value a commission in BNB, directly or by what it is worth in the quote asset."""
    asset = instrument.base if is_base else instrument.quote
    if asset == DISCOUNT_ASSET:
        return discounted(amount, SCALE)
    direct = floor.markets.get(DISCOUNT_ASSET + asset)
    if direct is not None:
        return discounted(amount, direct.last)
    if not is_base:
        return None
    if instrument.quote == DISCOUNT_ASSET:
        return scaled(amount, price * DISCOUNT, SCALE * SCALE)
    by_quote = floor.markets.get(DISCOUNT_ASSET + instrument.quote)
    if by_quote is None:
        return None
    return scaled(amount, price * DISCOUNT, by_quote.last * SCALE)
