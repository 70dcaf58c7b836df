"""User events, key by key."""

import json

from botcore.matching.numbers import to_units
from botcore.matching.orders import (
    Contingency,
    Order,
    OrderStatus,
    OrderType,
    Prevention,
    Side,
    TimeInForce,
    Trade,
)
from botcore.matching.reports import Execution, ExecutionReport, ListReport, PreventedMatch
from botexchange.streams.user_events import (
    balance_update,
    external_lock_update,
    stream_terminated,
    user_event,
)

USUAL = set("eEscSofqpPFgCxXrilzLnNTtIwmMOZYQWV")


def an_order(**changes):
    values = {
        "id": 7,
        "account": 1,
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "quantity": to_units("2"),
        "quote_quantity": 0,
        "price": to_units("100"),
        "stop_price": 0,
        "client_order_id": "mine",
        "prevention": Prevention.EXPIRE_MAKER,
        "created_ms": 5,
        "updated_ms": 6,
        "working_ms": 5,
    }
    return Order(**{**values, **changes})


def a_report(order, execution=Execution.NEW, **changes):
    values = {"trade": None, "cancel_client_id": "", "time_ms": 6}
    return ExecutionReport(
        account=1, execution_id=9, execution=execution, order=order, **{**values, **changes}
    )


def event_of(report):
    return json.loads(user_event(report))


def test_new_order_has_the_usual_keys_alone():
    event = event_of(a_report(an_order()))

    assert set(event) == USUAL
    assert (event["x"], event["X"], event["r"], event["w"]) == ("NEW", "NEW", "NONE", True)
    assert (event["t"], event["n"], event["N"]) == (-1, "0", None)


def test_fill_shows_its_trade():
    trade = Trade(
        id=3,
        account=1,
        order_id=7,
        list_id=-1,
        symbol="BTCUSDT",
        side=Side.BUY,
        price=to_units("99"),
        quantity=to_units("2"),
        quote=to_units("198"),
        commission=to_units("0.002"),
        commission_asset="BTC",
        maker=False,
        time_ms=6,
    )
    order = an_order(
        status=OrderStatus.FILLED, executed=to_units("2"), quote_executed=to_units("198")
    )

    event = event_of(a_report(order, Execution.TRADE, trade=trade))

    assert (event["l"], event["L"], event["Y"]) == ("2.00000000", "99.00000000", "198.00000000")
    assert (event["z"], event["Z"]) == ("2.00000000", "198.00000000")
    assert (event["n"], event["N"], event["t"]) == ("0.00200000", "BTC", 3)
    assert event["w"] is False


def test_cancel_carries_both_ids():
    order = an_order(status=OrderStatus.CANCELED)

    event = event_of(a_report(order, Execution.CANCELED, cancel_client_id="stop-it"))

    assert (event["c"], event["C"]) == ("stop-it", "mine")


def test_reduced_order_carries_its_former_id():
    event = event_of(a_report(an_order(), Execution.REPLACED, cancel_client_id="before"))

    assert (event["x"], event["c"], event["C"]) == ("REPLACED", "mine", "before")


def test_waiting_trailing_stop_of_a_strategy_shows_them_and_no_working_time():
    order = an_order(
        type=OrderType.STOP_LOSS_LIMIT,
        stop_price=to_units("90"),
        trailing_delta=100,
        strategy_id=4,
        strategy_type=1_000_000,
        iceberg_quantity=to_units("1"),
        working_ms=-1,
    )

    event = event_of(a_report(order))

    assert set(event) == USUAL - {"W"} | {"d", "D", "j", "J"}
    assert (event["d"], event["D"], event["j"], event["J"]) == (100, -1, 4, 1_000_000)
    assert (event["P"], event["F"], event["w"]) == ("90.00000000", "1.00000000", False)


def test_prevented_maker_shows_what_was_taken_and_by_whom():
    match = PreventedMatch(
        id=3,
        account=1,
        symbol="BTCUSDT",
        taker_order_id=8,
        maker_order_id=7,
        price=to_units("100"),
        taker_prevented_quantity=0,
        maker_prevented_quantity=to_units("2"),
        prevention=Prevention.EXPIRE_MAKER,
        time_ms=6,
    )
    order = an_order(
        status=OrderStatus.EXPIRED_IN_MATCH, prevented_match_id=3, prevented_quantity=to_units("2")
    )

    event = event_of(a_report(order, Execution.TRADE_PREVENTION, prevented=match))

    assert set(event) == USUAL | {"v", "A", "B", "u", "U", "Cs", "pl", "pL", "pY"}
    assert (event["v"], event["U"], event["Cs"], event["u"]) == (3, 8, "BTCUSDT", -1)
    assert event["A"] == event["B"] == event["pl"] == "2.00000000"
    assert (event["pL"], event["pY"]) == ("100.00000000", "200.00000000")


def test_expired_order_says_why():
    order = an_order(status=OrderStatus.EXPIRED, expiry_reason="REJECTED")

    event = event_of(a_report(order, Execution.EXPIRED, reject_reason="INSUFFICIENT_BALANCES"))

    assert (event["eR"], event["r"]) == ("REJECTED", "INSUFFICIENT_BALANCES")


def test_list_status_names_its_orders():
    orders = tuple(
        an_order(id=number, list_id=2, list_client_id="both", contingency=Contingency.OTO)
        for number in (7, 8)
    )

    report = ListReport(account=1, orders=orders, is_done=False, time_ms=6)
    event = event_of(report)

    assert (event["c"], event["l"], event["L"]) == ("OTO", "EXEC_STARTED", "EXECUTING")
    assert (event["g"], event["C"], event["r"]) == (2, "both", "NONE")
    assert event["O"][1] == {"s": "BTCUSDT", "i": 8, "c": "mine"}
    changed = ListReport(account=1, orders=orders, is_done=False, time_ms=6, is_update=True)
    assert event_of(changed)["l"] == "UPDATED"
    done = ListReport(account=1, orders=orders, is_done=True, time_ms=6)
    assert (event_of(done)["l"], event_of(done)["L"]) == ("ALL_DONE", "ALL_DONE")


def test_events_about_balances_and_the_stream():
    assert json.loads(balance_update("BTC", -150_000_000, 6)) == {
        "e": "balanceUpdate",
        "E": 6,
        "a": "BTC",
        "d": "-1.50000000",
        "T": 6,
    }
    lock = json.loads(external_lock_update("NEO", 100_000_000, 6))
    assert (lock["e"], lock["d"]) == ("externalLockUpdate", "1.00000000")
    assert json.loads(stream_terminated(6)) == {"e": "eventStreamTerminated", "E": 6}
