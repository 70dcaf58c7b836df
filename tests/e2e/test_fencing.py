"""A frozen process that wakes up after another took its lease sends nothing more (I1, TR-11, TR-50)."""

import pytest

from tests.e2e.agreement import (
    assert_books_agree,
    assert_no_order_is_doubled,
    book_of,
    wait_for_rest,
)
from tests.support.manifests import a_bot, a_dca, a_name
from tests.support.platform import Platform
from tests.support.waiting import wait_until


def orders_by_epoch(platform: Platform, book: int) -> dict[int, int]:
    return dict(
        platform.query(
            "select epoch, count(*) from kbots.orders where book_id = %s group by epoch", (book,)
        )
    )


def total(platform: Platform, book: int) -> int:
    return sum(orders_by_epoch(platform, book).values())


@pytest.mark.timeout(180)
def test_runner_frozen_past_its_lease_sends_nothing_after_a_second_took_it(
    platform: Platform,
) -> None:
    name = a_name("frozen")
    manifest = a_bot(name, strategies=[a_dca("ADAUSDT", amount="10")])
    platform.apply(manifest)
    wait_until(lambda: platform.exchange_truth(name).orders, "first order", seconds=60)
    book = book_of(platform, name)

    second = platform.second_runner(name)
    try:
        let_the_second_take_over(platform, name, book)
        newest = max(orders_by_epoch(platform, book))
    finally:
        second.stop()

    # The bot's own runner gets the lease back and settles what the other did.
    wait_until(
        lambda: max(orders_by_epoch(platform, book)) > newest,
        "the bot's own runner trades again",
        seconds=75,
    )
    platform.apply(manifest | {"spec": manifest["spec"] | {"desiredState": "Paused"}})
    wait_for_rest(platform, name)
    assert_books_agree(platform, name)
    platform.delete(name)


def let_the_second_take_over(platform: Platform, name: str, book: int) -> None:
    """Freeze the first, wait for the second to trade, thaw the first: its epoch gets no order more."""
    first = max(orders_by_epoch(platform, book))
    platform.freeze_runner(name)
    wait_until(
        lambda: max(orders_by_epoch(platform, book)) > first,
        "the second runner takes the expired lease and trades",
        seconds=75,
    )
    of_first = orders_by_epoch(platform, book)[first]
    platform.thaw_runner(name)
    so_far = total(platform, book)
    wait_until(lambda: total(platform, book) >= so_far + 5, "the second trades on beside the first")

    assert orders_by_epoch(platform, book)[first] == of_first
    assert_no_order_is_doubled(platform, name)
