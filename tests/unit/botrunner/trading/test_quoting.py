"""The limit orders a strategy wants are those that rest, and a level fills once a candle."""

from dataclasses import replace
from decimal import Decimal

from botcore.domain.orders import Order, OrderType, Purpose, Side
from botcore.resources.strategy_params import EmaCrossParams
from botcore.resources.trading_bot import DesiredState, RiskLimits
from botrunner.trading.commands import CancelOrder, PlaceOrderList
from botrunner.trading.decide import decide
from botrunner.trading.events import HaltChanged, OrderRefused, RulesChanged, TimerFired
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step
from botrunner.trading.strategies.base import Quote
from tests.support.trading import (
    KEY,
    a_rule,
    accepted,
    bought,
    canceled,
    candle,
    filled,
    leased,
    placed,
    play,
    rules,
)

BARE = EmaCrossParams(fast=2, slow=3).model_copy(update={"stop_loss_percent": None})
RULES = rules(a_rule(BARE))
TICK = TimerFired(tick=1)


def buy(price: str, quantity: str = "1") -> Quote:
    return Quote(side=Side.BUY, price=Decimal(price), quantity=Decimal(quantity))


def sell(price: str, quantity: str = "0.3") -> Quote:
    return Quote(side=Side.SELL, price=Decimal(price), quantity=Decimal(quantity))


def quoting(state: BotState, *quotes: Quote) -> BotState:
    return replace(state, quotes={KEY: quotes})


def flat(in_force: Rules = RULES) -> BotState:
    return play(leased(in_force), in_force, candle(1, "100")).state


def cancels(step: Step) -> list[str]:
    return [c.client_order_id for c in step.commands if isinstance(c, CancelOrder)]


def levels(orders: list[Order]) -> list[tuple[Side, Decimal | None]]:
    return [(o.side, o.price) for o in orders]


def test_missing_quotes_are_placed_as_limit_orders_with_funds_reserved() -> None:
    step = decide(quoting(flat(), buy("99"), buy("98")), TICK, RULES)

    assert levels(placed(step)) == [(Side.BUY, Decimal(99)), (Side.BUY, Decimal(98))]
    assert {o.type for o in placed(step)} == {OrderType.LIMIT}
    assert [o.reserved_quote for o in placed(step)] == [Decimal("99.99"), Decimal("98.98")]


def test_quotes_stop_where_the_capital_ends() -> None:
    step = decide(quoting(flat(), buy("99", "6"), buy("98", "6")), TICK, RULES)

    assert levels(placed(step)) == [(Side.BUY, Decimal(99))]  # 1000 of capital, 605 each


def test_resting_quotes_are_left_alone_and_unwanted_ones_cancelled() -> None:
    step = decide(quoting(flat(), buy("99"), buy("98")), TICK, RULES)
    first, second = placed(step)
    resting = play(step.state, RULES, accepted(first), accepted(second))

    same = decide(resting.state, TICK, RULES)
    moved = decide(quoting(resting.state, buy("99"), buy("97")), TICK, RULES)
    after = decide(moved.state, canceled(second), RULES)

    assert (placed(same), cancels(same)) == ([], [])
    assert (placed(moved), cancels(moved)) == ([], [second.client_order_id])
    assert levels(placed(after)) == [(Side.BUY, Decimal(97))]


def test_filled_level_is_spent_until_the_next_candle_wants_it_again() -> None:
    step = decide(quoting(flat(), buy("99")), TICK, RULES)
    (order,) = placed(step)

    after = play(step.state, RULES, accepted(order), filled(order, "99"), TICK)

    assert placed(after) == []
    assert after.state.quotes[KEY] == ()


def test_refused_level_is_not_sent_again_at_once() -> None:
    step = decide(quoting(flat(), buy("99")), TICK, RULES)
    (order,) = placed(step)
    no = OrderRefused(client_order_id=order.client_order_id, code=-1013, reason="PERCENT_PRICE")

    after = play(step.state, RULES, no, TICK)

    assert placed(after) == []


def test_sales_rest_only_for_what_is_held() -> None:
    state, _ = bought(RULES)
    state = replace(state, orders={})
    held = state.sub_book(KEY).quantity

    step = decide(quoting(state, sell("130", str(held)), sell("140")), TICK, RULES)

    assert [(o.purpose, o.price) for o in placed(step)] == [(Purpose.TAKE_PROFIT, Decimal(130))]


def test_sale_of_a_strategy_with_a_stop_is_a_pair() -> None:
    in_force = rules(a_rule(EmaCrossParams(fast=2, slow=3)))
    state, _ = bought(in_force, price="120")
    state = replace(state, orders={})

    step = decide(quoting(state, sell("130")), TICK, in_force)

    (pair,) = [c for c in step.commands if isinstance(c, PlaceOrderList)]
    assert (pair.above.price, pair.below.stop_price) == (Decimal(130), Decimal("117.72"))


def test_stop_of_a_quoting_strategy_sells_everything_at_the_close_that_breaks_it() -> None:
    in_force = rules(a_rule(EmaCrossParams(fast=2, slow=3)))
    state, _ = bought(in_force, price="120")
    state = quoting(replace(state, orders={}))

    step = play(state, in_force, candle(20, "117"))

    assert [o.purpose for o in placed(step)] == [Purpose.EXIT]


def test_halt_and_pause_take_purchases_off_and_leave_sales() -> None:
    state, _ = bought(RULES)
    step = decide(quoting(replace(state, orders={}), buy("90", "0.08"), sell("130")), TICK, RULES)
    purchase, sale = placed(step)
    resting = play(step.state, RULES, accepted(purchase), accepted(sale)).state
    paused = replace(RULES, desired=DesiredState.PAUSED)

    halted = decide(resting, HaltChanged(reason="by hand"), RULES)
    pausing = decide(resting, RulesChanged(), paused)

    assert cancels(halted) == cancels(pausing) == [purchase.client_order_id]
    assert placed(decide(halted.state, canceled(purchase), RULES)) == []


def test_limit_of_loss_takes_purchases_off() -> None:
    in_force = replace(RULES, risk=RiskLimits(max_daily_loss=Decimal(50)))
    state, _ = bought(in_force)
    step = decide(quoting(replace(state, orders={}), buy("90", "0.1")), TICK, in_force)
    (purchase,) = placed(step)
    state = play(step.state, in_force, accepted(purchase)).state

    fallen = decide(replace(state, marks={"BTCUSDT": Decimal(60)}), TICK, in_force)

    assert cancels(fallen) == [purchase.client_order_id]  # TR-66: entries only


def test_quotes_of_a_restarted_bot_stay_until_its_strategy_speaks() -> None:
    step = decide(quoting(flat(), buy("99")), TICK, RULES)
    (order,) = placed(step)
    resting = play(step.state, RULES, accepted(order)).state

    restarted = decide(replace(resting, quotes={}), TICK, RULES)

    assert (placed(restarted), cancels(restarted)) == ([], [])
