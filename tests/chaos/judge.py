"""What must be true of the venue's orders at every moment, and between venue and ledger once all is told."""

from decimal import Decimal

from botcore.domain.orders import Order
from botrunner.engine.loop import Engine
from tests.chaos.surroundings import ModelPostgres, seconds_now
from tests.support.venue_model import VenueModel

__all__ = ["Judge"]


class Judge:
    """Looks at every order the venue has executed since the last look."""

    def __init__(self, venue: VenueModel, postgres: ModelPostgres) -> None:
        self._venue = venue
        self._postgres = postgres
        self._seen: set[str] = set()
        self.sent = 0

    def look(self) -> None:
        """Judge what is new; everything of it was executed just now."""
        for order_id in self._venue.orders.keys() - self._seen:
            self._seen.add(order_id)
            self._executed(self._venue.orders[order_id].order)
        doubled = [order_id for order_id, count in self._venue.sent.items() if count > 1]
        assert not doubled, f"sent twice: {doubled} (I2)"

    def _executed(self, order: Order) -> None:
        self.sent += 1
        order_id = order.client_order_id
        assert order_id in self._postgres.ledger.orders, f"{order_id} has no intent (I2)"
        row = self._postgres.lease
        sender = row.holders.get(order.epoch)
        assert sender is not None, f"{order_id} is of an epoch nobody was given (I1)"
        others = {row.holders[epoch] for epoch in range(order.epoch + 1, row.epoch + 1)} - {sender}
        assert not others, (
            f"{order_id} of {sender} executed at {seconds_now():.3f}, after {others} took the lease (I1)"
        )

    def settled(self, engine: Engine) -> None:
        """Compare the books: every intent at most one order, every fill booked once, nothing left in doubt."""
        venue, ledger, state = self._venue, self._postgres.ledger, engine._turner.state
        assert not state.is_fenced, f"it does not trade again: {state.fence_reason}"
        filled = {
            order_id: {fill.trade_id: fill.quantity for fill in one.fills}
            for order_id, one in venue.orders.items()
            if one.fills
        }
        differing = {
            one
            for one in ledger.booked.keys() | filled.keys()
            if ledger.booked.get(one) != filled.get(one)
        }
        assert not differing, f"fills and trades differ: {[self._story(one) for one in differing]}"
        working = {one.order.client_order_id for one in venue.open()}
        assert set(ledger.unsettled()) == working, "open at the venue and in the ledger differ"
        for (strategy, symbol), sub_book in ledger.sub_books.items():
            held = venue.held(symbol)
            assert sub_book.quantity == held >= Decimal(0), (
                f"{strategy} holds {sub_book.quantity} of {symbol}: {held}"
            )

    def _story(self, order_id: str) -> str:
        order, found = self._postgres.ledger.orders[order_id], self._venue.orders.get(order_id)
        written = self._postgres.journalled_at[order_id]
        return (
            f"{order_id} {order.purpose} journalled at {written:.1f}, in the ledger {order.status}"
            f" {order.reason!r}, at the venue {found.status if found else 'nothing'}"
        )
