"""A closed candle leads to one recorded decision, perhaps to one order, and never twice."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from botcore.domain.market import Interval
from botcore.domain.orders import OrderStatus, Purpose, Side
from botcore.resources.strategy_params import DcaParams, EmaCrossParams
from botcore.resources.trading_bot import RiskLimits
from botrunner.trading.commands import PlaceOrder, RecordDecision, Reread
from botrunner.trading.decide import decide
from botrunner.trading.deciding import needs_warm_up
from botrunner.trading.events import (
    CandleClosed,
    LeaseAcquired,
    LeaseEnded,
    RulesChanged,
    StreamRestored,
)
from botrunner.trading.state import BotState
from tests.support.trading import (
    KEY,
    a_candle,
    a_rule,
    accepted,
    an_instrument,
    bought,
    canceled,
    candle,
    crossing,
    dca_rules,
    decisions,
    filled,
    leased,
    placed,
    play,
    rules,
    stop_of,
)


def history(minute: int, close: str) -> CandleClosed:
    return CandleClosed(candle=a_candle(minute, close), is_history=True)


def test_decision_is_recorded_before_its_order() -> None:
    in_force = dca_rules()

    step = play(leased(in_force), in_force, candle(1, "100"))

    assert [type(command) for command in step.commands] == [RecordDecision, PlaceOrder]  # TR-37
    order = placed(step)[0]
    assert (order.purpose, order.side, order.quantity) == (Purpose.ENTRY, Side.BUY, Decimal(1))
    assert order.reserved_quote == Decimal(101)
    assert order.client_order_id == "kb-0a1b2c3d-1-1"
    assert order.status is OrderStatus.PENDING_NEW


def test_every_candle_is_recorded_even_when_nothing_happens() -> None:
    in_force = rules()

    step = play(leased(in_force), in_force, candle(1, "100"), candle(2, "100"))

    assert decisions(step) == [
        ("Hold", "warming up, 2 candles to go"),
        ("Hold", "warming up, 1 candles to go"),
    ]


def test_candle_seen_before_decides_nothing() -> None:
    in_force = dca_rules()

    step = play(leased(in_force), in_force, candle(2, "100"), candle(2, "100"), candle(1, "100"))

    assert len(decisions(step)) == 1  # TR-37


def test_candle_decided_before_a_restart_is_not_decided_again() -> None:
    in_force = dca_rules()
    state = replace(leased(in_force), decided={KEY: a_candle(5, "100").close_at})

    step = play(state, in_force, candle(5, "100"), candle(6, "100"))

    assert len(decisions(step)) == len(placed(step)) == 1


def test_history_warms_up_and_never_acts() -> None:
    in_force = rules()
    past = [CandleClosed(candle=one.candle, is_history=True) for one in crossing()]

    step = play(leased(in_force), in_force, *past)

    assert step.commands == ()
    after = play(step.state, in_force, candle(30, "119"))
    assert decisions(after) == [("Hold", "no crossing, fast average is above slow")]


def test_fenced_candle_feeds_the_indicators_only() -> None:
    in_force = rules()
    falling, top = crossing()[:-1], crossing()[-1]
    fenced = play(leased(in_force), in_force, LeaseEnded(reason="lost"), *falling)

    after = play(fenced.state, in_force, LeaseAcquired(epoch=2), top)

    assert decisions(fenced) == []
    assert [order.epoch for order in placed(after)] == [2]


def test_decisions_of_two_symbols_are_their_own() -> None:
    both = ("BTCUSDT", "ETHUSDT")
    in_force = rules(
        a_rule(DcaParams(amount=Decimal(100)), symbols=both),
        instruments={symbol: an_instrument(symbol) for symbol in both},
    )
    other = CandleClosed(candle=a_candle(1, "50", "ETHUSDT"))

    step = play(leased(in_force), in_force, candle(1, "100"), other)

    assert [(o.symbol, o.quantity) for o in placed(step)] == [("BTCUSDT", 1), ("ETHUSDT", 2)]


def test_candle_of_another_interval_is_nobodys_business() -> None:
    in_force = rules(a_rule(DcaParams(amount=Decimal(100)), interval=Interval.H1))

    assert placed(play(leased(in_force), in_force, candle(1, "100"))) == []


def test_exit_signal_sells_the_whole_position() -> None:
    in_force = rules()
    state, _ = bought(in_force, price="120")
    state = play(state, in_force, accepted(stop_of(state)), candle(20, "90")).state
    assert KEY in state.exiting

    after = decide(state, canceled(stop_of(state)), in_force)

    (exit_order,) = placed(after)
    assert exit_order.quantity == Decimal("8.24175")  # 990 / 120 less the fee, truncated
    sold = decide(after.state, filled(exit_order, "90", trade_id=2), in_force)
    assert sold.state.sub_book(KEY).quantity < Decimal("0.00001")
    assert sold.state.exiting == {}


def test_changed_parameters_rebuild_the_strategys_state_from_candles() -> None:
    in_force = rules()
    state = play(leased(in_force), in_force, *crossing()[:-1]).state
    assert not needs_warm_up(state, in_force)
    other = rules(a_rule(EmaCrossParams(fast=2, slow=4)), generation=2)

    step = decide(state, RulesChanged(), other)

    assert step.commands == (Reread(stream="market"),)
    after = play(state, other, candle(30, "120"))
    assert decisions(after) == [("Hold", "warming up, 3 candles to go")]


def test_changed_interval_rebuilds_the_strategys_state_too() -> None:
    in_force = rules()
    state = play(leased(in_force), in_force, *crossing()[:-1]).state
    hourly = rules(a_rule(interval=Interval.H1), generation=2)
    hour = replace(a_candle(60, "120"), interval=Interval.H1)

    assert decide(state, RulesChanged(), hourly).commands == (Reread(stream="market"),)
    after = play(state, hourly, CandleClosed(candle=hour))
    assert decisions(after) == [("Hold", "warming up, 2 candles to go")]


def test_unchanged_parameters_need_no_new_candles() -> None:
    in_force = rules()
    state = play(leased(in_force), in_force, *crossing()).state
    tighter = replace(in_force, risk=RiskLimits(max_open_orders=1), generation=2)

    assert decide(state, RulesChanged(), tighter).commands == ()


def test_restored_stream_asks_for_what_was_missed() -> None:
    in_force = dca_rules()

    for stream in ("market", "user"):
        step = decide(leased(in_force), StreamRestored(stream=stream), in_force)
        assert step.commands == (Reread(stream=stream),)  # TR-39, TR-59


def test_symbol_without_filters_is_blocked() -> None:
    in_force = dca_rules(instruments={})

    step = play(leased(in_force), in_force, candle(1, "100"))

    assert decisions(step) == [("Blocked", "BTCUSDT is not trading")]


def test_mark_is_the_newest_close_whatever_comes_late() -> None:
    # After a restart the venue's time is now, and every candle read is older than that.
    in_force = dca_rules()
    restored = replace(BotState(), venue_time=datetime(2024, 1, 2, tzinfo=UTC))

    state = play(restored, in_force, history(1, "90"), history(3, "110"), history(2, "100")).state

    assert state.marks == {"BTCUSDT": Decimal(110)}
    assert state.venue_time == datetime(2024, 1, 2, tzinfo=UTC)


def test_late_candle_does_not_turn_the_venues_time_back() -> None:
    in_force = dca_rules()

    state = play(leased(in_force), in_force, candle(9, "100"), candle(3, "90")).state

    assert state.venue_time == a_candle(9, "1").close_at
    assert state.marks == {"BTCUSDT": Decimal(100)}


def test_triggered_stop_within_reach_of_its_limit_is_left_to_fill() -> None:
    in_force = rules()
    state, _ = bought(in_force, price="120")
    stop = stop_of(state)
    assert stop.price is not None
    state = decide(state, accepted(stop), in_force).state
    rising = replace(in_force, strategies=(a_rule(DcaParams(amount=Decimal(1))),))

    after = play(state, rising, candle(20, str(stop.price)))

    assert after.state.exiting == {}


def test_dust_of_the_last_trade_does_not_keep_the_next_one_from_entering() -> None:
    in_force = rules()
    state, _ = bought(in_force, price="120")
    lot = replace(state.sub_book(KEY).lots[0], remaining=Decimal("0.000001"))
    dust = replace(state.sub_book(KEY), lots=(lot,))
    state = replace(state, sub_books={KEY: dust}, orders={})

    step = play(state, in_force, *crossing(first=30))

    assert [o.purpose for o in placed(step)] == [Purpose.ENTRY]  # TR-21
