"""What the bot hears and reads of others' doings, from the real paper exchange."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from botcore.domain.market import Interval
from botcore.domain.orders import OrderType
from botrunner.trading.events import BalanceChanged, Event, StreamRestored
from tests.exchange.server import Server
from tests.runner.venues import Events, Trader, running, trading, wait_until

pytestmark = pytest.mark.e2e


@pytest.fixture
async def trader(exchange: Server) -> AsyncIterator[Trader]:
    async with trading(exchange) as made:
        yield made


async def test_payment_into_the_account_is_told(trader: Trader) -> None:
    events = Events()

    def is_change(event: Event) -> bool:
        return isinstance(event, BalanceChanged)

    async with running(trader.venue.user.run(events.deliver)):
        await events.next(lambda event: isinstance(event, StreamRestored))
        for amount in ("12.5", "-2"):
            path = f"accounts/{trader.name}/transfer"
            trader.server.admin("POST", path, {"asset": "USDT", "amount": amount})
            event = await events.next(is_change)
            assert isinstance(event, BalanceChanged)
            assert (event.asset, event.amount) == ("USDT", Decimal(amount))


async def test_balances_after_a_fill_are_told_and_cost_nothing(trader: Trader) -> None:
    """TR-56: the stream brings them, and reading the account weighs 20."""
    events, exchange = Events(), trader.venue.exchange

    async with running(trader.venue.user.run(events.deliver)):
        await events.next(lambda event: isinstance(event, StreamRestored))
        before = await exchange.balances()
        await exchange.place(trader.order())
        await wait_until(lambda: exchange.told.known != before)
        told = exchange.told.known
        assert await exchange.balances() == told
        assert (await exchange.account()).balances == told
        assert told["BTC"].free > before["BTC"].free

        trader.server.admin("POST", "faults", {"kind": "dropWsApi"})
        await events.next(lambda event: isinstance(event, StreamRestored))
        assert exchange.told.known is None
    assert await exchange.balances() == told


async def test_open_orders_are_read_with_what_they_are(trader: Trader) -> None:
    exchange = trader.venue.exchange
    assert await exchange.open_orders("BTCUSDT") == ()
    (newest,) = await exchange.candles("BTCUSDT", Interval.M1, 1)
    price = (newest.close / 2).quantize(Decimal("0.01"))
    order = trader.order(type=OrderType.LIMIT, price=price, quantity=Decimal("0.01"))

    await exchange.place(order)

    (found,) = await exchange.open_orders("BTCUSDT")  # TR-42
    assert found.client_order_id == order.client_order_id
    assert (found.side, found.type) == ("BUY", "LIMIT")
    assert (found.quantity, found.price) == (Decimal("0.01"), price)
    assert await exchange.open_orders("ETHUSDT") == ()
