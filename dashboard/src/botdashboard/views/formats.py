"""Numbers, times and ages as people read them; money always with its sign or unit."""

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

__all__ = [
    "DASH",
    "age_text",
    "money_text",
    "number_text",
    "profit_text",
    "time_text",
    "tone_of",
]

DASH = "\u2013"  # the usual mark of a missing figure
_CENT = Decimal("0.01")
_MINUS = "\u2212"  # the typographic minus, as wide as the plus
_SPANS = ((86400, "d"), (3600, "h"), (60, "min"))


def number_text(value: Decimal | None) -> str:
    """Write a price or quantity in full, without the zeros at its end."""
    if value is None:
        return DASH
    text = format(value, ",f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def money_text(value: Decimal | None, unit: str) -> str:
    """Write an amount with two decimals and its unit."""
    if value is None:
        return DASH
    return f"{_cents(value)} {unit}"


def profit_text(value: Decimal | None, unit: str) -> str:
    """Write a profit or loss with arrow, sign and unit: never by colour alone."""
    if value is None:
        return DASH
    arrow = {"gain": "▲ +", "loss": f"▼ {_MINUS}"}.get(tone_of(value), "")
    return f"{arrow}{_cents(abs(value))} {unit}".rstrip()


def tone_of(value: Decimal | None) -> str:
    """Name the colour of a profit: gain, loss or flat; what rounds to nothing is flat."""
    rounded = (value or Decimal(0)).quantize(_CENT, ROUND_HALF_EVEN)
    if rounded == 0:
        return "flat"
    return "gain" if rounded > 0 else "loss"


def time_text(at: datetime | None) -> str:
    """Write an instant in UTC, to the second."""
    return DASH if at is None else at.strftime("%Y-%m-%d %H:%M:%S")


def age_text(at: datetime | None, now: datetime) -> str:
    """Write how long ago something was, in its largest unit."""
    if at is None:
        return DASH
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in _SPANS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _cents(value: Decimal) -> str:
    text = format(value.quantize(_CENT, ROUND_HALF_EVEN), ",.2f")
    return text.replace("-", _MINUS)
