"""OTO and OTOCO lists: what waits, what is placed when, what ends what."""

import pytest

from botcore.matching.engine import Engine
from botcore.matching.lists import OtoRequest
from botcore.matching.numbers import to_units
from botcore.matching.orders import Contingency, OrderRequest, OrderStatus
from botcore.matching.refusals import VenueError
from tests.unit.botexchange.builders import (
    NOW,
    UID,
    a_request,
    a_tick,
    an_engine,
    done,
    executions,
    form,
    free,
    locked,
    placed,
    placed_list,
)

BUY_BELOW = {"quantity": "1", "price": "49000"}
TAKE = a_request("LIMIT_MAKER", "SELL", quantity="1", price="51000")
STOP = a_request("STOP_LOSS_LIMIT", "SELL", quantity="1", stop_price="48000", price="47900")


def working(**more):
    return a_request("LIMIT", "BUY", **{**BUY_BELOW, **more})


def an_oto(pending=TAKE, first=None, **more):
    both = pending if not isinstance(pending, OrderRequest) else (pending,)
    return OtoRequest(working=first or working(), pending=both, **more)


def test_pending_order_waits_off_the_book_without_funds():
    engine = an_engine(btc="0")

    first, second = engine.place_list(UID, an_oto(), NOW)

    changes = engine.drain()
    assert executions(changes) == ["list", "NEW/NEW", "NEW/PENDING_NEW", "balances"]
    assert done(changes) == [(2, False)]
    assert first.contingency is second.contingency is Contingency.OTO
    assert second.status is OrderStatus.PENDING_NEW
    assert (second.locked, second.working_ms) == (0, -1)
    engine.move(a_tick("51500", at=NOW + 1))
    assert not engine.drain()


def test_pending_order_is_placed_only_when_the_working_one_is_fully_filled():
    engine = an_engine()
    first, second = placed_list(engine, an_oto())

    engine.move(a_tick("49000", at=NOW + 1, quantity="0.4"))
    assert executions(engine.drain()) == ["TRADE/PARTIALLY_FILLED", "balances"]
    engine.move(a_tick("48900", at=NOW + 2))

    changes = engine.drain()
    assert executions(changes) == ["TRADE/FILLED", "NEW/NEW", "balances"]
    assert form(changes, second).working_ms == NOW + 2
    assert locked(engine, "BTC") == to_units("1")
    engine.move(a_tick("51500", at=NOW + 3))
    changes = engine.drain()
    assert executions(changes) == ["TRADE/FILLED", "list", "balances"]
    assert done(changes) == [(2, True)]
    assert first.id < second.id


def test_list_whose_working_order_fills_at_once_is_answered_with_its_pending_order():
    engine = an_engine()
    request = an_oto(first=working(price="50500"))

    first, second = engine.place_list(UID, request, NOW)

    changes = engine.drain()
    assert first.status is OrderStatus.FILLED
    assert second.status is OrderStatus.PENDING_NEW
    assert form(changes, second).status is OrderStatus.NEW
    assert executions(changes)[:3] == ["list", "NEW/NEW", "NEW/PENDING_NEW"]
    assert executions(changes)[-2:] == ["NEW/NEW", "balances"]


def test_pending_market_order_trades_in_the_same_step():
    engine = an_engine()
    first, second = placed_list(engine, an_oto(a_request("MARKET", "SELL", quantity="1")))

    engine.move(a_tick("48900", at=NOW + 1))

    changes = engine.drain()
    assert form(changes, first).status is OrderStatus.FILLED
    assert form(changes, second).status is OrderStatus.FILLED
    assert done(changes) == [(2, True)]


def test_pending_stop_may_trigger_further_down_the_same_move():
    engine = an_engine()
    pending = a_request("STOP_LOSS", "SELL", quantity="1", stop_price="48500")
    _, second = placed_list(engine, an_oto(pending))

    engine.move(a_tick("48000", at=NOW + 1))

    changes = engine.drain()
    assert form(changes, second).status is OrderStatus.FILLED
    sold = [trade.price for trade in changes.trades if trade.order_id == second.id]
    assert all(to_units("48400") < price < to_units("48500") for price in sold)


@pytest.mark.parametrize(
    ("pending", "reason"),
    [
        (a_request("LIMIT", "SELL", quantity="20", price="51000"), "INSUFFICIENT_BALANCES"),
        (
            a_request("STOP_LOSS", "SELL", quantity="1", stop_price="49500"),
            "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY",
        ),
        (
            a_request("LIMIT_MAKER", "SELL", quantity="1", price="48000"),
            "WOULD_MATCH_IMMEDIATELY",
        ),
    ],
)
def test_pending_order_that_can_not_be_placed_expires_with_its_reason(pending, reason):
    engine = an_engine()
    first, second = placed_list(engine, an_oto(pending))

    engine.move(a_tick("48900", at=NOW + 1))

    changes = engine.drain()
    newest = form(changes, second)
    assert executions(changes) == ["TRADE/FILLED", "EXPIRED/EXPIRED", "list", "balances"]
    assert newest.expiry_reason == "REJECTED"
    assert changes.reports[1].reject_reason == reason
    assert form(changes, first).status is OrderStatus.FILLED
    assert locked(engine, "BTC") == 0


def test_pending_pair_that_no_longer_encloses_the_market_expires():
    engine = an_engine()
    stop = a_request("STOP_LOSS", "SELL", quantity="1", stop_price="49500")
    _, *pair = placed_list(engine, an_oto((TAKE, stop)))

    engine.move(a_tick("48900", at=NOW + 1))

    changes = engine.drain()
    assert [form(changes, one).expiry_reason for one in pair] == ["REJECTED", "REJECTED"]
    assert done(changes) == [(3, True)]


def test_otoco_becomes_a_pair_of_which_one_ends_the_other():
    engine = an_engine()
    _, stop, take = placed_list(engine, an_oto((TAKE, STOP)))

    engine.move(a_tick("48900", at=NOW + 1))
    changes = engine.drain()
    assert executions(changes) == ["TRADE/FILLED", "NEW/NEW", "NEW/NEW", "balances"]
    assert locked(engine, "BTC") == to_units("1")
    assert form(changes, take).contingency is Contingency.OTO

    engine.move(a_tick("47950", at=NOW + 2))
    changes = engine.drain()
    assert form(changes, take).expiry_reason == "OCO_TRIGGER"
    assert form(changes, stop).status is OrderStatus.FILLED
    assert done(changes) == [(3, True)]
    assert locked(engine, "BTC") == 0


@pytest.mark.parametrize("force", ["IOC", "FOK"])
def test_working_order_that_expires_expires_its_pending_orders(force):
    engine = an_engine()

    first, *pending = engine.place_list(UID, an_oto((TAKE, STOP), working(force=force)), NOW)

    changes = engine.drain()
    assert first.status is OrderStatus.EXPIRED
    assert {form(changes, one).expiry_reason for one in pending} == {"OTO_PHASE_ONE_EXPIRED"}
    assert done(changes) == [(3, False), (3, True)]
    assert engine.open_orders(UID) == []


def test_canceled_working_order_expires_its_pending_order():
    engine = an_engine()
    first, second = placed_list(engine, an_oto())

    ended = engine.cancel(first, NOW + 1, cancel_client_id="c")

    assert [(one.id, one.status) for one in ended] == [
        (first.id, OrderStatus.CANCELED),
        (second.id, OrderStatus.EXPIRED),
    ]
    assert ended[1].expiry_reason == "OTO_PHASE_ONE_EXPIRED"
    assert free(engine, "USDT") == to_units("100000")


def test_canceled_pending_order_cancels_the_list():
    engine = an_engine()
    placed_list(engine, an_oto((TAKE, STOP)))

    ended = engine.cancel(engine.open_orders(UID)[1], NOW + 1)

    assert [one.status for one in ended] == [OrderStatus.CANCELED] * 3
    assert done(engine.drain()) == [(3, True)]
    assert engine.open_orders(UID) == []


@pytest.mark.parametrize(
    "request_",
    [
        an_oto(a_request("MARKET", "SELL", quote_quantity="100")),
        an_oto(first=a_request("MARKET", "BUY", quantity="1")),
        an_oto((TAKE, STOP, TAKE)),
    ],
)
def test_oto_of_other_orders_is_refused(request_):
    engine = an_engine()

    with pytest.raises(VenueError) as refused:
        engine.place_list(UID, request_, NOW)

    assert refused.value.code == -1014
    assert not engine.drain()


def test_lists_survive_a_restart():
    engine = an_engine()
    _, stop, take = placed_list(engine, an_oto((TAKE, STOP)))
    again = Engine([market.instrument for market in engine.markets.values()], sequence=100)
    again.restore(engine.accounts.values(), engine.open_orders(UID))
    again.market("BTCUSDT").tick(a_tick("50000", at=NOW + 1))

    again.move(a_tick("48900", at=NOW + 2))
    again.move(a_tick("51500", at=NOW + 3))

    changes = again.drain()
    assert form(changes, take).status is OrderStatus.FILLED
    assert form(changes, stop).expiry_reason == "OCO_TRIGGER"
    assert done(changes)[-1] == (3, True)


def test_reset_ends_lists_and_frees_their_names():
    engine = an_engine()
    placed_list(engine, an_oto(list_client_id="mine"))

    engine.set_balances(UID, {"USDT": to_units("100000")}, NOW)

    assert done(engine.drain()) == [(2, True)]
    assert placed(engine, a_request("MARKET", "BUY", quantity="1")).status is OrderStatus.FILLED
    assert engine.place_list(UID, an_oto(list_client_id="mine"), NOW)
