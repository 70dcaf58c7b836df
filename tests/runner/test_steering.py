"""What people ask of a running bot happens at once, in the same process, on the same streams."""

import signal
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.support.manifests import a_dca
from tests.support.steering import Beat, Steered
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

SECONDS = 2.0
"""From a changed configuration to the bot's doing (issue: honoured within 2 s of the nudge)."""
HALT_SECONDS = 5.0
GRACE_SECONDS = 10.0
"""The pod's grace is 30 s; the runner takes no more than this (TR-48)."""
DUST = Decimal("0.001")

Row = Callable[[str, float, float], None]


@pytest.fixture
def row(capsys: pytest.CaptureFixture[str]) -> Row:
    """Print a measured time for the record, and hold it to its bar."""

    def record(name: str, seconds: float, bar: float) -> None:
        with capsys.disabled():
            print(f"\nrow={name} value={seconds:.2f} unit=s bar=<{bar:.0f}")  # noqa: T201 for the record
        assert seconds < bar

    return record


def entries(bot: Steered) -> int:
    return len(bot.orders(side="BUY"))


def has_entered(bot: Steered) -> None:
    wait_until(lambda: bot.orders(type="STOP_LOSS_LIMIT", status="NEW"), "a position with its stop")


def test_every_desired_state_is_honoured_at_once(bot: Steered, row: Row) -> None:
    has_entered(bot)
    pid = bot.runner.process

    began = bot.configure(desiredState="Paused")
    row("honour_paused", bot.since(began, lambda: bot.beat.state == "Paused", "paused"), SECONDS)
    before, decided = entries(bot), bot.probes.value("decisions_total")
    wait_until(lambda: bot.probes.value("decisions_total") >= decided + 2, "two more candles")
    assert entries(bot) == before

    began = bot.configure(desiredState="Running")
    row("honour_running", bot.since(began, lambda: bot.beat.state == "Running", "runs"), SECONDS)
    wait_until(lambda: entries(bot) > before, "enters again")

    began = bot.configure(desiredState="Flat")
    row("honour_flat", bot.since(began, lambda: bot.held("ETH") < DUST, "sold"), SECONDS)
    wait_until(lambda: bot.beat == Beat(state="Flat", reason="", generation=4), "flat")
    assert bot.runner.process is pid


def test_stopped_ends_at_once_and_survives_restarts(bot: Steered, row: Row) -> None:
    """TR-49: a pod that is started again, by a kubelet or on another node, stays stopped."""
    has_entered(bot)

    began = bot.configure(desiredState="Stopped")
    row("honour_stopped", bot.since(began, lambda: bot.ended() == 0, "ended"), SECONDS)
    assert '"reason": "Stopped"' in bot.report()
    before = len(bot.truth.orders)
    for _ in range(2):
        bot.runner.start()
        wait_until(lambda: bot.ended() is not None, "ended again", seconds=60)
        assert bot.ended() == 0
        assert '"reason": "Stopped"' in bot.report()
    assert len(bot.truth.orders) == before
    assert bot.orders(type="STOP_LOSS_LIMIT", status="NEW")  # onStop.positions: Keep


@pytest.mark.parametrize("nudge", [False, True], ids=["file", "SIGHUP"])
def test_parameters_and_risk_change_on_the_same_streams(
    bot: Steered, row: Row, *, nudge: bool
) -> None:
    has_entered(bot)
    reconnects, pid = bot.probes.value("stream_reconnects_total"), bot.runner.process
    risk = {"maxPositionNotional": "9000", "maxOpenOrders": 7, "maxOrdersPerMinute": 300}

    began = bot.configure(
        nudge=nudge, strategies=[a_dca(stopLossPercent="3", amount="77")], risk=risk
    )
    seconds = bot.since(began, lambda: bot.beat.generation == 2, "in force")

    row(f"hot_reload_by_{'sighup' if nudge else 'file'}", seconds, SECONDS)
    wait_until(
        lambda: [one for one in bot.orders(side="BUY") if Decimal(one["cummulativeQuoteQty"]) > 70],
        "an entry by the new amount",
    )
    wait_until(lambda: bot.probes.value("configuration_generation") == 2, "told")
    assert bot.probes.value("stream_reconnects_total") == reconnects
    assert bot.runner.process is pid
    assert bot.ended() is None


def test_halt_latch_blocks_entries_within_five_seconds(bot: Steered, row: Row) -> None:
    has_entered(bot)

    bot.database.rows(
        "insert into kbots.halts (scope, subject, owner, reason, set_by)"
        " values ('bot', %s, 'alice', 'looking into it', 'admin') returning id",
        (str(bot.runner.login.bot_uid),),
    )
    began = bot.now()
    row("halt_latch", bot.since(began, lambda: bot.beat.state == "Halted", "halted"), HALT_SECONDS)
    before, decided = entries(bot), bot.probes.value("decisions_total")
    wait_until(lambda: bot.probes.value("decisions_total") >= decided + 2, "two more candles")

    assert entries(bot) == before
    assert bot.orders(type="STOP_LOSS_LIMIT", status="NEW")  # exits go on (I9)
    assert bot.probes.value("halted") == 1
    assert bot.probes.is_ready()


def test_sigterm_ends_in_order_and_leaves_the_stop_resting(bot: Steered, row: Row) -> None:
    """TR-48."""
    has_entered(bot)

    began = bot.signal(signal.SIGTERM)
    row("sigterm_to_end", bot.since(began, lambda: bot.ended() == 0, "ended"), GRACE_SECONDS)

    assert '"reason": "Terminated"' in bot.report()
    resting = bot.orders(status="NEW")
    assert [one["type"] for one in resting] == ["STOP_LOSS_LIMIT"]
    assert abs(Decimal(resting[0]["origQty"]) - bot.held("ETH")) < DUST
    known = bot.database.rows("select client_order_id, status from kbots.orders order by 1")
    assert known == sorted((one["clientOrderId"], one["status"]) for one in bot.truth.orders)
    assert bot.database.rows("select 1 from kbots.leases where holder is not null") == []


def test_change_that_can_not_be_taken_live_says_so_and_the_old_one_stays(bot: Steered) -> None:
    """TR-51."""
    has_entered(bot)

    bot.configure(strategies=[a_dca("BTCUSDT", stopLossPercent="3")])
    wait_until(lambda: "ETHUSDT still holds a position" in bot.beat.reason, "a held symbol goes")
    assert bot.beat.generation == 1

    bot.configure(
        strategies=[a_dca(stopLossPercent="3")],
        mode="testnet",
        credentials={"secretName": "alice-binance"},
    )
    wait_until(lambda: "needs another process" in bot.beat.reason, "another mode")
    assert bot.beat.generation == 1
    bought = entries(bot)
    wait_until(lambda: entries(bot) > bought, "it trades on")

    (bot.runner.folder / "config" / "bot.json").write_text("{")
    wait_until(lambda: "is no JSON" in bot.beat.reason, "a broken file")

    bot.configure(mode="paper", credentials=None)
    wait_until(lambda: bot.beat == Beat(state="Running", generation=4), "mended")
