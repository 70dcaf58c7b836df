"""Orders on the account that this bot did not place: recorded, shown, never touched (TR-10, TR-42)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from botcore.domain.account_book import ExternalOrder
from botcore.domain.orders import Order, OrderReport, own_mark
from botcore.runtime.clock import Clock
from botrunner.trading.commands import PlaceOrder, SaveBooking, SaveOrder
from botrunner.trading.events import OrderReported, Problem
from botrunner.trading.rules import Rules
from botrunner.trading.state import Step

__all__ = ["OpenOrders", "StrangerLedger", "Strangers"]

_log = structlog.get_logger(__name__)
_WRITE_EVERY = 2.0
"""Seconds of real time between two writes."""
_NAMED = 3
"""How many orders a problem names."""

OpenOrders = Callable[[str], Awaitable[tuple[OrderReport, ...]]]
"""Reads every open order of the account in a symbol; raises Transient."""


class StrangerLedger(Protocol):
    """Where others' orders are written."""

    async def record_orders(self, orders: Sequence[ExternalOrder]) -> None:
        """Write what the venue last said of them."""
        ...

    async def close_orders(self, symbol: str, still_open: Sequence[int]) -> None:
        """Mark those of a symbol that are open no more."""
        ...

    async def unknown_orders(self, client_order_ids: Sequence[str]) -> tuple[str, ...]:
        """Return which of these ids the journal does not know."""
        ...


class Strangers:
    """Watches the reports for orders that are not in the journal.

    One that carries this bot's mark comes from a second instance of it: entries stop (TR-11).
    """

    def __init__(self, *, ledger: StrangerLedger, open_orders: OpenOrders, clock: Clock) -> None:
        """Take the ports."""
        self._ledger = ledger
        self._open_orders = open_orders
        self._clock = clock
        self._pending: dict[tuple[str, int], OrderReport] = {}
        self._written_at = float("-inf")
        self._doubles: dict[str, str] = {}

    @property
    def problem(self) -> Problem | None:
        """Return what is wrong; it stays for as long as the process lives."""
        if not self._doubles:
            return None
        names = sorted(self._doubles)
        shown = ", ".join(names[:_NAMED])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        message = f"orders with this bot's mark that its ledger does not know: {shown}{more}"
        return Problem(reason="ForeignOrders", message=message)

    def heard(self, event: OrderReported, step: Step) -> None:
        """Note a report of an order that this step knows nothing of."""
        report = event.report
        if report.client_order_id in step.state.orders or _is_of(step, report.client_order_id):
            return
        self._pending[report.symbol, report.exchange_order_id] = report

    async def read_open(self, rules: Rules, tracked: Sequence[str]) -> None:
        """Read the open orders of every symbol the bot knows.

        Raises:
            Transient: venue or ledger are away.
        """
        for symbol in sorted(rules.instruments):
            found = [
                report
                for report in await self._open_orders(symbol)
                if report.client_order_id not in tracked
            ]
            self._pending |= {(symbol, report.exchange_order_id): report for report in found}
            await self._ledger.close_orders(symbol, [one.exchange_order_id for one in found])

    async def write(self, bot_uid: str, *, at_once: bool = False) -> None:
        """Write what was noted, at most every two seconds.

        Raises:
            Transient: the ledger is away.
        """
        now = self._clock.boottime()
        if not self._pending or (now - self._written_at < _WRITE_EVERY and not at_once):
            return
        self._written_at = now
        noted, self._pending = self._pending, {}
        mark = own_mark(bot_uid)
        marked = [r.client_order_id for r in noted.values() if r.client_order_id.startswith(mark)]
        doubles = frozenset(await self._ledger.unknown_orders(marked) if marked else ())
        orders = [
            _external(report, is_own_mark=report.client_order_id in doubles)
            for report in noted.values()
            if report.client_order_id not in marked or report.client_order_id in doubles
        ]
        if orders:
            await self._ledger.record_orders(orders)
        for order in orders:
            self._tell(order)

    def _tell(self, order: ExternalOrder) -> None:
        if order.is_own_mark:
            self._doubles[order.client_order_id] = order.symbol
        _log.log(
            40 if order.is_own_mark else 20,
            "external_order",
            symbol=order.symbol,
            client_order_id=order.client_order_id,
            status=order.status,
            is_own_mark=order.is_own_mark,
        )


def _is_of(step: Step, client_order_id: str) -> bool:
    """Tell whether the step acted on this order, though it may have forgotten it with its end."""
    orders: list[Order] = []
    for command in step.commands:
        if isinstance(command, SaveOrder | PlaceOrder):
            orders.append(command.order)
        elif isinstance(command, SaveBooking):
            orders.append(command.booked.order)
    return any(order.client_order_id == client_order_id for order in orders)


def _external(report: OrderReport, *, is_own_mark: bool) -> ExternalOrder:
    return ExternalOrder(
        symbol=report.symbol,
        exchange_order_id=report.exchange_order_id,
        client_order_id=report.client_order_id,
        side=report.side,
        type=report.type,
        quantity=report.quantity,
        price=report.price,
        status=report.status.value,
        executed_quantity=report.executed_quantity,
        venue_time=report.venue_time,
        is_own_mark=is_own_mark,
    )
