"""Pauses after sales and stops, and partial sales."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botcore.domain.orders import Purpose
from botcore.resources.strategy_params import DcaParams
from botcore.resources.trading_bot import RiskLimits
from botrunner.trading.commands import CancelOrder
from botrunner.trading.decide import decide
from botrunner.trading.events import OrderRefused, TimerFired
from botrunner.trading.recovery import restore
from botrunner.trading.risk import entry_block
from botrunner.trading.state import Stored
from botrunner.trading.winding import condition
from tests.support.trading import (
    KEY,
    START,
    a_rule,
    accepted,
    bought,
    canceled,
    candle,
    dca_rules,
    filled,
    placed,
    play,
    rules,
)


def test_cooldown_blocks_until_so_many_candles_after_the_sale() -> None:
    in_force = rules(
        a_rule(DcaParams(amount=Decimal(100), stop_loss_percent=Decimal(2), cooldown_candles=5))
    )
    state, _ = bought(in_force)
    (stop,) = state.orders.values()
    sold = play(state, in_force, accepted(stop), filled(stop, "97", trade_id=9)).state
    assert sold.sold_at[KEY] == START

    early = play(sold, in_force, candle(3, "100"))
    late = play(sold, in_force, candle(5, "100"))

    assert placed(early) == []
    assert (
        entry_block(early.state, in_force, KEY, Decimal(1))
        == "cooling down for 5 candles after a sale"
    )
    assert [o.purpose for o in placed(late)] == [Purpose.ENTRY]  # TR-62


GUARD = RiskLimits(max_stop_losses=2, stop_loss_window_minutes=60, stop_loss_pause_minutes=30)


@pytest.mark.parametrize(
    ("first", "second", "now", "blocked"),
    [
        (0, 60, 61, True),
        (0, 61, 62, False),  # too far apart
        (0, 60, 90, False),  # the pause is over
        (0, 60, 89, True),
    ],
)
def test_stop_loss_guard_pauses_the_whole_bot(
    first: int, second: int, now: int, *, blocked: bool
) -> None:
    in_force = dca_rules(risk=GUARD)
    stored = Stored(
        orders=(),
        sub_books=(),
        decided={},
        day_realized={},
        peak_equity=None,
        stop_outs={
            "one": START + timedelta(minutes=first),
            "two": START + timedelta(minutes=second),
        },
    )
    state = restore(
        stored, venue_time=START + timedelta(minutes=now), halt=None, is_shutting_down=False
    )

    reason = entry_block(replace(state, epoch=1), in_force, ("other", "BTCUSDT"), Decimal(1))

    assert (reason == "maxStopLosses 2 reached") is blocked  # TR-62, and it survives a restart


def test_stop_sold_at_a_loss_counts_once_whatever_its_fills() -> None:
    in_force = dca_rules(stop="2")
    state, _ = bought(in_force)
    (stop,) = state.orders.values()

    after = play(state, in_force, accepted(stop), filled(stop, "97", trade_id=9)).state

    assert list(after.stop_outs) == [stop.client_order_id]


def test_orders_per_minute_survive_a_restart() -> None:
    in_force = dca_rules(risk=RiskLimits(max_orders_per_minute=1))
    stored = Stored(
        orders=(),
        sub_books=(),
        decided={},
        day_realized={},
        peak_equity=None,
        entry_times=(START,),
    )
    state = restore(
        stored, venue_time=START + timedelta(seconds=30), halt=None, is_shutting_down=False
    )

    reason = entry_block(replace(state, epoch=1), in_force, KEY, Decimal(1))

    assert reason == "maxOrdersPerMinute 1 reached"


def test_reached_limit_of_loss_shows_as_halted() -> None:
    in_force = dca_rules(risk=RiskLimits(max_daily_loss=Decimal(5)))
    state, _ = bought(in_force)

    before = condition(replace(state, marks={"BTCUSDT": Decimal(96)}), in_force)
    after = condition(replace(state, marks={"BTCUSDT": Decimal(94)}), in_force)

    assert before[0] == "Running"
    assert after == ("Halted", "maxDailyLoss 5 reached")  # TR-68


def test_part_is_sold_once_with_the_stop_put_back_behind_it() -> None:
    in_force = dca_rules(stop="2")
    state, _ = bought(in_force)
    (stop,) = state.orders.values()
    resting = play(state, in_force, accepted(stop)).state
    held = resting.sub_book(KEY).quantity
    wished = replace(resting, trims={KEY: held - Decimal("0.4")})

    asking = decide(wished, TimerFired(tick=1), in_force)
    selling = decide(asking.state, canceled(stop), in_force)
    (sale,) = placed(selling)
    done = decide(selling.state, filled(sale, "100", trade_id=9), in_force)

    assert [c.client_order_id for c in asking.commands if isinstance(c, CancelOrder)] == [
        stop.client_order_id
    ]
    assert (sale.purpose, sale.quantity) == (Purpose.EXIT, Decimal("0.4"))
    assert [(o.purpose, o.quantity) for o in placed(done)] == [
        (Purpose.STOP_LOSS, held - Decimal("0.4"))
    ]
    assert done.state.trims == {}


def test_part_too_small_to_sell_is_forgotten() -> None:
    in_force = dca_rules()
    state, _ = bought(in_force)
    held = state.sub_book(KEY).quantity

    step = decide(
        replace(state, trims={KEY: held - Decimal("0.00001")}), TimerFired(tick=1), in_force
    )

    assert (placed(step), step.state.trims) == ([], {})


def test_refused_stop_that_never_left_does_not_sell_the_position() -> None:
    in_force = dca_rules(stop="2")
    state, _ = bought(in_force)
    (stop,) = state.orders.values()
    no = OrderRefused(client_order_id=stop.client_order_id, code=0, reason="NotSent")

    step = play(state, in_force, no)
    later = play(step.state, in_force, TimerFired(tick=5))

    assert placed(step) == []
    assert [o.purpose for o in placed(later)] == [Purpose.STOP_LOSS]


def test_dust_of_a_position_held_too_long_blocks_no_entry() -> None:
    in_force = rules(a_rule(DcaParams(amount=Decimal(100), time_limit_candles=3)))
    state, _ = bought(in_force)
    held = state.sub_book(KEY)
    dust = replace(held, lots=(replace(held.lots[0], remaining=Decimal("0.000004")),))
    dusty = replace(state, sub_books={KEY: dust}, orders={}, sold_at={KEY: START})

    step = play(dusty, in_force, candle(10, "100"))

    assert [o.purpose for o in placed(step)] == [Purpose.ENTRY]  # TR-21
