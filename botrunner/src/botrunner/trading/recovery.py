"""Start-up, reconnect and restart are the same.

The state is made anew from the ledger, then from the venue.
"""

from dataclasses import replace
from datetime import datetime

from botcore.domain.money import ZERO
from botcore.domain.orders import OrderStatus
from botrunner.trading.state import BotState, Stored

__all__ = ["restore"]


def restore(
    stored: Stored, *, venue_time: datetime, halt: str | None, is_shutting_down: bool
) -> BotState:
    """Build the fenced state from what the ledger holds.

    The venue is asked about every unsettled order next.

    An intent found without an answer was perhaps sent by a process that died: its outcome is
    unknown (I3).
    """
    orders = {
        order.client_order_id: replace(order, status=OrderStatus.UNKNOWN)
        if order.status is OrderStatus.PENDING_NEW
        else order
        for order in stored.orders
    }
    return BotState(
        fence_reason="Recovering",
        halt=halt,
        is_shutting_down=is_shutting_down,
        orders=orders,
        doubted=frozenset(orders),
        sub_books={(book.strategy, book.symbol): book for book in stored.sub_books},
        decided=dict(stored.decided),
        venue_time=venue_time,
        day=venue_time.date(),
        day_realized=stored.day_realized.get(venue_time.date(), ZERO),
        peak_equity=stored.peak_equity,
        sold_at=dict(stored.sold_at),
        stop_outs=dict(stored.stop_outs),
        entry_times=stored.entry_times,
        doubts=stored.doubts,
        fee_assets=stored.fee_assets,
    )
