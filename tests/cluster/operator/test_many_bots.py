"""Several bots: a full look is a few lists, a notice concerns whom it concerns, a full namespace is told."""

import json
import time
from collections import Counter

from botoperator.services.reconcile_bot import AFTER_WRITING_SECONDS
from tests.cluster.operator.api import Api
from tests.cluster.operator.process import Operator
from tests.support.waiting import wait_until

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank")


def wait_at_rest(operator: Operator, api: Api, names: tuple[str, ...]) -> None:
    """Wait until every bot has said its last word: no kubelet can start its pod."""

    def told() -> list[str]:
        bots = [one for one in api.list("tradingbots") if "is not present" in json.dumps(one)]
        return [one["metadata"]["name"] for one in bots]

    wait_until(lambda: sorted(told()) == sorted(names), "the bots rest", seconds=90)

    def quiet() -> bool:
        before = operator.figure("operator_reconcile_total")
        # Whoever was written to is looked at once more that much later.
        time.sleep(AFTER_WRITING_SECONDS + 1)
        return operator.figure("operator_reconcile_total") == before

    wait_until(quiet, "nobody is looked at any more", seconds=90)


def test_full_look_at_unchanged_bots_is_a_few_lists_and_no_write(
    operator: Operator, api: Api
) -> None:
    operator.stop()
    operator.settings = {"RESYNC_SECONDS": "0.5"}
    operator.start()
    operator.wait_started()
    for name in NAMES:
        api.create_bot(name)
    wait_at_rest(operator, api, NAMES)
    wrote, before = operator.writes(), operator.asked()

    def looked() -> Counter[tuple[str, str]]:
        """Give what was asked since then once six looks are over."""
        since = operator.asked() - before
        return since if since["get", "tradingbots"] >= 6 else Counter()

    since = wait_until(looked, "six full looks")

    looks = since["get", "tradingbots"]
    # One list of each kind; one look may be under way at either end.
    children = sum(since["get", kind] for kind in ("pods", "secrets", "configmaps"))
    assert 3 * (looks - 1) <= children <= 3 * (looks + 1)
    assert operator.writes() == wrote
    assert operator.figure("tradingbots", desired="Running") == len(NAMES)
    assert operator.figure("tradingbot_condition", type="Ready", status="False") == len(NAMES)
    assert operator.figure("operator_leader") == 1


def test_halt_looks_at_the_bots_it_concerns(operator: Operator, api: Api) -> None:
    operator.wait_started()
    api.create_bot("alice")
    for name in NAMES[1:]:
        api.create_bot(name, owner="others")
    wait_at_rest(operator, api, NAMES)
    looked = operator.requests("get", "tradingbots")

    operator.database.rows(
        "insert into kbots.halts (scope, subject, owner, reason, set_by)"
        " values ('owner', 'alice', 'alice', 'enough', 'test') returning id"
    )

    operator.wait_for("Halted", "True", "OwnerHalted")
    wait_until(lambda: not operator.figure("operator_queue_depth"), "an empty queue")
    # For the notice, and again for the status it led to; all six and a list would be more.
    assert operator.requests("get", "tradingbots") - looked <= 4
    assert api.condition("Halted", "bob") == ("False", "NotHalted")


def test_bot_beyond_the_pod_quota_says_so_and_starts_when_there_is_room(
    operator: Operator, api: Api
) -> None:
    quota = {"metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}}
    api.create("resourcequotas", quota)
    wait_until(
        lambda: (api.get("resourcequotas", "few") or {}).get("status", {}).get("hard"),
        "the quota holds",
    )
    operator.wait_started()
    api.create_bot("bob")
    wait_until(lambda: api.get("pods", "tb-bob"), "the first pod")

    api.create_bot("alice")

    operator.wait_for("Ready", "False", "QuotaExceeded")
    assert api.get("pods", "tb-alice") is None
    told = [one for one in api.list("events") if one["reason"] == "QuotaExceeded"]
    assert [(one["type"], one["involvedObject"]["name"]) for one in told] == [("Warning", "alice")]
    assert "few allows pods=1" in told[0]["message"]
    api.patch("resourcequotas", "few", {"spec": {"hard": {"pods": "2"}}})
    wait_until(lambda: api.get("pods", "tb-alice"), "the second pod", seconds=90)
