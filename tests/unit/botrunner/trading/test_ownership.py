"""An order belongs to the strategy that sent it, whoever else trades its symbol."""

from datetime import timedelta
from decimal import Decimal

from botcore.domain.orders import Order, Purpose
from botcore.resources.strategy_params import DcaParams
from botrunner.trading.recovery import restore
from botrunner.trading.state import BotState, Stored
from tests.support.trading import START, a_rule, candle, filled, leased, placed, play, rules

OWN, OTHER = ("own", "BTCUSDT"), ("other", "BTCUSDT")
PARAMS = DcaParams(amount=Decimal(100), stop_loss_percent=Decimal(2))
BOTH = rules(a_rule(PARAMS, name="own"), a_rule(PARAMS, name="other"))


def entries_of_both() -> tuple[BotState, list[Order]]:
    step = play(leased(BOTH), BOTH, candle(1, "100"))
    return step.state, placed(step)


def restarted(state: BotState) -> BotState:
    stored = Stored(
        orders=tuple(state.orders.values()), sub_books=tuple(state.sub_books.values()),
        decided=dict(state.decided), day_realized={}, peak_equity=None,
    )  # fmt: skip
    now = START + timedelta(minutes=3)
    return restore(stored, venue_time=now, halt=None, is_shutting_down=False)


def test_fill_found_after_a_restart_goes_to_the_strategy_that_sent_the_order() -> None:
    state, (own, other) = entries_of_both()

    after = play(restarted(state), BOTH, filled(other, "100")).state

    assert (own.strategy, other.strategy) == ("own", "other")
    assert after.sub_book(OTHER).quantity == Decimal("0.999")
    assert after.sub_book(OWN).quantity == 0  # TR-46
    assert own.client_order_id in after.orders


def test_stop_that_filled_while_away_sells_its_own_strategy_alone() -> None:
    state, (own, other) = entries_of_both()
    step = play(state, BOTH, filled(own, "100", trade_id=1), filled(other, "100", trade_id=2))
    stops = {order.strategy: order for order in placed(step) if order.purpose is Purpose.STOP_LOSS}

    after = play(restarted(step.state), BOTH, filled(stops["own"], "98", trade_id=3)).state

    assert after.sub_book(OWN).quantity == 0
    assert after.sub_book(OTHER).quantity == Decimal("0.999")  # TR-46
    assert stops["other"].client_order_id in after.orders
