"""Binance's JSON to the domain and back: strings to Decimal, ms to aware instants. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from botcore.domain.errors import InvariantBroken
from botcore.domain.market import Candle, Interval
from botcore.domain.money import ZERO
from botcore.domain.orders import Fill, OrderReport, OrderStatus, Side
from botrunner.ports import Account, Balance
from botrunner.trading.events import BalanceChanged, CandleClosed, OrderReported

__all__ = [
    "account_of",
    "balance_changed",
    "candle_closed",
    "candle_of",
    "fills_of_answer",
    "instant",
    "order_reported",
    "report_of",
    "reports_of",
    "trade_of",
]

Json = Mapping[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STATUSES: Final = {
    status.value: status
    for status in OrderStatus
    if status not in {OrderStatus.PENDING_NEW, OrderStatus.UNKNOWN}  # our own words
} | {"PENDING_NEW": OrderStatus.NEW, "PENDING_CANCEL": OrderStatus.NEW}


def instant(milliseconds: int) -> datetime:
    """Return an aware instant."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def reports_of(body: Json) -> tuple[OrderReport, ...]:
    """Read the reports of an order list's answer, or the one of a single order's.

    Raises:
        InvariantBroken: a status that is not in Binance's table.
    """
    return tuple(report_of(one) for one in body.get("orderReports", (body,)))


def report_of(body: Json) -> OrderReport:
    """Read an order out of a query's, a placement's or a cancel's answer.

    Raises:
        InvariantBroken: a status that is not in Binance's table.
    """
    # A cancel's answer has the cancel's own id as clientOrderId (binance.md §1.4).
    own_id = body.get("origClientOrderId") or body["clientOrderId"]
    moment = body.get("transactTime") or body.get("updateTime") or body["time"]
    return OrderReport(
        client_order_id=own_id,
        symbol=body["symbol"],
        exchange_order_id=int(body["orderId"]),
        status=_status(body["status"]),
        executed_quantity=Decimal(body["executedQty"]),
        cumulative_quote=_quote(body["cummulativeQuoteQty"]),
        venue_time=instant(moment),
        reason=body.get("expiryReason", ""),
        side=body.get("side", ""),
        type=body.get("type", ""),
        quantity=Decimal(body.get("origQty", "0")),
        price=_price(body.get("price", "0")),
    )


def fills_of_answer(body: Json) -> tuple[Fill, ...]:
    """Read the fills of a FULL answer."""
    return tuple(
        Fill(
            symbol=body["symbol"],
            trade_id=int(fill["tradeId"]),
            exchange_order_id=int(body["orderId"]),
            side=Side(body["side"]),
            price=Decimal(fill["price"]),
            quantity=Decimal(fill["qty"]),
            quote_quantity=Decimal(fill["price"]) * Decimal(fill["qty"]),
            commission=Decimal(fill["commission"]),
            commission_asset=fill["commissionAsset"],
            venue_time=instant(body["transactTime"]),
        )
        for fill in body.get("fills", ())
    )


def trade_of(body: Json) -> Fill:
    """Read one trade of myTrades."""
    return Fill(
        symbol=body["symbol"],
        trade_id=int(body["id"]),
        exchange_order_id=int(body["orderId"]),
        side=Side.BUY if body["isBuyer"] else Side.SELL,
        price=Decimal(body["price"]),
        quantity=Decimal(body["qty"]),
        quote_quantity=Decimal(body["quoteQty"]),
        commission=Decimal(body["commission"]),
        commission_asset=body["commissionAsset"],
        venue_time=instant(body["time"]),
    )


def order_reported(event: Json) -> OrderReported:
    """Read an executionReport, with its fill if it carries one; the order's own id is C on a cancel."""
    report = OrderReport(
        client_order_id=event["C"] or event["c"],
        symbol=event["s"],
        exchange_order_id=int(event["i"]),
        status=_status(event["X"]),
        executed_quantity=Decimal(event["z"]),
        cumulative_quote=_quote(event["Z"]),
        venue_time=instant(event["T"]),
        reason=event.get("eR", "") or ("" if event["r"] == "NONE" else event["r"]),
        side=event["S"],
        type=event["o"],
        quantity=Decimal(event["q"]),
        price=_price(event["p"]),
    )
    return OrderReported(report=report, fills=_fills_of_event(event))


def _fills_of_event(event: Json) -> tuple[Fill, ...]:
    if event["x"] != "TRADE":
        return ()
    fill = Fill(
        symbol=event["s"],
        trade_id=int(event["t"]),
        exchange_order_id=int(event["i"]),
        side=Side(event["S"]),
        price=Decimal(event["L"]),
        quantity=Decimal(event["l"]),
        quote_quantity=Decimal(event["Y"]),
        commission=Decimal(event["n"]),
        commission_asset=event["N"] or "",  # null when nothing was charged
        venue_time=instant(event["T"]),
    )
    return (fill,)


def candle_closed(frame: Json) -> CandleClosed | None:
    """Read a kline frame; None while the candle is unfinished (TR-32)."""
    kline = frame["k"]
    if not kline["x"]:
        return None
    candle = Candle(
        symbol=kline["s"],
        interval=Interval(kline["i"]),
        open_at=instant(kline["t"]),
        close_at=_close_at(kline["T"]),
        open=Decimal(kline["o"]),
        high=Decimal(kline["h"]),
        low=Decimal(kline["l"]),
        close=Decimal(kline["c"]),
        volume=Decimal(kline["v"]),
    )
    return CandleClosed(candle=candle)


def candle_of(symbol: str, interval: Interval, row: Sequence[Any]) -> Candle:
    """Read one row of the klines answer."""
    return Candle(
        symbol=symbol,
        interval=interval,
        open_at=instant(row[0]),
        close_at=_close_at(row[6]),
        open=Decimal(row[1]),
        high=Decimal(row[2]),
        low=Decimal(row[3]),
        close=Decimal(row[4]),
        volume=Decimal(row[5]),
    )


def account_of(body: Json) -> Account:
    """Read an account with its balances."""
    return Account(
        uid=str(body["uid"]),
        can_trade=bool(body["canTrade"]),
        balances={
            row["asset"]: Balance(free=Decimal(row["free"]), locked=Decimal(row["locked"]))
            for row in body["balances"]
        },
    )


def _status(text: str) -> OrderStatus:
    if text not in _STATUSES:
        raise InvariantBroken(f"the venue reports an unknown order status: {text}")
    return _STATUSES[text]


def balance_changed(event: Json) -> BalanceChanged:
    """Read a balanceUpdate: a deposit, a withdrawal or a transfer, never a trade."""
    amount, at = Decimal(event["d"]), instant(event["T"])
    return BalanceChanged(asset=event["a"], amount=amount, venue_time=at)


def _price(text: str) -> Decimal | None:
    return Decimal(text) or None  # Binance says 0 where it has none


def _quote(text: str) -> Decimal:
    """Read a cumulative quote amount; Binance says -1 where old data is missing."""
    return max(Decimal(text), ZERO)


def _close_at(milliseconds: int) -> datetime:
    """Return when the candle ends; Binance tells its last millisecond."""
    return instant(milliseconds + 1)
