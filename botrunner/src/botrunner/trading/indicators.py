"""Indicators over closed prices.

Float lives behind this boundary: no price, quantity or balance leaves it (I7).
"""

from decimal import Decimal

from botcore.domain.records import record

__all__ = ["Ema"]


@record
class Ema:
    """An exponential moving average, seeded with the simple average of its first `length` values."""

    length: int
    count: int = 0
    level: float = 0.0

    @property
    def is_ready(self) -> bool:
        """Tell whether enough values were seen."""
        return self.count >= self.length

    def after(self, price: Decimal) -> "Ema":
        """Return the average after one more closed price (quote asset)."""
        value = float(price)
        count = self.count + 1
        if count <= self.length:
            level = self.level + (value - self.level) / count
        else:
            level = self.level + (value - self.level) * 2.0 / (self.length + 1)
        return Ema(length=self.length, count=count, level=level)
