"""What people ask of a bot is done by the same process, and only that (I5, I6)."""

from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.agreement import assert_books_agree, book_of, metadata_of, uid_of, wait_for_rest
from tests.support.manifests import a_bot, a_dca, a_name, an_ema_cross
from tests.support.platform import Platform, Refused
from tests.support.waiting import wait_until

BTC_AND_DCA = [an_ema_cross(), a_dca("SOLUSDT")]


def orders_of(platform: Platform, name: str) -> int:
    return len(platform.exchange_truth(name).orders)


def state_of(platform: Platform, name: str) -> tuple[str, int, int]:
    """Return the runner's own words, state and generation in force, and its process."""
    rows = platform.query(
        "select state, generation from kbots.heartbeats where bot_uid = %s",
        (uid_of(platform, name),),
    )
    return (*rows[0], platform.runner_pid(name)) if rows else ("", 0, 0)


def version_of(platform: Platform, name: str) -> int:
    return int(metadata_of(platform, name)["resourceVersion"])


def wait_for_state(platform: Platform, name: str, *states: str) -> tuple[str, int, int]:
    return wait_until(
        lambda: (found := state_of(platform, name))[0] in states and found,
        f"{name} in {states}",
        seconds=60,
    )


def held(platform: Platform, name: str) -> dict[str, Decimal]:
    return {
        asset: amount
        for asset, amount in platform.exchange_truth(name).balances.items()
        if asset != "USDT" and amount
    }


@pytest.fixture
def trading(platform: Platform, request: pytest.FixtureRequest) -> Any:
    """A bot of the test's own that has traded; deleted afterwards."""
    name = a_name(request.node.name.removeprefix("test_").replace("_", "-"))
    platform.apply(a_bot(name, strategies=BTC_AND_DCA))
    wait_until(lambda: orders_of(platform, name) >= 2, "first orders", seconds=60)
    yield name
    if platform.get(name) is not None:
        platform.delete(name)


def test_ready_bot_says_so(platform: Platform, trading: str) -> None:
    for kind in ("Ready", "CredentialsReady", "LeaseHeld", "UpToDate"):
        platform.wait_condition(trading, kind)


def test_changed_parameters_are_used_by_the_same_process(platform: Platform, trading: str) -> None:
    _, generation, pid = wait_for_state(platform, trading, "Running")

    platform.apply(a_bot(trading, strategies=[an_ema_cross(slow=5), a_dca("SOLUSDT", amount="30")]))
    wait_until(
        lambda: state_of(platform, trading)[1] > generation, "new generation in force", seconds=10
    )
    platform.wait_condition(trading, "UpToDate")
    wait_until(
        lambda: platform.query(
            "select 1 from kbots.decisions where bot_uid = %s and generation = %s",
            (uid_of(platform, trading), generation + 1),
        ),
        "a decision of the new generation",
    )

    assert state_of(platform, trading)[2] == pid


def test_paused_bot_enters_nothing_and_keeps_what_it_has(platform: Platform, trading: str) -> None:
    wait_until(lambda: held(platform, trading), "something is held")
    platform.apply(a_bot(trading, strategies=BTC_AND_DCA, desiredState="Paused"))
    wait_for_state(platform, trading, "Paused")
    book = book_of(platform, trading)
    entries = "select count(*) from kbots.orders where book_id = %s and purpose = 'Entry'"
    before = platform.query(entries, (book,))
    candles = "select count(distinct candle_close) from kbots.decisions where book_id = %s"
    seen = platform.query(candles, (book,))[0][0]

    wait_until(lambda: platform.query(candles, (book,))[0][0] >= seen + 4, "four more candles")

    assert platform.query(entries, (book,)) == before
    assert held(platform, trading)


def test_flat_bot_sells_its_own_lots_only(platform: Platform, trading: str) -> None:
    wait_until(lambda: held(platform, trading), "something is held")
    platform.apply(a_bot(trading, strategies=BTC_AND_DCA, desiredState="Flat"))
    wait_for_state(platform, trading, "Flat")
    wait_for_rest(platform, trading)

    assert_books_agree(platform, trading)
    lots = "select count(*) from kbots.lots where book_id = %s and remaining > 0"
    dust = {"BTC": Decimal("0.00001"), "SOL": Decimal("0.01")}
    assert all(
        amount < dust.get(asset, Decimal("0.01"))
        for asset, amount in held(platform, trading).items()
    )
    assert platform.query(lots, (book_of(platform, trading),))[0][0] <= len(held(platform, trading))


def test_stopped_bot_ends_and_starts_again(platform: Platform, trading: str) -> None:
    platform.apply(a_bot(trading, strategies=BTC_AND_DCA, desiredState="Stopped"))
    wait_until(lambda: not platform.runner_pid(trading), "runner ended", seconds=60)
    platform.wait_condition(trading, "Ready", reason="Stopped")
    before = orders_of(platform, trading)

    platform.apply(a_bot(trading, strategies=BTC_AND_DCA))
    wait_until(lambda: orders_of(platform, trading) > before, "trades again", seconds=60)


def test_halted_bot_enters_nothing_until_a_person_clears_it(
    platform: Platform, trading: str
) -> None:
    platform.command("halt", trading, "--reason", "looking into it")
    wait_for_state(platform, trading, "Halted")
    platform.wait_condition(trading, "Halted")
    entries = "select count(*) from kbots.orders where book_id = %s and purpose = 'Entry'"
    book = book_of(platform, trading)
    before = platform.query(entries, (book,))

    # The latch outranks the resource.
    platform.apply(a_bot(trading, strategies=BTC_AND_DCA, desiredState="Paused"))
    platform.apply(a_bot(trading, strategies=BTC_AND_DCA))
    platform.wait_condition(trading, "Halted")
    assert platform.query(entries, (book,)) == before

    platform.command("clear-halt", trading)
    wait_for_state(platform, trading, "Running")
    wait_until(lambda: platform.query(entries, (book,)) > before, "enters again", seconds=60)


def test_deleted_bot_is_drained_and_leaves_no_child(platform: Platform, trading: str) -> None:
    uid, book = uid_of(platform, trading), book_of(platform, trading)

    platform.delete(trading)

    wait_until(lambda: platform.get(trading) is None, "resource gone", seconds=90)
    assert platform.children_gone(trading)
    assert platform.query(
        "select count(*) from kbots.bot_logins where bot_uid = %s and retired_at is null", (uid,)
    ) == [(0,)]
    open_orders = platform.query(
        "select count(*) from kbots.orders where book_id = %s and purpose = 'Entry' and status = any(%s)",
        (book, ["NEW", "PARTIALLY_FILLED", "PENDING_NEW", "UNKNOWN"]),
    )
    assert open_orders == [(0,)]


def test_wrong_specification_is_refused_with_the_name_of_its_field(platform: Platform) -> None:
    for spec, field, words in (
        ({"strategies": [an_ema_cross(fast=9, slow=3)]}, "spec.strategies[0].params", "fast"),
        ({"mode": "live"}, "spec", "live"),
        ({"desiredState": "Sideways"}, "spec.desiredState", "Running"),
        ({"strategys": []}, "spec.strategys", "unknown field"),
    ):
        with pytest.raises(Refused) as refused:
            platform.apply(a_bot("wrong", **spec))
        assert field in str(refused.value)
        assert words in str(refused.value)
    assert platform.get("wrong") is None


def test_owner_can_not_be_changed(platform: Platform, trading: str) -> None:
    with pytest.raises(Refused, match="owner"):
        platform.apply(a_bot(trading, owner="mallory", strategies=BTC_AND_DCA))


def test_unchanged_bot_is_not_written_to(platform: Platform) -> None:
    name = a_name("unchanged")
    manifest = a_bot(name, desiredState="Paused")
    platform.apply(manifest)
    wait_for_state(platform, name, "Paused")
    platform.wait_condition(name, "UpToDate")
    platform.wait_condition(name, "Ready")
    # The first figures follow the first equity sample, some moments after the bot is ready.
    wait_until(
        lambda: (platform.get(name) or {})["status"].get("trading", {}).get("equity"),
        "the first figures",
        seconds=60,
    )
    beats, uid = (
        "select count(*) from kbots.heartbeats where bot_uid = %s and at > %s",
        uid_of(platform, name),
    )
    before, now = version_of(platform, name), platform.query("select now()")[0][0]

    assert platform.apply(manifest).endswith(" unchanged\n")
    for _ in range(5):
        platform.query("select pg_notify('kbots_resources', %s)", (f"kbots-bots/{name}",))
    wait_until(lambda: platform.query(beats, (uid, now))[0][0], "a heartbeat later", seconds=15)

    assert version_of(platform, name) == before
    platform.delete(name)
