"""Every limit blocks entries, none blocks an exit, and missing figures block as well."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botcore.domain.orders import OrderStatus, Purpose
from botcore.resources.strategy_params import DcaParams
from botcore.resources.trading_bot import DesiredState, RiskLimits
from botrunner.trading.decide import decide
from botrunner.trading.events import (
    CandleClosed,
    Event,
    HaltChanged,
    OrderReported,
    RulesChanged,
    ShutdownRequested,
)
from botrunner.trading.risk import entry_block, equity
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState
from tests.support.trading import (
    KEY,
    START,
    a_candle,
    a_fill,
    a_report,
    a_rule,
    accepted,
    an_instrument,
    bought,
    candle,
    dca_rules,
    decisions,
    filled,
    leased,
    placed,
    play,
    rules,
    stop_of,
)

LIMITS = {
    "maxDailyLoss": RiskLimits(max_daily_loss=Decimal(9)),
    "maxDrawdownPercent": RiskLimits(max_drawdown_percent=Decimal("0.9")),
    "maxPositionNotional": RiskLimits(max_position_notional=Decimal(150)),
    "maxOpenOrders": RiskLimits(max_open_orders=1),
}


def limited(risk: RiskLimits, **changes: object) -> Rules:
    return dca_rules(risk=risk, **changes)


def last(*events: Event, state: BotState, in_force: Rules) -> tuple[str, str]:
    return decisions(play(state, in_force, *events))[-1]


@pytest.mark.parametrize("name", ["maxDailyLoss", "maxDrawdownPercent", "maxPositionNotional"])
def test_limit_blocks_the_next_entry_and_says_which(name: str) -> None:
    in_force = limited(LIMITS[name])
    state, _ = bought(in_force)

    step = play(state, in_force, candle(2, "90"))  # 1 held, 10 lost

    assert placed(step) == []
    ((action, reason),) = decisions(step)
    assert action == "Blocked"
    assert reason.startswith(name)


@pytest.mark.parametrize("name", ["maxDailyLoss", "maxDrawdownPercent", "maxPositionNotional"])
def test_entry_below_the_limit_goes_through(name: str) -> None:
    free = RiskLimits(
        max_daily_loss=Decimal(50),
        max_drawdown_percent=Decimal(15),
        max_position_notional=Decimal(600),
    )
    in_force = limited(free)
    state, _ = bought(in_force)

    assert [o.purpose for o in placed(play(state, in_force, candle(2, "90")))] == [Purpose.ENTRY]


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_no_limit_blocks_an_exit(name: str) -> None:
    in_force = limited(LIMITS[name])
    state, _ = bought(in_force)
    state = play(state, replace(in_force, desired=DesiredState.PAUSED), candle(2, "50")).state
    flat = replace(in_force, desired=DesiredState.FLAT)

    assert [o.purpose for o in placed(decide(state, RulesChanged(), flat))] == [Purpose.EXIT]  # I9


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_no_limit_blocks_a_stop(name: str) -> None:
    in_force = rules(
        a_rule(DcaParams(amount=Decimal(100), stop_loss_percent=Decimal(2))), risk=LIMITS[name]
    )

    state, _ = bought(in_force)

    assert stop_of(state).purpose is Purpose.STOP_LOSS


def test_open_orders_count_across_strategies() -> None:
    both = {symbol: an_instrument(symbol) for symbol in ("BTCUSDT", "ETHUSDT")}
    params = DcaParams(amount=Decimal(100), stop_loss_percent=Decimal(2))
    in_force = rules(
        a_rule(params),
        a_rule(params, name="other", symbols=("ETHUSDT",)),
        risk=LIMITS["maxOpenOrders"],
        instruments=both,
    )
    state, _ = bought(in_force)
    state = decide(state, accepted(stop_of(state)), in_force).state

    other = CandleClosed(candle=a_candle(2, "100", "ETHUSDT"))

    assert last(other, state=state, in_force=in_force) == ("Blocked", "maxOpenOrders 1 reached")


def test_orders_per_minute_count_entries_of_the_last_minute_of_venue_time() -> None:
    in_force = limited(RiskLimits(max_orders_per_minute=1))
    state, _ = bought(in_force)
    same_minute = replace(state, entry_times=(a_candle(2, "1").close_at - timedelta(seconds=59),))

    assert last(candle(2, "100"), state=same_minute, in_force=in_force) == (
        "Blocked",
        "maxOrdersPerMinute 1 reached",
    )
    assert last(candle(3, "100"), state=same_minute, in_force=in_force)[0] == "Enter"


def sold_at_a_loss(in_force: Rules) -> BotState:
    state, _ = bought(in_force)
    flat = replace(in_force, desired=DesiredState.FLAT)
    step = decide(state, RulesChanged(), flat)
    return decide(step.state, filled(placed(step)[0], "90", trade_id=2), flat).state


def test_realised_loss_blocks_until_midnight_utc_of_the_venue() -> None:
    in_force = limited(LIMITS["maxDailyLoss"])
    state = sold_at_a_loss(in_force)
    evening = candle(24 * 60 - 1, "90")  # closes 23:59:59.999
    morning = candle(24 * 60, "90")

    assert last(evening, state=state, in_force=in_force) == ("Blocked", "maxDailyLoss 9 reached")
    assert last(evening, morning, state=state, in_force=in_force)[0] == "Enter"  # TR-68


def test_loss_of_the_day_survives_its_daily_candle() -> None:
    # The stop fills on the 2nd, the candle of the 2nd closes at its end: the loss is that day's.
    in_force = limited(LIMITS["maxDailyLoss"])
    state, _ = bought(in_force)
    flat = replace(in_force, desired=DesiredState.FLAT)
    step = decide(state, RulesChanged(), flat)
    sale = placed(step)[0]
    noon = replace(a_fill(sale, "90", trade_id=2), venue_time=START + timedelta(hours=36))
    lost = OrderReported(report=a_report(sale, OrderStatus.FILLED), fills=(noon,))
    state = decide(step.state, lost, flat).state

    end_of_day = candle(2 * 24 * 60 - 1, "90")

    assert last(end_of_day, state=state, in_force=in_force) == ("Blocked", "maxDailyLoss 9 reached")


def test_drawdown_is_measured_from_the_highest_equity() -> None:
    in_force = limited(RiskLimits(max_drawdown_percent=Decimal(5)))
    state, _ = bought(in_force)
    up = replace(in_force, desired=DesiredState.PAUSED)
    state = play(state, up, candle(2, "200")).state  # equity 1099.8
    assert state.peak_equity == equity(state, in_force)

    assert last(candle(3, "140"), state=state, in_force=in_force) == (
        "Blocked",
        "maxDrawdownPercent 5 reached",
    )
    assert last(candle(3, "160"), state=state, in_force=in_force)[0] == "Enter"


def test_unknown_equity_blocks() -> None:
    in_force = limited(LIMITS["maxDrawdownPercent"])

    reason = entry_block(leased(in_force), in_force, KEY, Decimal(1))

    assert reason == "equity is not known yet"  # TR-66


@pytest.mark.parametrize("name", ["maxDailyLoss", "maxDrawdownPercent"])
def test_position_without_a_price_blocks_entries_elsewhere(name: str) -> None:
    in_force = limited(LIMITS[name])
    state, _ = bought(in_force)
    held = replace(state.sub_book(KEY), strategy="other", symbol="ETHUSDT")
    state = replace(state, sub_books={("other", "ETHUSDT"): held})

    assert last(candle(2, "100"), state=state, in_force=in_force) == (
        "Blocked",
        "the price of ETHUSDT is not known yet",
    )  # I9: its loss is not known


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (HaltChanged(reason="by hand"), "halted: by hand"),
        (ShutdownRequested(), "shutting down"),
    ],
)
def test_standing_reasons_block(event: Event, reason: str) -> None:
    in_force = dca_rules()
    state, _ = bought(in_force)
    state = play(state, in_force, event).state

    assert entry_block(state, in_force, KEY, Decimal(1)) == reason


@pytest.mark.parametrize("desired", [DesiredState.PAUSED, DesiredState.FLAT, DesiredState.STOPPED])
def test_only_running_bots_enter(desired: DesiredState) -> None:
    in_force = dca_rules(desired=desired)

    assert last(candle(1, "100"), state=leased(in_force), in_force=in_force) == (
        "Blocked",
        f"desired state is {desired}",
    )


def test_cleared_halt_lets_entries_through_again() -> None:
    in_force = dca_rules()
    halted = play(leased(in_force), in_force, HaltChanged(reason="by hand"), candle(1, "100"))

    after = play(halted.state, in_force, HaltChanged(reason=None), candle(2, "100"))

    assert decisions(halted) == [("Blocked", "halted: by hand")]
    assert decisions(after)[0][0] == "Enter"


@pytest.mark.parametrize("status", ["BREAK", "CANCEL_ONLY"])
def test_symbol_that_does_not_trade_blocks_entries(status: str) -> None:
    in_force = dca_rules(instruments={"BTCUSDT": an_instrument(status=status)})

    assert last(candle(1, "100"), state=leased(in_force), in_force=in_force) == (
        "Blocked",
        "BTCUSDT is not trading",
    )  # TR-30


def test_deposit_can_not_hide_a_loss() -> None:
    in_force = dca_rules()
    state = sold_at_a_loss(in_force)

    # Bought 0.999 for 100, sold 0.999 at 90 less 0.1 %: only own lots count, never a balance.
    assert equity(state, in_force) == Decimal(1000) - 100 + Decimal("89.82009")
