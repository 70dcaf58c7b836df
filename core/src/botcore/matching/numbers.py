"""Exact arithmetic: prices, quantities and money are integers of 1e-8.

Every instrument's tick times its step is a multiple of 1e-8, so price times quantity is
exact; only commissions are rounded, half up at 8 decimals (Binance's commission FAQ).
"""

from typing import Final

__all__ = [
    "DECIMALS",
    "SCALE",
    "ceil_div",
    "falling_trigger",
    "fee",
    "floor_to_step",
    "notional",
    "plain",
    "rising_trigger",
    "scaled",
    "to_units",
]

SCALE: Final = 100_000_000
DECIMALS: Final = 8
BIPS: Final = 10_000


def to_units(text: str) -> int:
    """Read a plain decimal; ValueError if it is not one or has more than 8 decimals."""
    whole, _, fraction = text.partition(".")
    if fraction[DECIMALS:].strip("0"):
        raise ValueError("too much precision")
    return int(whole) * SCALE + int(fraction[:DECIMALS].ljust(DECIMALS, "0"))


def plain(units: int) -> str:
    """Write units as Binance does: a string with 8 decimals."""
    return f"{units // SCALE}.{units % SCALE:08d}"


def notional(price: int, quantity: int) -> int:
    """Multiply a price by a quantity, in quote units."""
    return price * quantity // SCALE


def fee(amount: int, rate: int) -> int:
    """Take a rate (1e-8) of an amount, rounded half up."""
    return (amount * rate + SCALE // 2) // SCALE


def scaled(amount: int, numerator: int, denominator: int) -> int:
    """Multiply by a fraction, rounded half up."""
    return (2 * amount * numerator + denominator) // (2 * denominator)


def ceil_div(value: int, divisor: int) -> int:
    """Divide, rounded up."""
    return -(-value // divisor)


def floor_to_step(value: int, step: int) -> int:
    """Round down to a whole number of steps."""
    return value - value % step


def rising_trigger(lowest: int, delta: int) -> int:
    """Give the first price that is `delta` bips above the lowest."""
    return ceil_div(lowest * (BIPS + delta), BIPS)


def falling_trigger(highest: int, delta: int) -> int:
    """Give the first price that is `delta` bips below the highest."""
    return highest * (BIPS - delta) // BIPS
