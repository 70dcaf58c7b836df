"""OCO lists with every kind of leg: funds, events, refusals."""

import pytest

from botcore.matching.lists import OcoRequest
from botcore.matching.numbers import to_units
from botcore.matching.orders import Contingency, OrderStatus
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
    placed_list,
)

TAKE = a_request("LIMIT_MAKER", "SELL", quantity="1", price="51000")
STOP = a_request("STOP_LOSS_LIMIT", "SELL", quantity="1", stop_price="48000", price="47900")


@pytest.mark.parametrize(
    ("side", "above", "below", "asset", "amount"),
    [
        (
            "SELL",
            {"kind": "LIMIT_MAKER", "price": "51000"},
            {"kind": "STOP_LOSS", "stop_price": "49000"},
            "BTC",
            "1",
        ),
        (
            "SELL",
            {"kind": "TAKE_PROFIT_LIMIT", "stop_price": "51000", "price": "50900"},
            {"kind": "STOP_LOSS", "trailing_delta": 100},
            "BTC",
            "1",
        ),
        (
            "SELL",
            {"kind": "TAKE_PROFIT", "stop_price": "51000"},
            {"kind": "STOP_LOSS", "stop_price": "49000"},
            "BTC",
            "1",
        ),
        (
            "BUY",
            {"kind": "STOP_LOSS", "stop_price": "51000"},
            {"kind": "LIMIT_MAKER", "price": "49000"},
            "USDT",
            "51000",
        ),
        (
            "BUY",
            {"kind": "STOP_LOSS_LIMIT", "stop_price": "51000", "price": "51500"},
            {"kind": "TAKE_PROFIT", "stop_price": "49000"},
            "USDT",
            "51500",
        ),
        (
            "BUY",
            {"kind": "STOP_LOSS", "trailing_delta": 500},
            {"kind": "TAKE_PROFIT_LIMIT", "stop_price": "49000", "price": "49500"},
            "USDT",
            "52500",
        ),
    ],
)
def test_oco_holds_what_its_larger_leg_needs(side, above, below, asset, amount):
    engine = an_engine()
    legs = [
        a_request(leg.pop("kind"), side, quantity="1", **leg) for leg in (dict(above), dict(below))
    ]

    engine.place_list(UID, OcoRequest(above=legs[0], below=legs[1]), NOW)

    changes = engine.drain()
    assert executions(changes) == ["list", "NEW/NEW", "NEW/NEW", "balances"]
    assert locked(engine, asset) == to_units(amount)
    for one in engine.open_orders(UID):
        assert one.contingency is Contingency.OCO


@pytest.mark.parametrize("price", ["52000", "48000"])
def test_either_leg_of_a_buy_oco_ends_the_other_and_frees_the_rest(price):
    engine = an_engine()
    above = a_request("STOP_LOSS", "BUY", quantity="1", stop_price="51000")
    below = a_request("LIMIT_MAKER", "BUY", quantity="1", price="49000")
    legs = placed_list(engine, OcoRequest(above=above, below=below))

    engine.move(a_tick(price, at=NOW + 1))

    changes = engine.drain()
    acted, ended = legs if price == "52000" else reversed(legs)
    assert form(changes, acted).status is OrderStatus.FILLED
    assert form(changes, ended).expiry_reason == "OCO_TRIGGER"
    assert done(changes) == [(2, True)]
    assert locked(engine, "USDT") == 0
    assert free(engine, "USDT") == to_units("100000") - form(changes, acted).quote_executed


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (a_request("LIMIT_MAKER", "SELL", quantity="1", price="50000"), STOP),
        (TAKE, a_request("STOP_LOSS", "SELL", quantity="1", stop_price="50000")),
        (
            a_request("TAKE_PROFIT_LIMIT", "SELL", quantity="1", stop_price="51000", price="49500"),
            STOP,
        ),
        (TAKE, a_request("STOP_LOSS", "SELL", quantity="1", stop_price="50500")),
    ],
)
def test_oco_that_does_not_enclose_the_market_is_refused(above, below):
    engine = an_engine()

    with pytest.raises(VenueError, match="relationship of the prices"):
        engine.place_list(UID, OcoRequest(above=above, below=below), NOW)

    assert not engine.drain()


@pytest.mark.parametrize(
    "below",
    [
        a_request("STOP_LOSS", "SELL", quantity="0.9", stop_price="49000"),
        a_request("STOP_LOSS", "BUY", quantity="1", stop_price="49000"),
        a_request("LIMIT", "SELL", quantity="1", price="49000"),
    ],
)
def test_oco_of_legs_that_are_no_pair_is_refused(below):
    engine = an_engine()

    with pytest.raises(VenueError) as refused:
        engine.place_list(UID, OcoRequest(above=TAKE, below=below), NOW)

    assert refused.value.code == -1014


def test_names_must_be_new_among_open_lists_and_orders():
    engine = an_engine()
    oco = OcoRequest(above=TAKE, below=STOP, list_client_id="mine")
    legs = placed_list(engine, oco)

    with pytest.raises(VenueError, match="Duplicate order sent"):
        engine.place_list(UID, oco, NOW)
    same = a_request("LIMIT_MAKER", "SELL", quantity="1", price="51000", client_order_id="x")
    twin = a_request("STOP_LOSS", "SELL", quantity="1", stop_price="48000", client_order_id="x")
    with pytest.raises(VenueError, match="Duplicate order sent"):
        engine.place_list(UID, OcoRequest(above=same, below=twin), NOW)

    engine.cancel(legs[0], NOW)
    assert engine.place_list(UID, oco, NOW)[0].list_client_id == "mine"
