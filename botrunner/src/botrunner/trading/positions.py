"""When a position began: dust of an earlier one does not count (TR-21)."""

from datetime import datetime

from botcore.domain.instruments import Instrument
from botcore.domain.lots import SubBook
from botcore.domain.money import ZERO

__all__ = ["opened_at"]


def opened_at(
    sub_book: SubBook, sold_at: datetime | None, instrument: Instrument | None
) -> datetime | None:
    """Return when the oldest lot was bought (venue time); None while nothing is held.

    Lots older than the last sale that together are not worth an order are what that sale left over.
    """
    if not sub_book.lots:
        return None
    oldest = sub_book.lots[0].opened_at
    if sold_at is None or instrument is None:
        return oldest
    left = sum(
        (lot.remaining * lot.unit_cost for lot in sub_book.lots if lot.opened_at <= sold_at), ZERO
    )
    later = [lot.opened_at for lot in sub_book.lots if lot.opened_at > sold_at]
    return later[0] if later and left < instrument.min_notional else oldest
