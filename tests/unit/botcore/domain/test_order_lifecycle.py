"""An order only moves along the table, and never forgets an execution."""

from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.domain.order_lifecycle import TRANSITIONS, apply_report, book_fill
from botcore.domain.orders import (
    TERMINAL,
    Order,
    OrderReport,
    OrderStatus,
    OrderType,
    Purpose,
    Side,
    client_order_id,
)
from tests.support.trading import BOT, START, a_fill, a_report

S = OrderStatus
VENUE_WORDS = [status for status in S if status not in {S.PENDING_NEW, S.UNKNOWN}]
PAIRS = list(product(S, S))


def an_order(status: OrderStatus = S.PENDING_NEW, executed: str = "0") -> Order:
    return Order(
        strategy="trend",
        symbol="BTCUSDT",
        client_order_id=client_order_id(BOT, 1, 1),
        epoch=1,
        purpose=Purpose.ENTRY,
        side=Side.BUY,
        type=OrderType.MARKET,
        quantity=Decimal(1),
        venue_time=START,
        status=status,
        executed_quantity=Decimal(executed),
    )


def test_table_names_every_status() -> None:
    assert set(TRANSITIONS) == set(S)


@pytest.mark.parametrize(("before", "told"), PAIRS)
def test_report_moves_an_order_only_along_the_table(before: OrderStatus, told: OrderStatus) -> None:
    after = apply_report(an_order(before), a_report(an_order(), told, Decimal(0)))

    assert after.status is (told if told in TRANSITIONS[before] else before)


@pytest.mark.parametrize(("before", "told"), PAIRS)
def test_repeated_report_changes_nothing(before: OrderStatus, told: OrderStatus) -> None:
    report = a_report(an_order(), told, Decimal("0.5"))

    once = apply_report(an_order(before), report)

    assert apply_report(once, report) == once


@pytest.mark.parametrize(("before", "told"), PAIRS)
def test_executed_quantity_never_decreases(before: OrderStatus, told: OrderStatus) -> None:
    order = an_order(before, executed="0.7")

    assert apply_report(order, a_report(order, told, Decimal("0.2"))).executed_quantity == Decimal(
        "0.7"
    )
    assert apply_report(order, a_report(order, told, Decimal("0.9"))).executed_quantity == Decimal(
        "0.9"
    )


@pytest.mark.parametrize("ended", sorted(TERMINAL - {S.REJECTED}))
def test_ended_order_does_not_come_back_to_life(ended: OrderStatus) -> None:
    for told in (S.NEW, S.PARTIALLY_FILLED, S.PENDING_NEW, S.UNKNOWN):
        after = apply_report(an_order(ended), a_report(an_order(), told, Decimal(0)))
        assert after.status is ended


def test_nothing_goes_back_to_pending_or_unknown_once_the_venue_has_spoken() -> None:
    for before in VENUE_WORDS:
        assert not TRANSITIONS[before] & {S.PENDING_NEW, S.UNKNOWN}


def test_overtaken_report_of_new_keeps_the_partial_fill() -> None:
    after = apply_report(
        an_order(S.PARTIALLY_FILLED, "0.4"), a_report(an_order(), S.NEW, Decimal(0))
    )

    assert (after.status, after.executed_quantity) == (S.PARTIALLY_FILLED, Decimal("0.4"))


def test_terminal_by_self_trade_prevention_keeps_its_fills() -> None:
    order = an_order(S.PARTIALLY_FILLED, "0.4")

    after = apply_report(order, a_report(order, S.EXPIRED_IN_MATCH, Decimal("0.4")))

    assert after.status is S.EXPIRED_IN_MATCH  # TR-22
    assert not after.is_settled
    assert book_fill(after, a_fill(order, "100", quantity=Decimal("0.4"))).is_settled


@pytest.mark.parametrize("status", [S.PENDING_NEW, S.UNKNOWN, S.NEW])
def test_fill_before_the_answer_proves_execution(status: OrderStatus) -> None:
    order = an_order(status)

    part = book_fill(order, a_fill(order, "100", quantity=Decimal("0.4")))
    whole = book_fill(part, a_fill(order, "100", trade_id=2, quantity=Decimal("0.6")))

    assert (part.status, part.executed_quantity) == (S.PARTIALLY_FILLED, Decimal("0.4"))
    assert part.exchange_order_id == 1
    assert whole.status is S.FILLED
    assert whole.is_settled


def test_fill_is_counted_once() -> None:
    order = an_order(S.NEW)
    fill = a_fill(order, "100", quantity=Decimal("0.4"))

    once = book_fill(order, fill)

    assert book_fill(once, fill) == once  # TR-41


def test_fill_after_the_cancel_leaves_it_canceled_unless_it_was_the_last() -> None:
    order = an_order(S.CANCELED)

    part = book_fill(order, a_fill(order, "100", quantity=Decimal("0.4")))

    assert part.status is S.CANCELED
    assert (
        book_fill(part, a_fill(order, "100", trade_id=2, quantity=Decimal("0.6"))).status
        is S.FILLED
    )


reports = st.builds(
    lambda status, executed: (status, Decimal(executed) / 10),
    st.sampled_from(VENUE_WORDS),
    st.integers(0, 10),
)


@given(st.lists(reports, max_size=8))
def test_no_order_of_reports_loses_an_execution(told: list[tuple[OrderStatus, Decimal]]) -> None:
    order = an_order()
    for status, executed in told:
        order = apply_report(order, a_report(order, status, executed))

    assert order.executed_quantity == max([executed for _, executed in told], default=Decimal(0))


def test_end_keeps_its_reason_and_a_stale_one_adds_none() -> None:
    expired = replace(a_report(an_order(), S.EXPIRED, Decimal(0)), reason="STP")
    stale: OrderReport = replace(a_report(an_order(), S.NEW, Decimal(0)), reason="late")

    after = apply_report(an_order(), expired)

    assert after.reason == "STP"
    assert apply_report(apply_report(an_order(S.NEW), expired), stale).reason == "STP"


def test_ids_fit_binance_and_tell_bot_epoch_and_sequence_apart() -> None:
    ids = {client_order_id(BOT, epoch, n) for epoch in (1, 11, 10**6) for n in (1, 11, 10**6)}

    assert len(ids) == 9
    assert all(len(one) <= 36 and one.startswith("kb-0a1b2c3d-") for one in ids)  # TR-1, TR-10
