"""A pod that never goes, as on a lost node: the bot waits, or goes on beside it once the lease is surely over (I1)."""

import base64
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from botcore.runtime.clock import SystemClock
from botoperator.plan.failover import LOST_AFTER
from tests.cluster.operator.api import Api
from tests.cluster.operator.process import Operator
from tests.support.waiting import wait_until

FIRST, SECOND = "tb-alice", "tb2-alice"
HELD = {"metadata": {"finalizers": ["op.test/lost"]}}
GONE = {"metadata": {"finalizers": None}}


def lose_the_pod(api: Api) -> dict[str, Any]:
    """Have the pod removed while something keeps it, as a silent node does."""
    pod = wait_until(lambda: api.get("pods", FIRST), "the pod")
    api.patch("pods", FIRST, HELD)
    api.delete("pods", FIRST)
    return pod


def lease(operator: Operator, holder: str, seconds: int) -> None:
    """Let the pod hold the lease on its account for so long from now on."""
    operator.database.rows(
        "insert into kbots.leases (account_id, holder, epoch, expires_at)"
        " select b.account_id, %s, 1, clock_timestamp() + make_interval(secs => %s)"
        " from kbots.bot_logins l join kbots.books b on b.id = l.book_id"
        " on conflict (account_id) do update set expires_at = excluded.expires_at returning 1",
        (holder, seconds),
    )


def seconds_past_its_end(api: Api) -> float:
    pod = api.get("pods", FIRST)
    assert pod is not None
    due = datetime.fromisoformat(pod["metadata"]["deletionTimestamp"])
    return (SystemClock().now() - due) / timedelta(seconds=1)


def generation(api: Api) -> int:
    bot = api.get("tradingbots", "alice") or {}
    return int(bot["status"]["observedGeneration"])


def password(api: Api) -> str:
    secret = api.get("secrets", "tb-alice-creds")
    assert secret is not None
    return base64.b64decode(secret["data"]["database-password"]).decode()


@pytest.mark.timeout(600)
def test_bot_goes_on_beside_its_lost_pod_only_when_it_may_and_the_lease_is_over(
    operator: Operator, api: Api
) -> None:
    """Without the opt-in, then under a lease that holds, it waits; then everything is of the second pod."""
    api.create_bot()
    lost = lose_the_pod(api)
    old_password = password(api)
    lease(operator, lost["metadata"]["uid"], 3600)
    operator.wait_for("Ready", "False", "Terminating")
    # It looks every two seconds.
    wait_until(
        lambda: seconds_past_its_end(api) > LOST_AFTER.total_seconds() + 5, "a minute", seconds=200
    )
    lease(operator, lost["metadata"]["uid"], -3600)
    looked = operator.requests("get", "tradingbots")
    wait_until(lambda: operator.requests("get", "tradingbots") > looked + 2, "two more looks")
    assert api.get("pods", SECOND) is None

    lease(operator, lost["metadata"]["uid"], 3600)
    api.patch("tradingbots", "alice", {"spec": {"failover": "AfterLeaseExpiry"}})
    wait_until(lambda: generation(api) == 2, "the changed spec is seen")
    looked = operator.requests("get", "tradingbots")
    wait_until(lambda: operator.requests("get", "tradingbots") > looked + 2, "two more looks")
    assert api.get("pods", SECOND) is None

    lease(operator, lost["metadata"]["uid"], -61)
    second = wait_until(lambda: api.get("pods", SECOND), "its second pod", seconds=60)

    left = api.get("pods", FIRST)
    assert left is not None
    assert left["metadata"]["uid"] == lost["metadata"]["uid"]
    assert operator.events("lost_pod_left_behind")
    (role,) = operator.database.rows("select db_role from kbots.bot_logins")[0]
    with pytest.raises(psycopg.OperationalError):
        operator.database.connect(role, old_password)
    operator.database.connect(role, password(api)).close()
    ends_in_its_second_pod(api, second)


def ends_in_its_second_pod(api: Api, second: dict[str, Any]) -> None:
    """Follow a bot whose lost pod is gone at last, to its end."""
    api.patch("pods", FIRST, GONE)
    wait_until(lambda: api.get("pods", FIRST) is None, "the lost pod's node is back")
    api.patch("tradingbots", "alice", {"spec": {"desiredState": "Paused"}})
    mark = "kbots.dev/config-hash"
    before = second["metadata"]["annotations"][mark]
    wait_until(
        lambda: api.get("pods", SECOND)["metadata"]["annotations"][mark] != before,  # type: ignore[index]
        "the second pod is told",
    )
    after = api.get("pods", SECOND)
    assert after is not None
    assert after["metadata"]["uid"] == second["metadata"]["uid"]
    assert api.get("pods", FIRST) is None

    api.delete("tradingbots", "alice")
    wait_until(lambda: api.get("tradingbots", "alice") is None, "the bot goes", seconds=90)
    assert api.get("pods", SECOND) is None
