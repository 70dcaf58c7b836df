"""Every position with a stop has it resting on the exchange, sized to what is filled; exits are never blocked."""

from dataclasses import replace
from decimal import Decimal

from botcore.domain.orders import OrderStatus, OrderType, Purpose
from botcore.resources.trading_bot import DesiredState, RiskLimits
from botrunner.trading.commands import CancelOrder, RecordDecision
from botrunner.trading.decide import decide
from botrunner.trading.events import (
    CancelUnresolved,
    HaltChanged,
    LeaseEnded,
    OrderRefused,
    OrderReported,
    OutcomeUnknown,
    RulesChanged,
)
from tests.support.trading import (
    KEY,
    a_fill,
    a_report,
    accepted,
    bought,
    canceled,
    candle,
    crossing,
    dca_rules,
    filled,
    leased,
    placed,
    play,
    rules,
)


def test_entry_filled_places_a_stop_for_what_was_received() -> None:
    in_force = dca_rules(stop="2")
    step = play(leased(in_force), in_force, candle(1, "100"))
    entry = placed(step)[0]

    after = decide(step.state, filled(entry, "100"), in_force)

    stop = placed(after)[0]
    assert stop.type is OrderType.STOP_LOSS_LIMIT
    assert stop.purpose is Purpose.STOP_LOSS
    assert stop.quantity == Decimal("0.99900")  # the base-asset fee is gone (TR-15)
    # average cost 100 / 0.999 = 100.1001...; 2 % below, rounded up to the tick (TR-23)
    assert stop.stop_price == Decimal("98.10")
    assert stop.price == Decimal("97.11")


def test_partial_fill_protects_nothing_until_the_entry_has_ended() -> None:
    in_force = dca_rules(stop="2")
    step = play(leased(in_force), in_force, candle(1, "100"))
    entry = placed(step)[0]
    half = entry.quantity / 2
    partial = OrderReported(
        report=a_report(entry, OrderStatus.PARTIALLY_FILLED, half),
        fills=(a_fill(entry, "100", quantity=half),),
    )
    expired = OrderReported(report=a_report(entry, OrderStatus.EXPIRED, half))

    during = decide(step.state, partial, in_force)
    after = decide(during.state, expired, in_force)

    assert placed(during) == []
    assert placed(after)[0].quantity == Decimal("0.49950")  # TR-12


def test_refused_stop_sells_the_position_at_the_market() -> None:
    in_force = dca_rules(stop="2")
    step = play(leased(in_force), in_force, candle(1, "100"))
    held = decide(step.state, filled(placed(step)[0], "100"), in_force)
    stop = placed(held)[0]

    after = decide(
        held.state,
        OrderRefused(
            client_order_id=stop.client_order_id, code=-2010, reason="would trigger immediately"
        ),
        in_force,
    )

    assert [(o.purpose, o.type) for o in placed(after)] == [
        (Purpose.EXIT, OrderType.MARKET)
    ]  # TR-63


def test_stop_cancelled_by_someone_else_is_placed_again() -> None:
    in_force = dca_rules(stop="2")
    step = play(leased(in_force), in_force, candle(1, "100"))
    held = decide(step.state, filled(placed(step)[0], "100"), in_force)
    stop = placed(held)[0]

    after = play(held.state, in_force, accepted(stop), canceled(stop))

    assert [o.purpose for o in placed(after)] == [Purpose.STOP_LOSS]  # TR-63


def test_exit_cancels_the_stop_first_and_sells_after_its_cancel_is_certain() -> None:
    in_force = rules()
    state, _ = bought(in_force, price="120")
    stop = next(o for o in state.orders.values() if o.purpose is Purpose.STOP_LOSS)
    state = decide(state, accepted(stop), in_force).state

    falling = play(state, in_force, candle(20, "119"), candle(21, "90"))
    cancels = [c for c in falling.commands if isinstance(c, CancelOrder)]
    after = decide(falling.state, canceled(stop), in_force)

    assert cancels == [CancelOrder(symbol="BTCUSDT", client_order_id=stop.client_order_id)]
    assert placed(falling) == []
    assert [o.purpose for o in placed(after)] == [Purpose.EXIT]  # TR-65


def test_stop_filled_while_its_cancel_was_on_the_way_sells_nothing_twice() -> None:
    in_force = rules()
    state, _ = bought(in_force, price="120")
    stop = next(o for o in state.orders.values() if o.purpose is Purpose.STOP_LOSS)
    state = decide(state, accepted(stop), in_force).state
    falling = play(state, in_force, candle(20, "119"), candle(21, "90"))

    gone = CancelUnresolved(client_order_id=stop.client_order_id, reason="Unknown order sent.")
    after = play(falling.state, in_force, gone, filled(stop, "95", trade_id=9))

    assert placed(after) == []  # TR-9
    assert after.state.sub_book(KEY).quantity == 0
    assert after.state.exiting == {}


def test_unknown_entry_blocks_its_sub_book_and_is_never_sent_again() -> None:
    in_force = dca_rules()
    step = play(leased(in_force), in_force, candle(1, "100"))
    entry = placed(step)[0]

    after = play(
        step.state,
        in_force,
        OutcomeUnknown(client_order_id=entry.client_order_id, reason="-1007"),
        candle(2, "100"),
        candle(3, "100"),
    )

    assert placed(after) == []  # I3
    decisions = [c for c in after.commands if isinstance(c, RecordDecision)]
    assert {d.action for d in decisions} == {"Blocked"}
    assert after.state.orders[entry.client_order_id].status is OrderStatus.UNKNOWN


def test_flat_sells_own_lots_even_when_halted_and_over_every_limit() -> None:
    tight = RiskLimits(max_daily_loss=Decimal("0.01"), max_open_orders=1, max_orders_per_minute=1)
    in_force = dca_rules()
    state, _ = bought(in_force)
    flat = replace(in_force, desired=DesiredState.FLAT, risk=tight)

    after = play(state, flat, HaltChanged(reason="by hand"), RulesChanged())

    assert [o.purpose for o in placed(after)] == [Purpose.EXIT]  # I9


def test_fenced_sends_nothing_not_even_an_exit() -> None:
    in_force = dca_rules()
    state, _ = bought(in_force)
    flat = replace(in_force, desired=DesiredState.FLAT)

    after = play(state, flat, LeaseEnded(reason="lost"), RulesChanged(), candle(5, "100"))

    assert placed(after) == []  # I1 outranks exits


def test_dust_is_not_sold_for_ever() -> None:
    in_force = dca_rules(amount="5.5")
    state, _ = bought(in_force)
    flat = replace(in_force, desired=DesiredState.FLAT)

    after = play(
        state, flat, candle(6, "50"), candle(7, "50")
    )  # now worth 2.7, below the least of 5

    assert placed(after) == []  # TR-21
    assert after.state.exiting == {}


def test_triggered_stop_that_the_market_jumped_over_is_replaced_by_a_market_sale() -> None:
    in_force = rules()
    state, _ = bought(in_force, price="120")
    stop = next(o for o in state.orders.values() if o.purpose is Purpose.STOP_LOSS)
    assert stop.price is not None
    state = decide(state, accepted(stop), in_force).state

    below = play(state, in_force, candle(20, str(stop.price - 1)))

    assert any(isinstance(c, CancelOrder) for c in below.commands)  # TR-64
    assert below.state.exiting == {KEY: "StopOverrun"}


def test_crossing_enters_once_and_not_again_on_a_repeated_candle() -> None:
    in_force = rules()
    candles = crossing()

    step = play(leased(in_force), in_force, *candles, candles[-1])

    assert [o.purpose for o in placed(step)] == [Purpose.ENTRY]  # TR-37
