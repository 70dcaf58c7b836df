"""Orders and readings against the real paper exchange, its clock at 60 times ours."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from botcore.domain.errors import InvalidInput, NotAllowed, Transient
from botcore.domain.market import Interval
from botcore.domain.orders import OrderStatus, OrderType, Purpose, Side
from botcore.resources.trading_bot import BotMode
from botcore.runtime.clock import SystemClock
from botrunner.adapters.binance_client import ExchangeKey
from botrunner.adapters.binance_venue import binance_venue
from botrunner.ports import Cancelled, Placed, Refused, Unknown
from botrunner.verify_key import verify
from tests.exchange.server import Server
from tests.runner.venues import Trader, endpoints, trading

pytestmark = pytest.mark.e2e
ORDER_PATH = "/api/v3/order"


@pytest.fixture
async def trader(exchange: Server) -> AsyncIterator[Trader]:
    async with trading(exchange) as made:
        yield made
    exchange.admin("DELETE", "faults")


async def resting_stop(trader: Trader):
    (newest,) = await trader.venue.exchange.candles("BTCUSDT", Interval.M1, 1)
    price = (newest.close / 2).quantize(Decimal("0.01"))
    return trader.order(
        type=OrderType.STOP_LOSS_LIMIT,
        purpose=Purpose.STOP_LOSS,
        side=Side.SELL,
        price=price,
        stop_price=price + 1,
    )


async def test_market_order_is_placed_with_its_fills(trader: Trader) -> None:
    order = trader.order()

    answer = await trader.venue.exchange.place(order)

    assert isinstance(answer, Placed)
    assert answer.report.status is OrderStatus.FILLED
    assert answer.report.client_order_id == order.client_order_id
    assert sum(fill.quantity for fill in answer.fills) == order.quantity
    trades = await trader.venue.exchange.trades("BTCUSDT", answer.report.exchange_order_id)
    assert trades == answer.fills


async def test_stop_rests_is_found_and_canceled(trader: Trader) -> None:
    stop, venue = await resting_stop(trader), trader.venue.exchange
    placed = await venue.place(stop)
    assert isinstance(placed, Placed)
    assert placed.report.status is OrderStatus.NEW

    canceled = await venue.cancel("BTCUSDT", stop.client_order_id)

    found = await venue.find_order("BTCUSDT", stop.client_order_id)
    assert canceled == Cancelled(reports=(found,))
    assert found is not None
    assert found.status is OrderStatus.CANCELED
    again = await venue.cancel("BTCUSDT", stop.client_order_id)
    assert again == Refused(code=-2011, reason="Unknown order sent.")


async def test_duplicate_of_an_own_open_order_is_success_then_query(trader: Trader) -> None:
    stop = await resting_stop(trader)
    first = await trader.venue.exchange.place(stop)

    again = await trader.venue.exchange.place(stop)

    assert isinstance(again, Placed)
    assert again.report.exchange_order_id == first.report.exchange_order_id
    assert trader.truth(stop.client_order_id) == ["NEW"]


async def test_refused_order_names_the_venues_reason(trader: Trader) -> None:
    answer = await trader.venue.exchange.place(trader.order(quantity=Decimal("0.00001")))

    assert answer == Refused(code=-1013, reason="Filter failure: NOTIONAL")


@pytest.mark.parametrize(
    ("fault", "executed"),
    [("answerLost", ["FILLED"]), ("timeout1007", ["FILLED"]), ("error5xx", [])],
)
async def test_order_whose_answer_is_missing_is_unknown_and_sent_once(
    trader: Trader, fault: str, executed: list[str]
) -> None:
    """TR-2, I3."""
    trader.server.admin("POST", "faults", {"kind": fault, "path": ORDER_PATH})
    order = trader.order()

    answer = await trader.venue.exchange.place(order)

    assert isinstance(answer, Unknown)
    assert trader.truth(order.client_order_id) == executed


async def test_order_to_a_venue_that_refuses_connections_was_not_sent(trader: Trader) -> None:
    gone = replace(endpoints(trader.server), rest_url="http://127.0.0.1:1")
    venue = binance_venue(
        gone, ExchangeKey(api_key="k", secret="s"), SystemClock(), may_send=lambda: True
    ).exchange
    venue._venue_clock.add(trader.venue.exchange._venue_clock._anchor)

    assert await venue.place(trader.order()) == Refused(code=0, reason="NotSent")
    with pytest.raises(Transient):
        await venue.account()
    with pytest.raises(Transient):
        await venue.open()
    await venue.close()


async def test_rejected_key_is_not_allowed(trader: Trader) -> None:
    key = ExchangeKey(api_key="unknown", secret="s")
    venue = binance_venue(
        endpoints(trader.server), key, SystemClock(), may_send=lambda: True
    ).exchange
    await venue.open()

    with pytest.raises(NotAllowed):
        await venue.place(trader.order())
    verdict = await verify(venue, BotMode.PAPER)
    await venue.close()

    assert (verdict.is_verified, verdict.account_uid) == (False, "")


async def test_paper_key_is_verified_with_its_account(trader: Trader) -> None:
    account = await trader.venue.exchange.account()

    verdict = await verify(trader.venue.exchange, BotMode.PAPER)

    assert (verdict.is_verified, verdict.account_uid) == (True, account.uid)


async def test_order_signed_after_the_lease_ended_never_leaves(exchange: Server) -> None:
    async with trading(exchange, may_send=lambda: False) as trader:
        order = trader.order()

        answer = await trader.venue.exchange.place(order)

        assert answer == Refused(code=0, reason="FencedBeforeSend")
        assert trader.truth(order.client_order_id) == []


async def test_unknown_order_is_none(trader: Trader) -> None:
    assert await trader.venue.exchange.find_order("BTCUSDT", "kb-never-sent") is None


async def test_unknown_symbol_is_named(trader: Trader) -> None:
    with pytest.raises(InvalidInput, match=r"does not trade FOOUSDT$"):
        await trader.venue.exchange.instruments(["BTCUSDT", "FOOUSDT"])


async def test_instruments_are_read_for_the_asked_symbols(trader: Trader) -> None:
    found = await trader.venue.exchange.instruments(["BTCUSDT", "ETHUSDT"])

    assert set(found) == {"BTCUSDT", "ETHUSDT"}
    assert found["BTCUSDT"].min_notional == Decimal(5)
    assert await trader.venue.exchange.instruments([]) == {}


async def test_candles_are_closed_and_the_newest(trader: Trader) -> None:
    """TR-33."""
    candles = await trader.venue.exchange.candles("BTCUSDT", Interval.M1, 20)

    now = trader.venue.exchange.venue_now()
    assert len(candles) == 20
    assert all(one.close_at <= now for one in candles)
    assert now - candles[-1].close_at < timedelta(minutes=2)
    assert [b.open_at - a.close_at for a, b in pairwise(candles)] == [timedelta(0)] * 19


async def test_rate_of_a_fast_venue_is_measured(trader: Trader) -> None:
    clock = trader.venue.exchange._venue_clock

    assert 55 < clock.rate < 65
    assert clock.recv_window_ms() == 60_000


async def test_clock_refused_by_the_venue_is_measured_again_and_the_order_sent_once(
    trader: Trader,
) -> None:
    clock = trader.venue.exchange._venue_clock
    wrong = replace(clock._anchor, venue_ms=clock._anchor.venue_ms + 10_000_000)
    clock.add(wrong, trust=True)
    order = trader.order()

    answer = await trader.venue.exchange.place(order)

    assert isinstance(answer, Placed)
    assert trader.truth(order.client_order_id) == ["FILLED"]


async def test_price_a_taker_gets_lies_on_its_own_side_of_the_book(trader: Trader) -> None:
    venue = trader.venue.exchange

    bid, ask = (
        await venue.market_price("BTCUSDT", Side.SELL),
        await venue.market_price("BTCUSDT", Side.BUY),
    )
    with pytest.raises(InvalidInput):
        await venue.market_price("NOPEUSDT", Side.BUY)

    (newest,) = await venue.candles("BTCUSDT", Interval.M1, 1)
    assert abs(bid - newest.close) < newest.close / 10
    assert abs(ask - newest.close) < newest.close / 10


async def test_calls_cost_the_weight_they_are_planned_with(trader: Trader) -> None:
    """TR-56: and a placed order costs nothing."""
    venue, limits = trader.venue.exchange, trader.venue.limits
    if (second := SystemClock().now().second) > 45:  # the count starts anew with each minute
        await asyncio.sleep(61 - second)
    await venue.account()
    placed = await venue.place(trader.order())
    assert isinstance(placed, Placed)
    order_id = placed.report.exchange_order_id

    costs = {}
    for name, call in {
        "placed order": lambda: venue.place(trader.order()),
        "order": lambda: venue.find_order("BTCUSDT", placed.report.client_order_id),
        "trades of an order": lambda: venue.trades("BTCUSDT", order_id),
        "candles": lambda: venue.candles("BTCUSDT", Interval.M1, 10),
        "price": lambda: venue.market_price("BTCUSDT", Side.BUY),
        "account": venue.account,
        "filters": lambda: venue.instruments(["BTCUSDT", "ETHUSDT"]),
    }.items():
        before = limits.used
        await call()
        costs[name] = limits.used - before

    assert costs == {
        "placed order": 0, "order": 4, "trades of an order": 5, "candles": 2, "price": 2,
        "account": 20, "filters": 20,
    }  # fmt: skip
