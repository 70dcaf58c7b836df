"""Order lists and limit orders against the real paper exchange (binance.md §1.8): both legs or none."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from botcore.domain.market import Interval
from botcore.domain.orders import Order, OrderStatus, OrderType, Purpose, Side
from botrunner.ports import Cancelled, Placed, PlacedList, Refused, Unknown
from tests.exchange.server import Server
from tests.runner.venues import Trader, trading

pytestmark = pytest.mark.e2e
LIST_PATH = "/api/v3/orderList/oco"


@pytest.fixture
async def trader(exchange: Server) -> AsyncIterator[Trader]:
    async with trading(exchange) as made:
        yield made
    exchange.admin("DELETE", "faults")


async def a_price(trader: Trader) -> Decimal:
    (newest,) = await trader.venue.exchange.candles("BTCUSDT", Interval.M1, 1)
    return newest.close


async def a_pair(trader: Trader, *, target: str = "1.5", stop: str = "0.5") -> tuple[Order, Order]:
    price = await a_price(trader)
    cent = Decimal("0.01")
    trigger = (price * Decimal(stop)).quantize(cent)
    above = trader.order(
        side=Side.SELL,
        purpose=Purpose.TAKE_PROFIT,
        type=OrderType.LIMIT_MAKER,
        price=(price * Decimal(target)).quantize(cent),
    )
    name = f"{above.client_order_id}-list"
    below = trader.order(
        side=Side.SELL,
        purpose=Purpose.STOP_LOSS,
        type=OrderType.STOP_LOSS_LIMIT,
        price=trigger - 1,
        stop_price=trigger,
    )
    return Order(**{**_fields(above), "list_client_order_id": name}), Order(
        **{**_fields(below), "list_client_order_id": name}
    )


def _fields(order: Order) -> dict[str, object]:
    return {name: getattr(order, name) for name in order.__slots__}


async def test_pair_rests_and_is_found_by_the_ids_of_its_legs(trader: Trader) -> None:
    above, below = await a_pair(trader)

    answer = await trader.venue.exchange.place_list(above, below)

    assert isinstance(answer, PlacedList)
    told = {report.client_order_id: report for report in answer.reports}
    assert {one.status for one in told.values()} == {OrderStatus.NEW}
    for leg in (above, below):
        found = await trader.venue.exchange.find_order("BTCUSDT", leg.client_order_id)
        assert found is not None
        assert found.exchange_order_id == told[leg.client_order_id].exchange_order_id


async def test_cancel_of_one_leg_reports_the_end_of_both(trader: Trader) -> None:
    above, below = await a_pair(trader)
    await trader.venue.exchange.place_list(above, below)

    answer = await trader.venue.exchange.cancel("BTCUSDT", below.client_order_id)

    assert isinstance(answer, Cancelled)
    assert {one.client_order_id: one.status for one in answer.reports} == {
        above.client_order_id: OrderStatus.CANCELED,
        below.client_order_id: OrderStatus.CANCELED,
    }


async def test_pair_on_the_wrong_side_of_the_market_is_refused_whole(trader: Trader) -> None:
    above, below = await a_pair(trader, target="0.9")

    answer = await trader.venue.exchange.place_list(above, below)

    assert isinstance(answer, Refused)
    assert answer.code != 0
    assert trader.truth(above.client_order_id) == trader.truth(below.client_order_id) == []


@pytest.mark.parametrize("fault", ["answerLost", "timeout1007"])
async def test_pair_whose_answer_is_missing_is_unknown_and_there_once(
    trader: Trader, fault: str
) -> None:
    above, below = await a_pair(trader)
    trader.server.admin("POST", "faults", {"kind": fault, "path": LIST_PATH})

    answer = await trader.venue.exchange.place_list(above, below)

    assert isinstance(answer, Unknown)  # I3
    assert trader.truth(above.client_order_id) == ["NEW"]
    assert trader.truth(below.client_order_id) == ["NEW"]


async def test_limit_order_rests_below_the_market(trader: Trader) -> None:
    price = (await a_price(trader) / 2).quantize(Decimal("0.01"))
    order = trader.order(type=OrderType.LIMIT, price=price, quantity=Decimal("0.01"))

    answer = await trader.venue.exchange.place(order)

    assert isinstance(answer, Placed)
    assert (answer.report.status, answer.fills) == (OrderStatus.NEW, ())
