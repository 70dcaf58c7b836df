"""Exact decimal arithmetic for prices (quote asset), quantities (base asset) and their steps."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

__all__ = ["ZERO", "ceil_to_step", "floor_to_step", "wire"]

ZERO = Decimal(0)


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Round down to a multiple of `step`; a step of 0 means no step, as Binance defines it (TR-23)."""
    if step == 0:
        return value
    return (value / step).to_integral_value(rounding=ROUND_FLOOR) * step


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Round up to a multiple of `step`; used for a long position's stop price (TR-23)."""
    if step == 0:
        return value
    return (value / step).to_integral_value(rounding=ROUND_CEILING) * step


def wire(value: Decimal) -> str:
    """Write a decimal as Binance and JSON readers want it: no exponent, no trailing zeros (TR-24)."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
