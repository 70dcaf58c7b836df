"""Orders that rest are asked for rarely, and at once when the stream's word is in doubt (TR-43, TR-60)."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.domain.orders import Order, OrderType, Purpose
from botcore.resources.strategy_params import DcaParams, EmaCrossParams
from botrunner.trading.commands import FindOrder, FindOrders
from botrunner.trading.decide import decide
from botrunner.trading.events import (
    BooksChecked,
    CandleClosed,
    Event,
    LeaseAcquired,
    OrderRefused,
    Problem,
    StreamRestored,
    TimerFired,
)
from botrunner.trading.recovery import restore
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Stored
from tests.support.bot_model import BotModel
from tests.support.trading import (
    START,
    a_candle,
    a_rule,
    accepted,
    bought,
    canceled,
    candle,
    dca_rules,
    partly_filled,
    play,
    rules,
    sent,
    stop_of,
)
from tests.support.venue_model import VenueModel

STOPPED = dca_rules(stop="2")
PAIR = rules(
    a_rule(
        EmaCrossParams(fast=2, slow=3, stop_loss_percent=Decimal(2), take_profit_percent=Decimal(5))
    )
)
QUIET = 119
"""Ticks before an order is asked for that nothing speaks against."""


def resting() -> tuple[BotState, Order]:
    """A position whose stop rests."""
    state, _ = bought(STOPPED)
    stop = stop_of(state)
    return decide(state, accepted(stop), STOPPED).state, stop


def asked(state: BotState, in_force: Rules = STOPPED, ticks: int = QUIET) -> list[int]:
    """The ticks at which something is asked, while nothing answers."""
    found = []
    for tick in range(1, ticks + 1):
        step = decide(state, TimerFired(tick=tick), in_force)
        state = step.state
        found += [tick] if any(isinstance(c, FindOrder | FindOrders) for c in step.commands) else []
    return found


def is_doubted(state: BotState, in_force: Rules = STOPPED) -> bool:
    return asked(state, in_force, 4) == [2, 4]


def test_resting_order_is_asked_for_every_two_minutes_while_the_stream_is_well() -> None:
    state, _ = resting()

    assert asked(state, ticks=360) == [120, 240, 360]  # TR-43


def test_resting_order_is_asked_for_when_the_stream_says_so_itself() -> None:
    state, stop = resting()

    step = decide(state, TimerFired(tick=0), STOPPED)  # TR-60

    assert step.commands == (FindOrder(symbol="BTCUSDT", client_order_id=stop.client_order_id),)


def test_order_is_asked_for_until_the_venue_answers_once_the_stream_was_away() -> None:
    state, stop = resting()
    away = decide(state, StreamRestored(stream="user"), STOPPED).state

    answered = decide(away, accepted(stop), STOPPED).state

    assert is_doubted(away)
    assert asked(answered) == []


def test_market_streams_return_says_nothing_of_orders() -> None:
    state, _ = resting()

    assert asked(decide(state, StreamRestored(stream="market"), STOPPED).state) == []


def reaching(low: Decimal) -> CandleClosed:
    made = candle(2, "100")
    return replace(made, candle=replace(made.candle, low=low))


@pytest.mark.parametrize(("above", "is_asked"), [("0.01", False), ("0", True), ("-1", True)])
def test_stop_that_a_candle_has_triggered_is_asked_for(above: str, *, is_asked: bool) -> None:
    state, stop = resting()
    assert stop.stop_price is not None

    after = decide(state, reaching(stop.stop_price + Decimal(above)), STOPPED).state

    assert (stop.client_order_id in after.doubted) is is_asked


def test_candle_from_before_an_order_says_nothing_of_it() -> None:
    state, stop = resting()
    early = reaching(Decimal(90))
    early = replace(
        early,
        is_history=True,
        candle=replace(early.candle, open_at=stop.venue_time - early.candle.interval.length),
    )

    assert asked(decide(state, early, STOPPED).state) == []


def test_target_that_a_candle_has_reached_and_its_list_are_asked_for_by_one_call() -> None:
    state, _ = bought(PAIR, price="120")
    legs = list(state.orders.values())
    state = play(state, PAIR, *map(accepted, legs)).state
    made = candle(9, "120")
    high = replace(made, candle=replace(made.candle, low=Decimal(1), high=Decimal(200)))

    step = play(decide(state, high, PAIR).state, PAIR, TimerFired(tick=2))

    ids = tuple(leg.client_order_id for leg in legs)
    assert FindOrders(symbol="BTCUSDT", client_order_ids=ids) in step.commands


def test_other_leg_is_asked_for_when_one_has_sold() -> None:
    state, _ = bought(PAIR, price="120")
    above = next(o for o in state.orders.values() if o.purpose is Purpose.TAKE_PROFIT)
    below = next(o for o in state.orders.values() if o.purpose is Purpose.STOP_LOSS)
    state = play(state, PAIR, accepted(above), accepted(below)).state
    sold = partly_filled(above, "0.1")

    step = play(state, PAIR, sold, TimerFired(tick=2))

    assert FindOrder(symbol="BTCUSDT", client_order_id=below.client_order_id) in step.commands


def test_refusal_has_what_rests_asked_for() -> None:
    state, stop = resting()
    sale = replace(stop, client_order_id="kb-another", purpose=Purpose.EXIT)
    state = state.with_order(sale)
    refusal = OrderRefused(client_order_id="kb-another", code=-2010, reason="insufficient balance")

    assert is_doubted(decide(state, refusal, STOPPED).state)


def test_books_that_do_not_agree_have_what_rests_asked_for() -> None:
    state, _ = resting()
    found = BooksChecked(problems=(Problem(reason="BooksDiffer", message="by 1 BTC"),))

    assert is_doubted(decide(state, found, STOPPED).state)


def test_order_of_an_earlier_process_is_asked_for_until_the_venue_answers() -> None:
    state, stop = resting()
    stored = Stored(
        orders=(state.orders[stop.client_order_id],), sub_books=tuple(state.sub_books.values()),
        decided={}, day_realized={}, peak_equity=None,
    )  # fmt: skip
    again = restore(stored, venue_time=START, halt=None, is_shutting_down=False)

    again = decide(again, LeaseAcquired(epoch=2), STOPPED).state

    assert is_doubted(again)


def test_market_order_that_has_not_ended_is_asked_for() -> None:
    state, order = sent(STOPPED)
    assert order.type is OrderType.MARKET

    assert is_doubted(decide(state, accepted(order), STOPPED).state)


def test_settled_order_is_doubted_no_more() -> None:
    state, stop = resting()
    state = decide(state, StreamRestored(stream="user"), STOPPED).state

    after = play(state, STOPPED, canceled(stop)).state

    assert stop.client_order_id not in after.doubted


paths = st.lists(
    st.sampled_from([Decimal(p) for p in (100, 99, 97, 96, 103, 106, 92, 110)]),
    min_size=1,
    max_size=12,
)


@given(path=paths, heard=st.lists(st.booleans(), min_size=12, max_size=12))
def test_whatever_the_stream_loses_is_booked_within_six_seconds_of_the_candle(
    path: list[Decimal], heard: list[bool]
) -> None:
    """Nobody tells that events were lost: only the candles do."""
    venue = VenueModel(now=START)
    trend = a_rule(
        DcaParams(amount=Decimal(600), stop_loss_percent=Decimal(2), take_profit_percent=Decimal(5))
    )
    bot = BotModel(rules=rules(trend), venue=venue)
    bot.recover([CandleClosed(candle=a_candle(0, "100"))])
    tick = 0
    for minute, (price, is_heard) in enumerate(zip(path, heard, strict=False), start=1):
        venue.move(price)
        told: list[Event] = list(venue.stream) if is_heard else []
        venue.stream.clear()
        bot.inbox += [*told, CandleClosed(candle=a_candle(minute, str(price)))]
        for _ in range(6):
            tick += 1
            bot.inbox.append(TimerFired(tick=tick))
            while bot.inbox:
                bot.take_next()
        executed = {
            i: {f.trade_id: f.quantity for f in o.fills} for i, o in venue.orders.items() if o.fills
        }
        assert bot.ledger.booked == executed
        assert set(bot.ledger.unsettled()) == {one.order.client_order_id for one in venue.open()}
