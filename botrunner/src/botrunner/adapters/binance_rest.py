"""Binance Spot by REST, behind the runner's Exchange port."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from botcore.domain.errors import InvalidInput, Transient
from botcore.domain.instruments import Instrument
from botcore.domain.market import Candle, Interval
from botcore.domain.orders import Fill, Order, OrderReport, Purpose, Side
from botrunner.adapters import binance_mapping as mapping
from botrunner.adapters import binance_requests as requests
from botrunner.adapters import binance_rules as rules
from botrunner.adapters.binance_calls import BAD_SYMBOL, VenueCalls, no_reading
from botrunner.adapters.binance_client import FencedBeforeSend, VenueClient
from botrunner.adapters.binance_errors import CALL_ERRORS, Failure, Meaning, VenueRefusal
from botrunner.adapters.client_slot import ClientSlot
from botrunner.adapters.lockstep import IdleReporter
from botrunner.adapters.rate_limits import Priority, RateLimits
from botrunner.adapters.relay_candles import RelayCandles
from botrunner.adapters.told_balances import ToldBalances
from botrunner.adapters.venue_clock import VenueClock
from botrunner.ports import (
    Account,
    Balance,
    CancelAnswer,
    Cancelled,
    PlaceAnswer,
    Placed,
    PlacedList,
    PlaceListAnswer,
    Refused,
    Unknown,
)

__all__ = ["BinanceExchange"]

_PAGE: Final = 1_000
"""Most rows of one answer."""
_DUPLICATE: Final = "Duplicate order sent."
_FILTER: Final = -1013
_NO_SUCH_ORDER: Final = frozenset({-2013, -2026})


class BinanceExchange:
    """Orders and readings. What the venue says is mapped, what it leaves unsaid is Unknown, never repeated."""

    def __init__(
        self,
        *,
        slot: ClientSlot,
        calls: VenueCalls,
        venue_clock: VenueClock,
        limits: RateLimits,
        relay: RelayCandles | None = None,
        idle: IdleReporter | None = None,
    ) -> None:
        """Take the client; `idle` exists in lockstep replay only, and then there is no relay."""
        self._slot = slot
        self._calls = calls
        self._venue_clock = venue_clock
        self._limits = limits
        self._relay = relay
        self._idle = idle
        self.told = ToldBalances()
        self.filters_doubted = asyncio.Event()
        """Set when the venue refuses an order by a filter: they have changed (TR-29)."""

    @property
    def _client(self) -> VenueClient:
        return self._slot.client

    async def open(self) -> None:
        """Measure the venue's clock; nothing can be signed before.

        Raises:
            Transient: the venue can't be reached.
        """
        await self._venue_clock.start(self._calls.read_time)

    async def keep_time(self) -> None:
        """Keep measuring the venue's clock until cancelled."""
        await self._venue_clock.keep(self._calls.read_time)

    def venue_now(self) -> datetime:
        """Return the venue's time, from the measured offset and rate."""
        return self._venue_clock.now()

    async def report_idle(self) -> None:
        """In lockstep replay: tell the exchange that all it sent is processed; elsewhere do nothing."""
        if self._idle is not None:
            await self._idle.report()

    async def close(self) -> None:
        """Close the connections."""
        await self._slot.close()
        if self._relay is not None:
            await self._relay.close()

    async def place(self, order: Order) -> PlaceAnswer:
        """Send one order; never raises for the venue's answers or silence.

        Raises:
            NotAllowed: the key is rejected.
        """
        priority = Priority.ENTRY if order.purpose is Purpose.ENTRY else Priority.EXIT
        reason = self._limits.refusal(priority, is_order=True)
        if reason is not None:
            return Refused(code=0, reason=reason)
        try:
            body = await self._calls.signed(
                lambda: self._client.create_order(**requests.order_params(order))
            )
        except FencedBeforeSend:
            return Refused(code=0, reason="FencedBeforeSend")
        except (VenueRefusal, *CALL_ERRORS) as error:
            failure = self._calls.understand(error)
            if failure.code == _FILTER:
                self.filters_doubted.set()
            if failure.reason == _DUPLICATE:  # it is there already: success, then query (TR-8)
                return await self._already_placed(order)
            return _not_done(failure)
        return Placed(report=mapping.report_of(body), fills=mapping.fills_of_answer(body))

    async def place_list(self, above: Order, below: Order) -> PlaceListAnswer:
        """Send an OCO; both orders are taken or none (binance.md §1.8).

        Raises:
            NotAllowed: the key is rejected.
        """
        reason = self._limits.refusal(Priority.EXIT, is_order=True)
        if reason is not None:
            return Refused(code=0, reason=reason)
        params = requests.order_list_params(above, below)
        try:
            body = await self._calls.signed(lambda: self._client.create_oco_order(**params))
        except FencedBeforeSend:
            return Refused(code=0, reason="FencedBeforeSend")
        except (VenueRefusal, *CALL_ERRORS) as error:
            failure = self._calls.understand(error)
            if failure.reason == _DUPLICATE:  # it is there already: settled by query (TR-8)
                return Unknown(reason=_DUPLICATE)
            return _not_done(failure)
        return PlacedList(reports=mapping.reports_of(body))

    async def cancel(self, symbol: str, client_order_id: str) -> CancelAnswer:
        """Cancel one own order; Refused with -2011 when the venue knows no such open order (TR-9).

        Raises:
            NotAllowed: the key is rejected.
        """
        reason = self._limits.refusal(Priority.EXIT)
        if reason is not None:
            return Refused(code=0, reason=reason)
        try:
            body = await self._calls.signed(
                lambda: self._client.cancel_order(symbol=symbol, origClientOrderId=client_order_id)
            )
        except (VenueRefusal, *CALL_ERRORS) as error:
            return _not_done(self._calls.understand(error))
        return Cancelled(reports=mapping.reports_of(body))

    async def find_order(self, symbol: str, client_order_id: str) -> OrderReport | None:
        """Query one order; None is the venue's -2013, which soon after a send is no proof (TR-5)."""
        try:
            body = await self._calls.read(
                Priority.QUERY,
                lambda: self._client.get_order(symbol=symbol, origClientOrderId=client_order_id),
            )
        except VenueRefusal as error:
            if error.code in _NO_SUCH_ORDER:
                return None
            raise no_reading(error) from error
        return mapping.report_of(body)

    async def trades(self, symbol: str, exchange_order_id: int) -> tuple[Fill, ...]:
        """Read all fills of one order."""
        found: list[Fill] = []
        asked = {"symbol": symbol, "orderId": exchange_order_id, "limit": _PAGE}
        while True:
            page = await self._calls.reading(
                Priority.QUERY, partial(self._client.get_my_trades, **asked)
            )
            found += [mapping.trade_of(row) for row in page]
            if len(page) < _PAGE:
                return tuple(found)
            asked["fromId"] = found[-1].trade_id + 1

    async def open_orders(self, symbol: str) -> tuple[OrderReport, ...]:
        """Read every open order of the account in a symbol, whoever placed it (TR-42)."""
        rows = await self._calls.reading(
            Priority.QUERY, lambda: self._client.get_open_orders(symbol=symbol)
        )
        return tuple(mapping.report_of(row) for row in rows)

    async def account(self) -> Account:
        """Read uid and balances."""
        body = await self._calls.reading(
            Priority.QUERY, lambda: self._client.get_account(omitZeroBalances="true")
        )
        return self.told.read(mapping.account_of(body))

    async def balances(self) -> Mapping[str, Balance]:
        """Return what the account holds: as its stream told it, else read."""
        known = self.told.known
        return (await self.account()).balances if known is None else known

    async def key_permissions(self) -> Mapping[str, Any] | None:
        """Read what the key may do; None where the venue can't tell (a test network has no /sapi)."""
        try:
            return dict(
                await self._calls.read(Priority.QUERY, self._client.get_account_api_permissions)
            )
        except VenueRefusal as error:
            if error.status == 404:
                return None
            raise no_reading(error) from error

    async def candles(self, symbol: str, interval: Interval, limit: int) -> tuple[Candle, ...]:
        """Read the newest closed candles, oldest first; the unfinished one is left out (TR-32)."""
        certain = mapping.instant(self._venue_clock.earliest_ms())
        asked = min(limit + 1, _PAGE)
        rows = await self._relay.rows(symbol, interval, asked) if self._relay else None
        if rows is None:
            rows = await self._calls.reading(
                Priority.DATA,
                lambda: self._client.get_klines(
                    symbol=symbol, interval=interval.value, limit=asked
                ),
            )
        read = [mapping.candle_of(symbol, interval, row) for row in rows]
        return tuple([candle for candle in read if candle.close_at <= certain][-limit:])

    async def market_price(self, symbol: str, side: Side) -> Decimal:
        """Read what a taker of this side would get at the venue itself, in quote asset.

        Raises:
            Transient: it can't be read now, or nobody offers anything.
        """
        body = await self._calls.reading(
            Priority.ENTRY, lambda: self._client.get_orderbook_ticker(symbol=symbol)
        )
        price = rules.offered(body, side)
        if price is None:
            raise Transient("the book is empty")
        return price

    async def instruments(self, symbols: Sequence[str]) -> Mapping[str, Instrument]:
        """Read the symbols' filters.

        Raises:
            InvalidInput: names the unknown symbols.
        """
        if not symbols:
            return {}
        try:
            body = await self._exchange_info(symbols)
        except VenueRefusal as error:
            if error.code != BAD_SYMBOL:
                raise no_reading(error) from error
            raise await self._unknown_symbols(symbols) from error
        self._limits.limit = rules.weight_limit_of(body) or self._limits.limit
        self._limits.order_limits = rules.order_limits_of(body) or self._limits.order_limits
        found = [rules.instrument_of(row) for row in body["symbols"]]
        return {instrument.symbol: instrument for instrument in found}

    async def _unknown_symbols(self, symbols: Sequence[str]) -> InvalidInput:
        """Ask for each symbol by itself, since the venue does not tell which one it does not know."""
        unknown = []
        for symbol in symbols:
            try:
                await self._exchange_info([symbol])
            except VenueRefusal:
                unknown.append(symbol)
        names = ", ".join(unknown) or "one of " + ", ".join(symbols)
        return InvalidInput.of("spec.strategies.symbols", f"the venue does not trade {names}")

    async def _exchange_info(self, symbols: Sequence[str]) -> Any:
        return await self._calls.read(Priority.QUERY, lambda: self._client.exchange_info(symbols))

    async def _already_placed(self, order: Order) -> PlaceAnswer:
        try:
            report = await self.find_order(order.symbol, order.client_order_id)
        except Transient:
            report = None
        if report is None:
            return Unknown(reason=_DUPLICATE)
        return Placed(report=report, fills=())


def _not_done(failure: Failure) -> Refused | Unknown:
    if failure.meaning is Meaning.UNKNOWN:
        return Unknown(reason=f"{failure.code} {failure.reason}")
    if failure.meaning is Meaning.NOT_SENT:
        return Refused(code=0, reason=Meaning.NOT_SENT.value)
    return Refused(code=failure.code, reason=failure.reason)
