"""Binance's JSON and the domain; the samples follow Binance's documents."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from botcore.domain.errors import InvariantBroken
from botcore.domain.market import Interval
from botcore.domain.orders import Order, OrderStatus, OrderType, Purpose, Side
from botrunner.adapters import binance_mapping as mapping
from botrunner.adapters import binance_requests as requests
from botrunner.adapters import binance_rules as rules

MS = 1_700_000_000_123
AT = datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)

ORDER = Order(
    strategy="s",
    symbol="BTCUSDT",
    client_order_id="kb-1",
    epoch=1,
    purpose=Purpose.ENTRY,
    side=Side.BUY,
    type=OrderType.MARKET,
    quantity=Decimal("0.00001000"),
    venue_time=AT,
)
REPORT = {
    "e": "executionReport", "E": MS + 5, "s": "BTCUSDT", "c": "kb-1", "S": "BUY", "o": "MARKET", "f": "GTC",
    "q": "2.00000000", "p": "0", "P": "0", "F": "0", "g": -1, "C": "", "x": "TRADE", "X": "PARTIALLY_FILLED",
    "r": "NONE", "i": 42, "l": "0.50000000", "z": "1.50000000", "L": "100.01", "n": "0.00050000", "N": "BTC",
    "T": MS, "t": 7, "I": 9, "w": False, "m": False, "M": False, "O": MS, "Z": "150.00", "Y": "50.00500000",
    "Q": "0", "W": MS, "V": "NONE",
}  # fmt: skip
ANSWER = {
    "symbol": "BTCUSDT", "orderId": 42, "orderListId": -1, "clientOrderId": "kb-1", "transactTime": MS,
    "price": "0.00", "origQty": "2", "executedQty": "2.00000000", "cummulativeQuoteQty": "200.02",
    "status": "FILLED", "timeInForce": "GTC", "type": "MARKET", "side": "BUY",
    "fills": [{"price": "100.01", "qty": "2.00000000", "commission": "0.002", "commissionAsset": "BTC", "tradeId": 7}],
}  # fmt: skip


def test_market_order_is_written_without_exponent_or_price() -> None:
    params = requests.order_params(ORDER)

    assert params == {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "MARKET",
        "quantity": "0.00001",
        "newClientOrderId": "kb-1",
        "newOrderRespType": "FULL",
    }


def test_limit_order_rests_until_canceled() -> None:
    order = replace(ORDER, type=OrderType.LIMIT, price=Decimal("1E+2"))

    params = requests.order_params(order)

    assert (params["price"], params["timeInForce"]) == ("100", "GTC")
    assert params["newOrderRespType"] == "FULL"


def test_stop_order_carries_both_prices() -> None:
    order = replace(
        ORDER,
        type=OrderType.STOP_LOSS_LIMIT,
        side=Side.SELL,
        price=Decimal("99.5"),
        stop_price=Decimal("99.90"),
    )

    params = requests.order_params(order)

    assert params | {"price": "99.5", "stopPrice": "99.9", "timeInForce": "GTC"} == params
    assert params["newOrderRespType"] == "RESULT"


def test_answer_is_read_with_its_fills() -> None:
    report, (fill,) = mapping.report_of(ANSWER), mapping.fills_of_answer(ANSWER)

    assert (report.client_order_id, report.exchange_order_id) == ("kb-1", 42)
    assert (report.status, report.venue_time) == (OrderStatus.FILLED, AT)
    assert report.cumulative_quote == Decimal("200.02")
    assert (fill.trade_id, fill.quote_quantity) == (7, Decimal("200.02"))
    assert (fill.commission, fill.commission_asset) == (Decimal("0.002"), "BTC")


def test_cancels_answer_names_the_order_not_the_cancel() -> None:
    answer = ANSWER | {"origClientOrderId": "kb-1", "clientOrderId": "cancel", "status": "CANCELED"}

    assert mapping.report_of(answer).client_order_id == "kb-1"


def test_answer_without_amount_is_not_negative() -> None:
    answer = ANSWER | {"cummulativeQuoteQty": "-1.00000000"}

    assert mapping.report_of(answer).cumulative_quote == 0


def test_stream_fill_is_read() -> None:
    event = mapping.order_reported(REPORT)

    (fill,) = event.fills
    assert event.report.status is OrderStatus.PARTIALLY_FILLED
    assert event.report.executed_quantity == Decimal("1.5")
    assert (fill.trade_id, fill.quantity, fill.price) == (7, Decimal("0.5"), Decimal("100.01"))
    assert (fill.quote_quantity, fill.venue_time) == (Decimal("50.005"), AT)


def test_stream_cancel_names_the_order_and_has_no_fill() -> None:
    event = mapping.order_reported(
        REPORT | {"x": "CANCELED", "X": "CANCELED", "c": "cancel", "C": "kb-1", "t": -1, "N": None}
    )

    assert (event.report.client_order_id, event.fills) == ("kb-1", ())


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"eR": "INSUFFICIENT_LIQUIDITY"}, "INSUFFICIENT_LIQUIDITY"),
        ({"r": "NONE"}, ""),
        ({"x": "REJECTED", "X": "REJECTED", "r": "INSUFFICIENT_BALANCES"}, "INSUFFICIENT_BALANCES"),
    ],
)
def test_stream_reason_is_kept(told: dict[str, str], reason: str) -> None:
    assert mapping.order_reported(REPORT | told).report.reason == reason


def test_fill_without_commission_has_no_asset() -> None:
    (fill,) = mapping.order_reported(REPORT | {"n": "0", "N": None}).fills

    assert (fill.commission, fill.commission_asset) == (0, "")


def test_every_status_of_binance_is_known_and_an_unknown_one_breaks() -> None:
    for status in (
        "NEW", "PENDING_NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "PENDING_CANCEL", "REJECTED",
        "EXPIRED", "EXPIRED_IN_MATCH",
    ):  # fmt: skip
        mapping.report_of(ANSWER | {"status": status})
    for status in ("UNKNOWN", "HALTED", ""):
        with pytest.raises(InvariantBroken):
            mapping.report_of(ANSWER | {"status": status})


def test_candle_ends_at_its_boundary_from_stream_and_query_alike() -> None:
    opened = 1_699_999_980_000
    kline = {
        "t": opened, "T": opened + 59_999, "s": "BTCUSDT", "i": "1m", "o": "1.10", "c": "1.2", "h": "1.3",
        "l": "1.0", "v": "5", "x": True,
    }  # fmt: skip
    row = [opened, "1.10", "1.3", "1.0", "1.2", "5", opened + 59_999, "6", 2, "1", "1", "0"]

    event = mapping.candle_closed({"e": "kline", "k": kline})

    assert event.candle == mapping.candle_of("BTCUSDT", Interval.M1, row)
    assert event.candle.close_at - event.candle.open_at == timedelta(minutes=1)
    assert mapping.candle_closed({"e": "kline", "k": kline | {"x": False}}) is None


def symbol_info(*filters: dict[str, object]) -> dict[str, object]:
    return {
        "symbol": "BTCUSDT",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "status": "TRADING",
        "filters": list(filters),
    }


@pytest.mark.parametrize("name", ["MIN_NOTIONAL", "NOTIONAL"])
def test_least_order_value_is_read_under_both_names(name: str) -> None:
    found = rules.instrument_of(symbol_info({"filterType": name, "minNotional": "5.00000000"}))

    assert found.min_notional == 5


def test_filters_are_read() -> None:
    found = rules.instrument_of(
        symbol_info(
            {"filterType": "PRICE_FILTER", "tickSize": "0.01", "minPrice": "0", "maxPrice": "0"},
            {"filterType": "LOT_SIZE", "stepSize": "0.00001", "minQty": "0.0001", "maxQty": "9"},
            {"filterType": "MARKET_LOT_SIZE", "stepSize": "0", "minQty": "0", "maxQty": "128.5"},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        )
    )

    assert (found.tick_size, found.step_size) == (Decimal("0.01"), Decimal("0.00001"))
    assert (found.min_quantity, found.max_quantity) == (Decimal("0.0001"), Decimal(9))
    assert (found.market_step_size, found.market_max_quantity) == (0, Decimal("128.5"))
    assert (found.min_notional, found.max_algo_orders) == (0, 5)


def test_weight_limit_is_read_where_told() -> None:
    limits = [
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
    ]

    assert rules.weight_limit_of({"rateLimits": limits}) == 1200
    assert rules.weight_limit_of({}) is None
