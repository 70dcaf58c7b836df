"""What the API server lets nobody do in a tenant's namespace, neither the tenant nor whoever may edit all there.

A refusal names the field and the fix. Most is asked without being stored; admission is the same.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.tenants import ALICE, BOB, tenant_bot
from tests.support.cluster.commands import Cluster, CommandFailed
from tests.support.manifests import a_name

pytestmark = pytest.mark.usefixtures("tenants")

TRIAL = ("create", "--dry-run=server", "-f", "-")
CREATE = ("create", "-f", "-")
NAMES = "metadata.name: names that start with tb- belong to the operator"
MARKS = "metadata.labels: kbots.dev/bot, kbots.dev/uid"
RISK = {
    "maxDailyLoss": "5", "maxDrawdownPercent": "5", "maxPositionNotional": "5", "maxOpenOrders": 1,
    "maxOrdersPerMinute": 1,
}  # fmt: skip
LIVE = {"mode": "live", "credentials": {"secretName": "mine"}, "risk": RISK, "paper": None}
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def an_object(kind: str, name: str, **labels: str) -> dict[str, Any]:
    """Write a Secret, a ConfigMap, or a pod that is never to run."""
    marks = {key.replace("__", "/").replace("_", "-"): value for key, value in labels.items()}
    body: dict[str, Any] = {
        "apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": marks},
    }  # fmt: skip
    if kind == "Pod":
        container = {"name": "x", "image": "kbots/none:none", "securityContext": RESTRICTED}
        body["spec"] = {"containers": [container], "automountServiceAccountToken": False}
    return body


@pytest.fixture
def stopped(cluster: Cluster) -> Iterator[str]:
    """A stored bot of alice's that runs nothing."""
    name = a_name("still")
    ALICE.kubectl(cluster, *CREATE, text=tenant_bot(ALICE, name, desiredState="Stopped"))
    yield name
    ALICE.admin(cluster, "delete", "tb", name, "--timeout=60s")


def refusal(cluster: Cluster, *arguments: str, text: object = None, editor: bool = False) -> str:
    """Return what the API server says to the tenant, or to the editor."""
    act = ALICE.editor if editor else ALICE.kubectl
    with pytest.raises(CommandFailed) as refused:
        act(cluster, *arguments, text=text)
    return refused.value.stderr


def test_bot_of_another_owner_is_refused_and_the_right_one_is_named(cluster: Cluster) -> None:
    foreign = tenant_bot(ALICE, "foreign", owner=BOB.owner)

    said = refusal(cluster, *TRIAL, text=foreign)

    assert f"spec.owner: the namespace {ALICE.namespace} is for bots of t-alice" in said
    assert "set spec.owner to t-alice" in said
    # Nobody else may make one there, either: the label decides, and not who asks.
    with pytest.raises(CommandFailed, match=r"spec\.owner"):
        ALICE.admin(cluster, *TRIAL, text=foreign)
    ALICE.kubectl(cluster, *TRIAL, text=tenant_bot(ALICE, "mine"))


def test_person_of_another_namespace_may_make_no_bot_here(cluster: Cluster) -> None:
    with pytest.raises(CommandFailed, match="forbidden"):
        cluster.kubectl(
            "-n", ALICE.namespace, f"--as={BOB.user}", *TRIAL,
            input=json.dumps(tenant_bot(ALICE, "mine")),
        )  # fmt: skip


def test_secret_of_a_bot_is_no_exchange_key(cluster: Cluster) -> None:
    stealing = {"mode": "testnet", "credentials": {"secretName": "tb-other-creds"}, "paper": None}

    said = refusal(cluster, *TRIAL, text=tenant_bot(ALICE, "thief", **stealing))

    assert "spec.credentials.secretName" in said
    assert "names that start with tb- belong to the operator" in said


def test_real_money_is_refused_where_the_platform_allows_none(
    cluster: Cluster, stopped: str
) -> None:
    made = refusal(cluster, *TRIAL, text=tenant_bot(ALICE, "rich", **LIVE))
    changes = {key: value for key, value in LIVE.items() if key != "paper"} | {"paper": None}
    changed = refusal(
        cluster, "patch", "tb", stopped, "--type=merge", "-p", json.dumps({"spec": changes})
    )

    for said in (made, changed):
        assert "spec.mode: this platform allows no live trading" in said
        assert "choose paper or testnet" in said


def test_bot_can_be_stopped_and_deleted_though_its_namespace_is_somebody_elses_by_now(
    cluster: Cluster, stopped: str
) -> None:
    relabel = ("label", "--overwrite", "namespace", ALICE.namespace)
    ALICE.admin(cluster, *relabel, f"kbots.dev/owner={BOB.owner}")
    try:
        for state in ("Paused", "Stopped"):
            change = json.dumps({"spec": {"desiredState": state}})
            ALICE.kubectl(cluster, "patch", "tb", stopped, "--type=merge", "-p", change)
    finally:
        ALICE.admin(cluster, *relabel, f"kbots.dev/owner={ALICE.owner}")


def test_namespaces_label_is_out_of_reach(cluster: Cluster) -> None:
    for editor in (False, True):
        said = refusal(
            cluster, "label", "--overwrite", "namespace", ALICE.namespace, "kbots.dev/owner=t-bob",
            editor=editor,
        )  # fmt: skip
        assert "forbidden" in said.lower()


@pytest.mark.parametrize(
    ("kind", "name", "labels", "words"),
    [
        ("Pod", "tb-mine", {}, NAMES),
        ("Secret", "tb-mine-creds", {}, NAMES),
        ("ConfigMap", "tb-mine-cfg", {}, NAMES),
        ("Pod", "mine", {"kbots.dev__bot": "mine"}, MARKS),
        ("Pod", "mine", {"kbots.dev__uid": "11111111-1111"}, MARKS),
        ("Pod", "mine", {"app.kubernetes.io__name": "botrunner"}, MARKS),
        ("Pod", "mine", {"app.kubernetes.io__managed_by": "kbots-operator"}, MARKS),
        ("Secret", "mine", {"kbots.dev__bot": "mine"}, MARKS),
    ],
)
def test_nobody_makes_what_looks_like_the_operators(
    cluster: Cluster, kind: str, name: str, labels: dict[str, str], words: str
) -> None:
    assert words in refusal(cluster, *TRIAL, text=an_object(kind, name, **labels), editor=True)


def test_pod_of_a_deployment_can_not_look_like_a_bot_either(cluster: Cluster) -> None:
    labels = {"app.kubernetes.io/name": "botrunner"}
    pod = an_object("Pod", "x")
    template = {"metadata": {"labels": labels}, "spec": pod["spec"]}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "disguised"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    ALICE.editor(cluster, *CREATE, text=deployment)
    try:
        told = "--for=condition=ReplicaFailure"
        ALICE.admin(cluster, "wait", told, "deployment/disguised", "--timeout=60s")
        assert ALICE.get(cluster, "deployment", "disguised")
        pods = json.loads(
            ALICE.admin(cluster, "get", "pods", "-l", "pod-template-hash", "-o", "json")
        )
        assert pods["items"] == []
    finally:
        ALICE.admin(cluster, "delete", "deployment", "disguised")


def test_own_secrets_are_stored_and_replaced_unread_and_never_made_a_bots(cluster: Cluster) -> None:
    secret = an_object("Secret", "alice-key")
    secret["metadata"]["labels"] = {
        "kbots.dev/owner": ALICE.owner,
        "kbots.dev/exchange-key": "testnet",
    }
    store = ("apply", "--server-side", "-f", "-")
    ALICE.kubectl(cluster, *store, text={**secret, "stringData": {"api-key": "a"}})
    try:
        ALICE.kubectl(cluster, *store, text={**secret, "stringData": {"api-key": "b"}})
        assert "forbidden" in refusal(cluster, "get", "secret", "alice-key").lower()
        secret["metadata"]["labels"]["kbots.dev/bot"] = "other"
        assert MARKS in refusal(cluster, *store, text=secret)
    finally:
        ALICE.kubectl(cluster, "delete", "secret", "alice-key")


def test_editor_of_kubernetes_changes_no_bot(cluster: Cluster, stopped: str) -> None:
    change = json.dumps({"spec": {"desiredState": "Running"}})
    for arguments, text in (
        (TRIAL, tenant_bot(ALICE, "mine")),
        (("patch", "tb", stopped, "--type=merge", "-p", change), None),
        (("delete", "tb", stopped), None),
    ):
        said = refusal(cluster, *arguments, text=text, editor=True)
        assert "forbidden" in said.lower()
    assert stopped in ALICE.editor(cluster, "get", "tb", stopped)


def test_more_bots_than_the_tenant_has_room_for_are_refused_by_count(cluster: Cluster) -> None:
    names = [a_name(f"room-{number}") for number in range(BOB.max_bots)]
    for name in names:
        BOB.kubectl(cluster, *CREATE, text=tenant_bot(BOB, name, desiredState="Stopped"))
    try:
        with pytest.raises(CommandFailed) as refused:
            BOB.kubectl(cluster, *TRIAL, text=tenant_bot(BOB, "one-more"))
        assert "exceeded quota: kbots-tenant" in refused.value.stderr
        assert "count/tradingbots.kbots.dev" in refused.value.stderr
    finally:
        BOB.admin(cluster, "delete", "tb", *names, "--timeout=60s")
