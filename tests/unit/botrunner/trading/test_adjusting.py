"""What others did becomes rows; what nobody can explain becomes a problem (TR-20)."""

from decimal import Decimal

import pytest

from botcore.domain.account_book import AdjustmentKind
from botrunner.trading.adjusting import Evidence, Verdict, judge
from botrunner.trading.agreement import Difference
from botrunner.trading.events import WriteOff
from tests.support.trading import KEY, START, bought, dca_rules

RULES = dca_rules()
D = Decimal
HEARD = Evidence(transfers={}, trades={}, is_whole=True)
MISSED = Evidence(transfers={}, trades={}, is_whole=False)


def a_difference(asset: str, expected: str, held: str, own: str = "0") -> Difference:
    return Difference(asset=asset, expected=D(expected), held=D(held), own=D(own))


def judged(*found: Difference, evidence: Evidence = MISSED) -> Verdict:
    state, _ = bought(RULES)
    return judge(found, evidence, state, RULES, venue_time=START)


def kinds(verdict: Verdict) -> list[tuple[str, Decimal, AdjustmentKind]]:
    return [(row.asset, row.amount, row.kind) for row in verdict.adjustments]


@pytest.mark.parametrize(
    ("held", "kind"), [("150", AdjustmentKind.DEPOSIT), ("60", AdjustmentKind.WITHDRAWAL)]
)
def test_change_nobody_listened_to_is_named_by_its_direction(
    held: str, kind: AdjustmentKind
) -> None:
    verdict = judged(a_difference("USDT", "100", held))

    assert kinds(verdict) == [("USDT", D(held) - 100, kind)]
    (row,) = verdict.adjustments
    assert (row.before, row.after, verdict.problems) == (100, D(held), {})


def test_one_asset_for_another_is_a_manual_trade() -> None:
    verdict = judged(a_difference("BTC", "1", "1.5"), a_difference("USDT", "100", "50"))

    assert kinds(verdict) == [
        ("BTC", D("0.5"), AdjustmentKind.MANUAL_TRADE),
        ("USDT", D(-50), AdjustmentKind.MANUAL_TRADE),
    ]


def test_what_the_stream_told_is_split_by_cause() -> None:
    evidence = Evidence(transfers={"USDT": D(500)}, trades={"USDT": D(-50)}, is_whole=True)

    verdict = judged(a_difference("USDT", "100", "551"), evidence=evidence)

    assert kinds(verdict) == [
        ("USDT", D(500), AdjustmentKind.DEPOSIT),
        ("USDT", D(-50), AdjustmentKind.MANUAL_TRADE),
        ("USDT", D(1), AdjustmentKind.UNKNOWN),  # 1 % of 100: mends, and is shown
    ]
    rows = verdict.adjustments
    assert [(row.before, row.after) for row in rows] == [(100, 600), (600, 550), (550, 551)]


def test_two_per_cent_unexplained_mends_and_more_does_not() -> None:
    small = judged(a_difference("USDT", "100", "102"), evidence=HEARD)
    large = judged(a_difference("USDT", "100", "102.01"), evidence=HEARD)

    assert kinds(small) == [("USDT", D(2), AdjustmentKind.UNKNOWN)]
    assert large.adjustments == ()
    assert large.problems["USDT"].message == "USDT: the account holds 102.01, the ledger says 100"


def test_little_missing_from_own_lots_is_written_off_with_its_loss() -> None:
    # `bought` holds 0.999 at a cost of 100.
    verdict = judged(a_difference("BTC", "0.999", "0.990", own="0.999"))

    assert verdict.write_offs == (WriteOff(strategy=KEY[0], symbol=KEY[1], quantity=D("0.009")),)
    (row,) = verdict.adjustments
    assert (row.amount, row.lots) == (D("-0.009"), D("0.009"))
    assert abs(row.realized_quote + D("0.009") * 100 / D("0.999")) < D("1E-20")
    assert verdict.problems == {}


def test_much_missing_from_own_lots_is_recorded_and_a_problem() -> None:
    verdict = judged(a_difference("BTC", "0.999", "0.5", own="0.999"))

    assert verdict.write_offs == ()
    assert kinds(verdict) == [("BTC", D("-0.499"), AdjustmentKind.WITHDRAWAL)]
    assert verdict.problems["BTC"].message == "BTC: the account holds 0.5, own lots are 0.999"


def test_shortage_without_a_change_gets_a_row_that_moves_no_balance() -> None:
    verdict = judged(a_difference("BTC", "0.99", "0.99", own="0.999"))

    (row,) = verdict.adjustments
    assert (row.amount, row.lots, row.before, row.after) == (0, D("0.009"), D("0.99"), D("0.99"))
