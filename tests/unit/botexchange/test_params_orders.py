"""Parameters of new orders and lists, by type."""

import itertools

import pytest

from botcore.matching.numbers import to_units
from botcore.matching.orders import OrderType, Prevention, Side, TimeInForce
from botcore.matching.refusals import VenueError
from botexchange.api.new_list import read_oco, read_old_oco, read_oto, read_otoco
from botexchange.api.new_order import read_order
from botexchange.api.params import Params

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "1",
    "price": "100",
}
STOP = {**LIMIT, "type": "STOP_LOSS_LIMIT", "stopPrice": "90"}
MARKET = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "1"}
OCO = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "quantity": "1",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "110",
    "belowType": "STOP_LOSS_LIMIT",
    "belowPrice": "89",
    "belowStopPrice": "90",
    "belowTimeInForce": "GTC",
}
WORKING = {
    "symbol": "BTCUSDT",
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingQuantity": "2",
    "workingPrice": "95",
    "workingTimeInForce": "GTC",
}
OTO = {**WORKING, "pendingType": "MARKET", "pendingSide": "SELL", "pendingQuantity": "1"}
OTOCO = {
    **WORKING,
    "pendingSide": "SELL",
    "pendingQuantity": "1",
    "pendingAboveType": "TAKE_PROFIT",
    "pendingAboveStopPrice": "120",
    "pendingBelowType": "STOP_LOSS",
    "pendingBelowTrailingDelta": "100",
}
OLD = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "quantity": "1",
    "price": "110",
    "stopPrice": "90",
}


def read(reader, values):
    numbers = itertools.count(1)
    sent = {name: value for name, value in values.items() if value is not None}
    return reader(Params(sent), lambda: f"new-{next(numbers)}")


def refused(reader, values):
    with pytest.raises(VenueError) as error:
        read(reader, values)
    return error.value


def test_every_field_of_an_order_is_read():
    order = read(
        read_order,
        {
            **STOP,
            "newClientOrderId": "mine",
            "icebergQty": "0.5",
            "trailingDelta": "200",
            "strategyId": "7",
            "strategyType": "1000000",
            "selfTradePreventionMode": "DECREMENT",
        },
    )

    assert (order.type, order.side) == (OrderType.STOP_LOSS_LIMIT, Side.BUY)
    assert (order.price, order.stop_price) == (to_units("100"), to_units("90"))
    assert (order.quantity, order.iceberg_quantity) == (to_units("1"), to_units("0.5"))
    assert (order.client_order_id, order.prevention) == ("mine", Prevention.DECREMENT)
    assert (order.trailing_delta, order.strategy_id, order.strategy_type) == (200, 7, 1_000_000)


def test_missing_client_id_is_made():
    assert read(read_order, LIMIT).client_order_id == "new-1"


def test_trailing_stop_needs_no_stop_price():
    order = read(read_order, {**STOP, "stopPrice": None, "trailingDelta": "100"})

    assert (order.stop_price, order.trailing_delta) == (0, 100)


@pytest.mark.parametrize(
    ("values", "code", "message"),
    [
        ({**LIMIT, "symbol": None}, -1102, "'symbol'"),
        ({**LIMIT, "symbol": "btcusdt"}, -1100, "'symbol'"),
        ({**LIMIT, "side": None}, -1102, "'side'"),
        ({**LIMIT, "side": "HOLD"}, -1117, "Invalid side."),
        ({**LIMIT, "type": "OCO"}, -1116, "Invalid orderType."),
        ({**LIMIT, "timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
        ({**LIMIT, "timeInForce": None}, -1102, "'timeInForce'"),
        ({**LIMIT, "price": None}, -1102, "'price'"),
        ({**LIMIT, "price": "0"}, -1013, "Invalid price."),
        ({**LIMIT, "quantity": "0.0"}, -1013, "Invalid quantity."),
        ({**LIMIT, "quantity": None}, -1102, "'quantity'"),
        ({**LIMIT, "quoteOrderQty": "5"}, -1106, "'quoteOrderQty' sent when not required."),
        ({**LIMIT, "stopPrice": "5"}, -1106, "'stopPrice' sent when not required."),
        ({**LIMIT, "trailingDelta": "5"}, -1106, "'trailingDelta' sent when not required."),
        ({**LIMIT, "type": "LIMIT_MAKER"}, -1106, "'timeInForce' sent when not required."),
        ({**LIMIT, "icebergQty": "0"}, -1013, "Invalid icebergQty."),
        ({**LIMIT, "strategyType": "999999"}, -1134, "strategyType was less than 1000000."),
        ({**LIMIT, "strategyId": "x"}, -1100, "'strategyId'"),
        ({**LIMIT, "selfTradePreventionMode": "ALL"}, -1130, "'selfTradePreventionMode'"),
        (
            {**LIMIT, "selfTradePreventionMode": "TRANSFER"},
            -1013,
            "This symbol does not allow the specified self-trade prevention mode.",
        ),
        ({**LIMIT, "pegPriceType": "PRIMARY_PEG"}, -2010, "Pegged orders are not supported"),
        ({**MARKET, "price": "1"}, -1106, "'price' sent when not required."),
        ({**MARKET, "timeInForce": "GTC"}, -1106, "'timeInForce' sent when not required."),
        ({**MARKET, "icebergQty": "1"}, -1106, "'icebergQty' sent when not required."),
        ({**MARKET, "quoteOrderQty": "1"}, -1106, "'quoteOrderQty' sent when not required."),
        ({**MARKET, "quantity": None, "quoteOrderQty": "0"}, -1013, "Invalid quantity."),
        (
            {**STOP, "stopPrice": None},
            -1102,
            "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!",
        ),
        ({**STOP, "stopPrice": "0"}, -1013, "Invalid stopPrice."),
        ({**STOP, "trailingDelta": "0"}, -1013, "Filter failure: TRAILING_DELTA"),
        ({**STOP, "type": "TAKE_PROFIT"}, -1106, "sent when not required."),
    ],
)
def test_wrong_order_is_refused(values, code, message):
    error = refused(read_order, values)

    assert error.code == code
    assert message in error.message


def test_oco_is_read():
    request = read(read_oco, {**OCO, "aboveClientOrderId": "up", "listClientOrderId": "both"})

    assert (request.above.type, request.below.type) == ("LIMIT_MAKER", "STOP_LOSS_LIMIT")
    assert (request.above.client_order_id, request.list_client_id) == ("up", "both")
    assert request.above.quantity == request.below.quantity == to_units("1")
    assert request.below.stop_price == to_units("90")


def test_old_oco_of_a_buyer_has_its_stop_above():
    request = read(
        read_old_oco,
        {**OLD, "side": "BUY", "stopLimitPrice": "91", "stopLimitTimeInForce": "GTC"},
    )

    assert (request.above.type, request.above.price) == ("STOP_LOSS_LIMIT", to_units("91"))
    assert (request.below.type, request.below.price) == ("LIMIT_MAKER", to_units("110"))


def test_old_oco_of_a_seller_without_limit_is_a_stop_loss():
    request = read(read_old_oco, {**OLD, "limitIcebergQty": "0.5", "stopClientOrderId": "down"})

    assert (request.above.type, request.above.iceberg_quantity) == ("LIMIT_MAKER", to_units("0.5"))
    assert (request.below.type, request.below.client_order_id) == ("STOP_LOSS", "down")


def test_oto_is_read():
    request = read(read_oto, OTO)

    assert (request.working.quantity, request.working.price) == (to_units("2"), to_units("95"))
    assert request.working.time_in_force is TimeInForce.GTC
    (pending,) = request.pending
    assert (pending.type, pending.side, pending.quantity) == ("MARKET", "SELL", to_units("1"))


def test_otoco_has_two_pending_orders():
    request = read(read_otoco, OTOCO)

    above, below = request.pending
    assert (above.type, above.stop_price) == ("TAKE_PROFIT", to_units("120"))
    assert (below.type, below.trailing_delta) == ("STOP_LOSS", 100)


def legs(side, above, below):
    prices = {"aboveTimeInForce": None, "belowTimeInForce": None, "belowStopPrice": None}
    return {**OCO, **prices, "side": side, "aboveType": above, "belowType": below}


@pytest.mark.parametrize(
    ("values", "code", "message"),
    [
        (legs("SELL", "LIMIT", "STOP_LOSS"), -1158, "Order type not supported in OCO."),
        (legs("SELL", "LIMIT_MAKER", "MARKET"), -1158, "Order type not supported in OCO."),
        (legs("SELL", "ICEBERG", "STOP_LOSS"), -1116, "Invalid orderType."),
        (
            legs("BUY", "LIMIT_MAKER", "STOP_LOSS"),
            -1165,
            "A limit order in a buy OCO must be below.",
        ),
        (
            legs("SELL", "STOP_LOSS", "LIMIT_MAKER"),
            -1166,
            "A limit order in a sell OCO must be above.",
        ),
        (
            legs("SELL", "LIMIT_MAKER", "LIMIT_MAKER"),
            -1168,
            "At least one OCO order must be contingent.",
        ),
        (
            legs("BUY", "STOP_LOSS", "STOP_LOSS_LIMIT"),
            -1196,
            "A stop loss order in a buy OCO must be above.",
        ),
        (
            legs("SELL", "STOP_LOSS_LIMIT", "STOP_LOSS"),
            -1197,
            "A stop loss order in a sell OCO must be below.",
        ),
        (
            legs("BUY", "TAKE_PROFIT", "LIMIT_MAKER"),
            -1198,
            "A take profit order in a buy OCO must be below.",
        ),
        (
            legs("SELL", "LIMIT_MAKER", "TAKE_PROFIT_LIMIT"),
            -1199,
            "A take profit order in a sell OCO must be above.",
        ),
        (
            {**OCO, "belowTimeInForce": "IOC", "belowIcebergQty": "0.5"},
            -1160,
            "Parameter 'belowIcebergQty' is not supported if 'belowTimeInForce' is not GTC.",
        ),
        ({**OCO, "belowTimeInForce": None}, -1102, "'belowTimeInForce'"),
        ({**OCO, "belowStopPrice": None}, -1102, "'belowStopPrice' or 'belowTrailingDelta'"),
        ({**OCO, "abovePegPriceType": "MARKET_PEG"}, -2010, "Pegged orders are not supported"),
        ({**OCO, "listClientOrderId": "a b"}, -1100, "'listClientOrderId'"),
        ({**OCO, "aboveStrategyType": "5"}, -1134, "strategyType was less than 1000000."),
    ],
)
def test_wrong_oco_is_refused(values, code, message):
    error = refused(read_oco, values)

    assert error.code == code
    assert message in error.message


@pytest.mark.parametrize(
    ("reader", "values", "code", "message"),
    [
        (read_oto, {**OTO, "workingType": "MARKET"}, -1014, "Unsupported order combination."),
        (read_oto, {**OTO, "workingTimeInForce": None}, -1102, "'workingTimeInForce'"),
        (read_oto, {**OTO, "pendingType": None}, -1102, "'pendingType'"),
        (read_oto, {**OTO, "pendingPrice": "1"}, -1106, "'pendingPrice' sent when not required."),
        (read_oto, {**OTO, "pendingQuantity": "0"}, -1013, "Invalid quantity."),
        (read_otoco, {**OTOCO, "pendingBelowType": "LIMIT_MAKER"}, -1166, "must be above."),
        (read_otoco, {**OTOCO, "pendingBelowType": None}, -1102, "'pendingBelowType'"),
        (read_old_oco, {**OLD, "price": None}, -1102, "'price'"),
        (read_old_oco, {**OLD, "stopLimitPrice": "91"}, -1102, "'stopLimitTimeInForce'"),
        (read_old_oco, {**OLD, "stopLimitTimeInForce": "GTC"}, -1106, "'stopLimitTimeInForce'"),
    ],
)
def test_wrong_list_is_refused(reader, values, code, message):
    error = refused(reader, values)

    assert error.code == code
    assert message in error.message
