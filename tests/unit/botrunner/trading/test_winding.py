"""Paused, Flat, Stopped and SIGTERM: what is sold, what is cancelled, what stays, and when it ends."""

from dataclasses import replace
from decimal import Decimal

import pytest

from botcore.domain.orders import Order, OrderStatus, Purpose
from botcore.resources.trading_bot import DesiredState, OrdersOnStop, PositionsOnStop
from botrunner.trading.commands import CancelOrder, Exit
from botrunner.trading.decide import decide
from botrunner.trading.events import (
    CancelUnresolved,
    HaltChanged,
    LeaseAcquired,
    LeaseEnded,
    RulesChanged,
    ShutdownRequested,
)
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step
from botrunner.trading.winding import condition
from tests.support.trading import (
    KEY,
    a_rule,
    accepted,
    bought,
    canceled,
    candle,
    dca_rules,
    denied,
    filled,
    leased,
    placed,
    play,
    refused,
    rules,
    sent,
    stop_of,
    unknown,
)

RULES = dca_rules(stop="2")
STOPPED = replace(RULES, desired=DesiredState.STOPPED)


def exits(step: Step) -> list[str]:
    return [c.reason for c in step.commands if isinstance(c, Exit)]


def cancels(step: Step) -> list[str]:
    return [c.client_order_id for c in step.commands if isinstance(c, CancelOrder)]


def protected() -> tuple[BotState, Order]:
    state, _ = bought(RULES)
    stop = stop_of(state)
    return decide(state, accepted(stop), RULES).state, stop


def closing(rules_in_force: Rules = STOPPED) -> Rules:
    return replace(rules_in_force, positions_on_stop=PositionsOnStop.CLOSE)


def test_paused_keeps_managing_what_is_open() -> None:
    paused = replace(RULES, desired=DesiredState.PAUSED)
    state, stop = protected()

    step = play(state, paused, RulesChanged(), canceled(stop))

    assert [o.purpose for o in placed(step)] == [Purpose.STOP_LOSS]
    assert exits(step) == []


def test_flat_sells_and_then_stays() -> None:
    flat = replace(RULES, desired=DesiredState.FLAT)
    state, stop = protected()
    step = play(state, flat, RulesChanged(), canceled(stop))
    (sale,) = placed(step)

    after = decide(step.state, filled(sale, "100", trade_id=2), flat)

    assert after.state.exiting == {}
    assert exits(after) == []
    assert after.state.sub_book(KEY).quantity == 0


def test_stopped_keeps_lots_and_their_stop_and_ends() -> None:
    state, _ = protected()

    step = decide(state, RulesChanged(), STOPPED)

    assert (placed(step), cancels(step), exits(step)) == ([], [], ["Stopped"])


def test_stopped_with_close_sells_before_it_ends() -> None:
    state, stop = protected()
    step = decide(state, RulesChanged(), closing())
    assert (cancels(step), exits(step)) == ([stop.client_order_id], [])
    step = decide(step.state, canceled(stop), closing())
    (sale,) = placed(step)
    assert exits(step) == []

    step = decide(step.state, filled(sale, "100", trade_id=2), closing())

    assert exits(step) == ["Stopped"]


def test_stopped_with_close_does_not_end_while_the_sale_is_refused() -> None:
    state, stop = protected()
    step = play(state, closing(), RulesChanged(), canceled(stop))
    (sale,) = placed(step)

    step = decide(step.state, refused(sale), closing())

    assert exits(step) == []
    assert len(placed(decide(step.state, candle(9, "100"), closing()))) == 1


def test_stopped_with_close_leaves_dust_and_ends() -> None:
    state, _ = bought(dca_rules(amount="5.5"))
    dusty = play(state, dca_rules(desired=DesiredState.PAUSED), candle(5, "50")).state

    assert exits(
        decide(dusty, RulesChanged(), closing(dca_rules(desired=DesiredState.STOPPED)))
    ) == ["Stopped"]  # TR-21


@pytest.mark.parametrize(
    ("orders_on_stop", "cancelled", "ends"),
    [(OrdersOnStop.CANCEL, True, False), (OrdersOnStop.KEEP, False, True)],
)
def test_stopped_cancels_or_keeps_open_entries(
    orders_on_stop: OrdersOnStop, *, cancelled: bool, ends: bool
) -> None:
    in_force = replace(STOPPED, orders_on_stop=orders_on_stop)
    state, entry = sent(RULES)
    state = decide(state, accepted(entry), RULES).state

    step = decide(state, RulesChanged(), in_force)

    assert cancels(step) == ([entry.client_order_id] if cancelled else [])
    assert bool(exits(step)) is ends
    if cancelled:
        assert exits(decide(step.state, canceled(entry), in_force)) == ["Stopped"]


def test_halt_cancels_open_entries_and_leaves_stops() -> None:
    state, entry = sent(RULES)
    state = decide(state, accepted(entry), RULES).state
    held, _ = protected()

    assert cancels(decide(state, HaltChanged(reason="by hand"), RULES)) == [entry.client_order_id]
    assert cancels(decide(held, HaltChanged(reason="by hand"), RULES)) == []


def test_shutdown_leaves_the_stop_resting_and_ends_at_once() -> None:
    state, _ = protected()

    step = decide(state, ShutdownRequested(), RULES)

    assert (placed(step), cancels(step), exits(step)) == ([], [], ["Terminated"])  # TR-48


def test_shutdown_waits_for_an_unknown_outcome_and_for_nothing_else() -> None:
    state, entry = sent(RULES)
    state = decide(state, unknown(entry), RULES).state

    step = decide(state, ShutdownRequested(), RULES)
    settled = play(step.state, RULES, *(denied(entry, age) for age in (1, 3, 5)))

    assert exits(step) == []
    assert exits(settled) == ["Terminated"]


def test_shutdown_waits_until_a_filled_entry_is_protected() -> None:
    state, entry = sent(RULES)
    step = play(state, RULES, ShutdownRequested(), filled(entry, "100"))
    (stop,) = placed(step)

    assert exits(step) == []
    assert exits(decide(step.state, accepted(stop), RULES)) == ["Terminated"]


def test_shutdown_between_the_cancel_of_a_stop_and_the_sale_finishes_the_sale() -> None:
    # Ending there would leave the position without a stop for as long as the pod is away.
    state, stop = protected()
    flat = replace(RULES, desired=DesiredState.FLAT)
    asked = decide(state, RulesChanged(), flat)
    assert cancels(asked) == [stop.client_order_id]

    step = decide(asked.state, ShutdownRequested(), flat)
    lost = CancelUnresolved(client_order_id=stop.client_order_id, reason="timeout")
    still = decide(step.state, lost, flat)
    sale = decide(still.state, canceled(stop), flat)
    end = decide(sale.state, filled(placed(sale)[0], "100", trade_id=2), flat)

    assert [exits(one) for one in (step, still, sale, end)] == [[], [], [], ["Terminated"]]


def test_fenced_bot_does_not_end_by_itself() -> None:
    state, _ = protected()

    step = play(state, STOPPED, LeaseEnded(reason="lost"), ShutdownRequested())

    assert exits(step) == []  # what it would settle is not its to settle now
    assert exits(decide(step.state, LeaseAcquired(epoch=2), STOPPED)) == ["Stopped"]


def test_fencing_cancels_open_entries_and_nothing_else() -> None:
    state, entry = sent(RULES)
    unacknowledged = decide(state, LeaseEnded(reason="lost"), RULES)
    acknowledged = play(state, RULES, accepted(entry), LeaseEnded(reason="lost"))
    held, _ = protected()

    assert cancels(unacknowledged) == []
    assert cancels(acknowledged) == [entry.client_order_id]  # I10
    assert cancels(decide(held, LeaseEnded(reason="lost"), RULES)) == []


def test_strategy_that_was_removed_sells_out() -> None:
    state, stop = protected()
    other = rules(a_rule(name="other", symbols=("ETHUSDT",)))

    step = play(state, other, RulesChanged(), canceled(stop))

    assert [(o.strategy, o.purpose) for o in placed(step)] == [("trend", Purpose.EXIT)]


def test_strategy_that_was_removed_from_a_stopped_bot_keeps_its_lots() -> None:
    state, _ = protected()
    other = rules(a_rule(name="other", symbols=("ETHUSDT",)), desired=DesiredState.STOPPED)

    step = decide(state, RulesChanged(), other)

    assert (placed(step), exits(step)) == ([], ["Stopped"])


@pytest.mark.parametrize(
    ("state", "desired", "shown"),
    [
        (BotState(fence_reason="lost"), DesiredState.RUNNING, ("Fenced", "lost")),
        (
            BotState(is_shutting_down=True),
            DesiredState.RUNNING,
            ("Stopping", "the process was asked to end"),
        ),
        (BotState(epoch=1, halt="by hand"), DesiredState.RUNNING, ("Halted", "by hand")),
        (BotState(epoch=1), DesiredState.RUNNING, ("Running", "")),
        (BotState(epoch=1), DesiredState.PAUSED, ("Paused", "no new entries")),
        (BotState(epoch=1, exiting={KEY: "x"}), DesiredState.FLAT, ("Flat", "selling own lots")),
        (BotState(epoch=1), DesiredState.STOPPED, ("Stopping", "carrying out onStop")),
    ],
)
def test_condition_tells_the_strongest_reason(
    state: BotState, desired: DesiredState, shown: tuple[str, str]
) -> None:
    assert condition(state, replace(RULES, desired=desired)) == shown


def test_unresolved_entry_is_not_cancelled_before_its_fate_is_known() -> None:
    state, entry = sent(RULES)
    flat = replace(RULES, desired=DesiredState.FLAT)

    step = play(state, flat, unknown(entry), RulesChanged())
    after = decide(step.state, accepted(entry), flat)

    assert cancels(step) == []
    assert cancels(after) == [entry.client_order_id]
    assert after.state.orders[entry.client_order_id].status is OrderStatus.NEW
    assert leased(flat).orders == {}


def test_dust_of_a_removed_strategy_is_left() -> None:
    state, _ = bought(dca_rules(amount="5.5"))
    dusty = play(state, dca_rules(desired=DesiredState.PAUSED), candle(5, "50")).state

    step = decide(dusty, RulesChanged(), rules(a_rule(name="other")))

    assert placed(step) == []
    assert step.state.exiting == {}
    assert dusty.sub_book(KEY).quantity > Decimal(0)
