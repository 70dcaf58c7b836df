"""Real money with a real operator: nothing is opened without a grant within the caps; its end stops entries alone."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.operator.platform import Platform, a_bot
from tests.operator.test_sealed_keys import CANARY, a_key
from tests.support.live_grants import a_grant
from tests.support.logins import a_user
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres

RISK = {
    "maxDailyLoss": "5", "maxDrawdownPercent": "5", "maxPositionNotional": "400", "maxOpenOrders": 1,
    "maxOrdersPerMinute": 1,
}  # fmt: skip
CAPS = {"enabled": True, "symbols": ["BTCUSDT", "ETHUSDT"], "mostNotional": {"USDT": "1000"}}


def a_live_bot(key_id: str, *, symbol: str = "BTCUSDT", **more: Any) -> dict[str, Any]:
    strategy = {
        "name": "dca", "type": "dca", "symbols": [symbol], "interval": "1m", "capital": "500",
        "params": {"amount": "10"},
    }  # fmt: skip
    return a_bot(
        mode="live",
        credentials={"sealedKey": key_id},
        **{"strategies": [strategy], "risk": RISK, **more},
    )


def set_caps(platform: Platform, **changes: Any) -> None:
    (platform.data / "caps.json").write_text(json.dumps({**CAPS, **changes}))


class Live:
    """A platform with live trading, alice, her verified live key and her bot."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.alice = a_user(platform.database, "alice")
        self.key = a_key(platform, environment="live")
        wait_until(lambda: self.key_status() == "Verified", "the key's check")
        platform.apply(a_live_bot(self.key))

    def key_status(self) -> str:
        return str(self.platform.database.rows("select status from kbots.sealed_keys")[0][0])

    def grant(self, *, bot: str = "alice", **more: Any) -> uuid.UUID:
        uid = uuid.UUID(str(self.platform.bot(bot)["uid"]))
        return a_grant(self.platform.database, self.alice, uid, uuid.UUID(self.key), **more)

    def revoke(self) -> None:
        with self.platform.database.connect("kbots_dashboard") as connection:
            connection.execute("select set_config('kbots.user_id', %s, false)", [str(self.alice)])
            connection.execute(
                "select kbots.revoke_live_grant(id) from kbots.live_grants where revoked_at is null"
            )

    def wait_refused(self, reason: str) -> None:
        self.platform.wait_for("CredentialsReady", "False", reason)
        self.platform.wait_for("Ready", "False", reason)

    def wait_restrained(self, reason: str, pid: int) -> None:
        self.wait_refused(reason)
        wait_until(lambda: self.desired() == "Paused", "the order to open nothing new")
        assert self.platform.runners("alice") == [pid]

    def desired(self) -> str:
        return str(self.platform.config().get("spec", {}).get("desiredState", ""))

    def holders(self) -> list[Path]:
        """Files with the key in plain."""
        return [
            path
            for path in self.platform.data.rglob("*")
            if path.is_file() and CANARY in path.read_text(errors="replace")
        ]


@pytest.fixture
def live(platform: Platform) -> Live:
    platform.program = ("-m", "tests.operator.live_operator")
    set_caps(platform)
    platform.start()
    return Live(platform)


def test_without_a_grant_nothing_is_opened_and_with_one_the_bot_runs(live: Live) -> None:
    live.wait_refused("GrantMissing")
    assert live.platform.runners("alice") == []
    assert live.holders() == []
    assert live.platform.database.rows("select 1 from kbots.bot_logins") == []

    live.grant()

    live.platform.wait_running()
    live.platform.wait_for("CredentialsReady", "True", "KeyVerified")
    assert live.platform.config()["venue"]["environment"] == "live"
    assert [path.name for path in live.holders()] == ["api-secret"]
    assert '"reason": "GrantMissing"' in (live.platform.data / "operator.log").read_text()


def test_revoked_grant_stops_entries_at_once_and_keeps_the_bot(live: Live) -> None:
    live.grant()
    pid = live.platform.wait_running()

    live.revoke()

    live.wait_restrained("GrantRevoked", pid)
    live.platform.wait_for("UpToDate", "True", "Current")
    live.grant()
    assert live.platform.wait_running() == pid
    assert live.desired() == "Running"


def test_grant_that_expires_is_seen_without_a_hint(live: Live) -> None:
    live.platform.stop()
    live.platform.settings["RESYNC_SECONDS"] = "600"
    live.platform.start()
    live.grant()
    pid = live.platform.wait_running()
    # The change is told, its end is not.
    live.platform.database.rows(
        "update kbots.live_grants set expires_at = now() + interval '4 seconds' returning 1"
    )
    assert live.platform.condition("CredentialsReady") == ("True", "KeyVerified")

    live.wait_restrained("GrantExpired", pid)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("revoked_at = now(), revoked_by = owner", "GrantRevoked"),
        ("expires_at = now()", "GrantExpired"),
        ("key_id = gen_random_uuid()", "GrantExceeded"),
    ],
)
def test_full_look_finds_a_change_of_the_grant_that_nothing_told(
    live: Live, change: str, reason: str
) -> None:
    live.grant()
    pid = live.platform.wait_running()
    with live.platform.database.connect() as connection:
        for table in ("live_grants", "heartbeats"):
            connection.execute(f"alter table kbots.{table} disable trigger notify")
        connection.execute(f"update kbots.live_grants set {change}")  # noqa: S608 from above

    live.wait_restrained(reason, pid)


def test_spec_beyond_the_grant_waits_and_opens_nothing_new(live: Live) -> None:
    live.grant()
    pid = live.platform.wait_running()

    live.platform.apply(a_live_bot(live.key, symbol="ETHUSDT"))

    live.wait_restrained("GrantExceeded", pid)
    assert live.platform.config()["spec"]["strategies"][0]["symbols"] == ["BTCUSDT"]
    live.platform.wait_for("UpToDate", "False", "GrantExceeded")
    live.platform.apply(a_live_bot(live.key, symbol="ETHUSDT", desiredState="Flat"))
    wait_until(lambda: live.desired() == "Flat", "what outranks the grant's limits")


def test_live_switched_off_by_the_platform_restrains_what_runs_and_starts_nothing(
    live: Live,
) -> None:
    live.grant()
    pid = live.platform.wait_running()
    live.platform.stop()
    set_caps(live.platform, enabled=False)

    live.platform.start()

    live.wait_restrained("LiveDisabled", pid)
    live.platform.apply(a_live_bot(live.key, desiredState="Stopped"))
    live.platform.wait_gone()
    live.platform.apply(a_live_bot(live.key))
    live.wait_refused("LiveDisabled")
    assert live.holders() == []


def test_pod_that_dies_without_a_grant_leaves_no_key_behind(live: Live) -> None:
    live.grant()
    pid = live.platform.wait_running()
    live.revoke()
    live.wait_restrained("GrantRevoked", pid)

    live.platform.apply(a_live_bot(live.key, desiredState="Stopped"))
    live.platform.wait_gone()
    live.platform.apply(a_live_bot(live.key))

    live.wait_refused("GrantRevoked")
    assert live.holders() == []


def test_disabled_owner_trades_no_real_money(live: Live) -> None:
    live.grant()
    pid = live.platform.wait_running()

    live.platform.database.rows("update kbots.users set disabled = true returning 1")

    live.wait_restrained("OwnerDisabled", pid)
    live.platform.wait_for("Halted", "True", "OwnerHalted")


def test_second_live_bot_of_an_account_waits_though_it_has_a_grant(live: Live) -> None:
    live.grant()
    live.platform.wait_running()
    live.platform.apply(
        {**a_live_bot(live.key), "metadata": {"name": "later", "namespace": "kbots-bots"}}
    )
    live.platform.wait_for("CredentialsReady", "False", "GrantMissing", "later")

    live.grant(bot="later")

    live.platform.wait_for("Ready", "False", "AccountInUse", "later")
    assert live.platform.runners("later") == []
    live.platform.apply(a_live_bot(live.key, desiredState="Stopped"))
    live.platform.wait_running("later")
    assert live.platform.runners("alice") == []


def test_platform_cap_outranks_a_grant(live: Live) -> None:
    live.grant(most_notional="1000000")
    live.platform.wait_running()

    live.platform.apply(a_live_bot(live.key, risk={**RISK, "maxPositionNotional": "1001"}))

    live.wait_refused("PlatformCapExceeded")
