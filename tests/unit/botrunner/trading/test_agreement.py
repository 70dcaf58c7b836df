"""Does the account cover what the ledger says: values in, findings out."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from botcore.domain.orders import Purpose
from botcore.resources.trading_bot import RiskLimits
from botrunner.trading.agreement import (
    assets_in_doubt,
    books_checked,
    differences,
    distrust,
    own_lots,
    uncovered,
)
from botrunner.trading.commands import CancelOrder
from botrunner.trading.decide import decide
from botrunner.trading.events import BalanceChanged, BooksChecked, Problem, TimerFired, WriteOff
from botrunner.trading.problems import stale_markets, standing_problems
from botrunner.trading.risk import entry_block, equity
from tests.support.trading import (
    KEY,
    START,
    accepted,
    an_instrument,
    bought,
    canceled,
    candle,
    dca_rules,
    decisions,
    filled,
    leased,
    placed,
    play,
    sent,
    stop_of,
)

RULES = dca_rules()
D = Decimal
DISAGREE = Problem(reason="BooksDisagree", message="BTC: the account holds 0, own lots are 1")


def amounts(**given: str) -> dict[str, Decimal]:
    return {asset: Decimal(amount) for asset, amount in given.items()}


def test_account_that_holds_what_the_ledger_says_has_no_difference() -> None:
    held = amounts(BTC="1.00000000", USDT="900.000000001")

    assert differences(amounts(BTC="1", USDT="900"), held, amounts(BTC="1")) == ()


def test_more_of_an_asset_and_less_of_another_are_two_differences() -> None:
    found = differences(amounts(BTC="1", USDT="900"), amounts(BTC="1.5", USDT="850"), {})

    assert [(one.asset, one.amount, one.short) for one in found] == [
        ("BTC", D("0.5"), 0),
        ("USDT", D(-50), 0),
    ]


def test_own_lots_without_cover_are_short_though_the_sums_agree() -> None:
    (found,) = differences(amounts(BTC="0.4"), amounts(BTC="0.4"), amounts(BTC="1"))

    assert (found.amount, found.short) == (0, D("0.6"))
    assert uncovered(found) == Problem(
        reason="BooksDisagree", message="BTC: the account holds 0.4, own lots are 1"
    )


def test_lots_short_by_two_per_cent_can_be_borne() -> None:
    own = amounts(BTC="1")

    assert uncovered(*differences({}, amounts(BTC="0.98"), own)) is None  # TR-19, TR-20
    assert uncovered(*differences({}, amounts(BTC="0.9799"), own)) is not None


def test_own_lots_add_up_over_strategies() -> None:
    state, entry = bought(RULES)
    other = replace(state.sub_book(KEY), strategy="other")
    state = replace(state, sub_books={**state.sub_books, ("other", "BTCUSDT"): other})

    assert own_lots(state, RULES) == {"BTC": 2 * entry.quantity * D("0.999")}


def test_order_in_flight_defers_its_assets() -> None:
    state, entry = sent(RULES)

    assert assets_in_doubt(state, RULES) == {"BTC", "USDT", "BNB"}  # TR-44
    settled = decide(state, filled(entry, "100"), RULES).state
    assert assets_in_doubt(settled, RULES) == frozenset()


def test_problem_blocks_entries_until_a_check_finds_it_gone() -> None:
    state = decide(leased(RULES), BooksChecked(problems=(DISAGREE,)), RULES).state

    step = decide(state, candle(1, "100"), RULES)
    assert decisions(step) == [("Blocked", f"{DISAGREE.reason}: {DISAGREE.message}")]
    assert placed(step) == []  # TR-66

    state = decide(step.state, BooksChecked(problems=()), RULES).state
    assert [o.purpose for o in placed(decide(state, candle(2, "100"), RULES))] == [Purpose.ENTRY]


def test_problem_blocks_no_exit_and_keeps_the_stop() -> None:
    rules = dca_rules(stop="2")
    state, _ = bought(rules)
    state = play(state, rules, accepted(stop_of(state)), BooksChecked(problems=(DISAGREE,))).state
    stop = stop_of(state)

    sale = decide(state.with_exit(KEY, "told"), TimerFired(tick=1), rules)
    assert sale.commands == (CancelOrder(symbol="BTCUSDT", client_order_id=stop.client_order_id),)
    (exit_order,) = placed(decide(sale.state, canceled(stop), rules))
    assert exit_order.purpose is Purpose.EXIT  # I9


def test_written_off_lots_are_held_no_more_and_are_a_loss_of_the_day() -> None:
    state, _ = bought(RULES)
    gone = WriteOff(strategy=KEY[0], symbol=KEY[1], quantity=D("0.01"))
    before = equity(state, RULES)

    after = books_checked(
        state, BooksChecked(problems=(), written_off=(gone,), venue_time=state.venue_time)
    )

    assert after.sub_book(KEY).quantity == state.sub_book(KEY).quantity - D("0.01")
    assert after.day_realized < state.day_realized
    # At the price paid the loss is exactly what the coins cost.
    unit = state.sub_book(KEY).cost_quote / state.sub_book(KEY).quantity
    assert abs(after.day_realized - state.day_realized + D("0.01") * unit) < D("1E-20")
    assert before - equity(after, RULES) == D("0.01") * 100  # the mark


def test_suspicious_fee_degrades_and_blocks_until_the_next_day_is_over() -> None:
    state, entry = sent(RULES)
    report = filled(entry, "100")
    fill = replace(report.fills[0], commission=D(5), commission_asset="USDT")
    state = decide(state, replace(report, fills=(fill,)), RULES).state

    (problem,) = standing_problems(state, RULES)  # TR-18
    assert problem.reason == "FeeSuspicious"
    assert "5 USDT, 5.00% of its value" in problem.message
    assert entry_block(state, RULES, KEY, D(1)) is not None
    assert distrust(replace(state, day=START.date() + timedelta(days=1))) == (problem,)
    assert distrust(replace(state, day=START.date() + timedelta(days=2))) == ()


def test_fee_in_a_third_asset_is_valued_at_its_last_mark() -> None:
    def paid_in_bnb(marks: dict[str, Decimal]) -> Decimal:
        state, entry = sent(RULES)
        state = replace(state, marks={**state.marks, **marks})
        report = filled(entry, "100")
        fill = replace(report.fills[0], commission=D("0.0001"), commission_asset="BNB")
        step = decide(state, replace(report, fills=(fill,)), RULES)
        return step.state.sub_book(KEY).cost_quote

    assert paid_in_bnb({"BNBUSDT": D(600)}) - paid_in_bnb({}) == D("0.06")  # TR-16


def test_symbol_of_the_asset_that_pays_the_fees_is_not_bought() -> None:
    bnb = an_instrument("BNBUSDT")
    rules = dca_rules(instruments={**RULES.instruments, "BNBUSDT": bnb})
    state, entry = sent(rules)
    report = filled(entry, "100")
    fill = replace(report.fills[0], commission=D("0.0001"), commission_asset="BNB")
    state = decide(state, replace(report, fills=(fill,)), rules).state

    assert state.fee_assets == {"BNB"}
    assert entry_block(state, rules, ("trend", "BNBUSDT"), D(1)) == (
        "BNBUSDT is not traded while fees are paid in its asset"  # TR-16
    )
    usual, _ = bought(rules)  # its fee is in the base asset
    assert usual.fee_assets == frozenset()


def test_reached_limits_of_loss_are_problems() -> None:
    rules = dca_rules(risk=RiskLimits(max_daily_loss=D(5)))
    state, _ = bought(rules)
    state = play(state, rules, candle(2, "100"), candle(3, "50")).state

    assert standing_problems(state, rules) == (
        Problem(reason="RiskLimitReached", message="maxDailyLoss 5 reached"),
    )


def test_deposit_hides_no_loss() -> None:
    rules = dca_rules(risk=RiskLimits(max_daily_loss=D(5)))
    state, _ = bought(rules)
    state = play(state, rules, candle(2, "90")).state
    before = equity(state, rules), entry_block(state, rules, KEY, D(1))

    paid_in = BalanceChanged(asset="USDT", amount=D(100000), venue_time=START)
    checked = BooksChecked(problems=())  # the deposit became an adjustment row
    state = play(state, rules, paid_in, checked).state

    assert (equity(state, rules), entry_block(state, rules, KEY, D(1))) == before
    assert before[1] == "maxDailyLoss 5 reached"


def test_candle_that_does_not_come_makes_the_market_stale() -> None:
    state = play(leased(RULES), RULES, candle(1, "100")).state
    closed = state.marked_at["BTCUSDT"]

    assert stale_markets(state, RULES, closed + timedelta(minutes=7)) == {}
    late = stale_markets(state, RULES, closed + timedelta(minutes=7, seconds=1))
    later = stale_markets(state, RULES, closed + timedelta(minutes=30))
    assert late == later  # equal while nothing changed (I6)
    assert (
        late["BTCUSDT"].message == "no closed candle of BTCUSDT 1m since 2024-01-01T00:01:59+00:00"
    )
