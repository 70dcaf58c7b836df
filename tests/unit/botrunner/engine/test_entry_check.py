"""An entry goes out only at a price the venue itself confirms; exits go out whatever it says (I9)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from botcore.domain.errors import InvalidInput, Transient
from botcore.domain.orders import Order, OrderType, Purpose, Side
from botrunner.engine.executor import Executor
from botrunner.trading.commands import Command, PlaceOrder
from botrunner.trading.events import OrderRefused, OrderReported
from tests.support.engine_ports import ModelExchange, ModelJournal, Troubles
from tests.support.trading import candle, dca_rules, leased, play
from tests.support.virtual_time import VirtualClock, run_virtual

RULES = dca_rules()
DECISION, PLACE = play(leased(RULES), RULES, candle(1, "100")).commands
ORDER: Order = PLACE.order  # type: ignore[union-attr]


class Venue:
    """Says a price, or nothing."""

    def __init__(self, price: str | None) -> None:
        self.price = price
        self.asked: list[tuple[str, Side]] = []

    async def read(self, symbol: str, side: Side) -> Decimal:
        self.asked.append((symbol, side))
        if self.price is None:
            raise Transient("no answer")
        if self.price == "gone":
            raise InvalidInput.of("symbol", "not traded")
        return Decimal(self.price)


def answers(venue: Venue | None, *commands: Command) -> tuple[list[object], list[str]]:
    troubles = Troubles()
    journal = ModelJournal(troubles)
    journal.hold(1)
    executor = Executor(
        exchange=ModelExchange(troubles),
        journal=journal,
        may_send=lambda: True,
        clock=VirtualClock(),
        read_price=venue and venue.read,
    )
    outcome = run_virtual(executor.perform(commands, generation=3))
    return list(outcome.events), [name for name, _ in troubles.calls]


@pytest.mark.parametrize("price", ["99", "100", "101"])
def test_entry_within_one_per_cent_is_sent(price: str) -> None:
    venue = Venue(price)

    (event,), calls = answers(venue, DECISION, PLACE)

    assert isinstance(event, OrderReported)
    assert calls == ["record_decision", "write_intents", "place"]
    assert venue.asked == [("BTCUSDT", Side.BUY)]


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("98.99", "PriceMoved: decided at 100, the venue says 98.99"),
        ("101.01", "PriceMoved: decided at 100, the venue says 101.01"),
        (None, "PriceNotRead: no answer"),
        ("gone", "PriceNotRead: symbol: not traded"),
    ],
)
def test_entry_at_another_or_an_unknown_price_is_refused_and_never_sent(
    price: str | None, reason: str
) -> None:
    (event,), calls = answers(Venue(price), DECISION, PLACE)

    assert event == OrderRefused(client_order_id=ORDER.client_order_id, code=0, reason=reason)
    assert "place" not in calls


def test_entry_without_a_decision_is_refused() -> None:
    (event,), calls = answers(Venue("100"), PLACE)

    assert isinstance(event, OrderRefused)
    assert "place" not in calls


@pytest.mark.parametrize(
    "order",
    [
        replace(ORDER, purpose=Purpose.EXIT, side=Side.SELL),
        replace(ORDER, purpose=Purpose.STOP_LOSS, side=Side.SELL),
    ],
)
def test_exit_is_never_asked_about(order: Order) -> None:
    venue = Venue(None)

    _, calls = answers(venue, DECISION, PlaceOrder(order=order))

    assert calls[-1] == "place"
    assert venue.asked == []


@pytest.mark.parametrize(("price", "is_sent"), [("120", True), ("99", True), ("98.9", False)])
def test_order_with_a_price_of_its_own_is_sent_unless_it_would_take(
    price: str, *, is_sent: bool
) -> None:
    resting = replace(ORDER, type=OrderType.LIMIT, price=Decimal(100))

    _, calls = answers(Venue(price), DECISION, PlaceOrder(order=resting))

    assert ("place" in calls) is is_sent


def test_where_candles_are_the_venues_own_nothing_is_asked() -> None:
    (event,), _ = answers(None, DECISION, PLACE)

    assert isinstance(event, OrderReported)
