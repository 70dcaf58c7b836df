"""Bots in tenants' namespaces under the installed operator: theirs run, nobody else's key helps, and all is told."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cluster.tenants import ALICE, BOB, Tenant, tenant_bot
from tests.support.cluster.commands import Cluster, CommandFailed
from tests.support.cluster.platform import ClusterPlatform
from tests.support.manifests import a_dca, a_name
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.usefixtures("tenants"), pytest.mark.timeout(300)]

CREATE = ("create", "-f", "-")
SECONDS = 120
CHILDREN = (("pod", "tb-{}"), ("secret", "tb-{}-creds"), ("configmap", "tb-{}-cfg"))
CAROL = "t-carol"  # has an account and no namespace; bob has a namespace and no account
Make = Callable[..., str]


@pytest.fixture
def make(cluster: Cluster, platform: ClusterPlatform) -> Iterator[Make]:
    """Make bots of alice's as alice does; they go with the test."""
    made = []

    def make(stem: str, **spec: Any) -> str:
        name = a_name(stem)
        spec = {"strategies": [a_dca("SOLUSDT")], "onStop": {"timeoutSeconds": 20}} | spec
        ALICE.kubectl(cluster, *CREATE, text=tenant_bot(ALICE, name, **spec))
        made.append(name)
        return name

    yield make
    for name in made:
        ALICE.admin(cluster, "delete", "tb", name, "--ignore-not-found", "--timeout=120s")


@pytest.fixture(scope="module")
def people(platform: ClusterPlatform) -> None:
    """Two accounts in the dashboard."""
    for owner in (ALICE.owner, CAROL):
        platform.query(
            "insert into kbots.users (name, role) values (%s, 'trader')"
            " on conflict (name) do update set disabled = false returning 1",
            (owner,),
        )
    clear_halts(platform)


def clear_halts(platform: ClusterPlatform) -> None:
    """Clear what an account's disabling has set, as a person does: it outlasts the account's return."""
    platform.query(
        "with cleared as (update kbots.halts set cleared_by = 'test', cleared_at = now()"
        " where scope = 'owner' and subject = %s and cleared_at is null returning 1)"
        " select count(*) from cleared",
        (ALICE.owner,),
    )


def wait_for(
    cluster: Cluster, name: str, kind: str, status: str, reason: str = "", tenant: Tenant = ALICE
) -> str:
    """Wait for a condition of a tenant's bot; returns its message."""

    def holds() -> tuple[str, str, str] | None:
        found = tenant.condition(cluster, name, kind)
        return found if found[0] == status and reason in {"", found[1]} else None

    try:
        return wait_until(holds, kind, seconds=SECONDS, every=0.5)[2]
    except AssertionError:
        raise AssertionError(f"{kind} is {tenant.condition(cluster, name, kind)}") from None


def there(cluster: Cluster, name: str, tenant: Tenant = ALICE) -> set[str]:
    """Name the kinds of the bot's children that are there."""
    return {kind for kind, child in CHILDREN if tenant.get(cluster, kind, child.format(name))}


def reasons(cluster: Cluster, name: str) -> set[str]:
    """Return the reasons of a bot's events."""
    chosen = f"--field-selector=involvedObject.kind=TradingBot,involvedObject.name={name}"
    return {
        one["reason"]
        for one in json.loads(ALICE.kubectl(cluster, "get", "events", chosen, "-o", "json"))[
            "items"
        ]
    }


@pytest.mark.usefixtures("people")
def test_tenants_bot_trades_in_its_namespace_and_ends_in_order(
    cluster: Cluster, make: Make
) -> None:
    name = make("theirs")

    wait_for(cluster, name, "Ready", "True", "Running")

    assert there(cluster, name) == {"pod", "secret", "configmap"}
    pod = ALICE.get(cluster, "pod", f"tb-{name}") or {}
    assert pod["spec"]["serviceAccountName"] == "kbots-bot"
    # What the tenant sees of it, and what not.
    assert name in ALICE.kubectl(cluster, "get", "tb")
    assert ALICE.kubectl(cluster, "logs", f"tb-{name}", "--tail=1")
    for arguments, words in (
        (("get", "secret", f"tb-{name}-creds"), "forbidden"),
        (("exec", f"tb-{name}", "--", "true"), "forbidden"),
        (("delete", "pod", f"tb-{name}"), "forbidden"),
    ):
        with pytest.raises(CommandFailed) as refused:
            ALICE.kubectl(cluster, *arguments)
        assert words in refused.value.stderr.lower()
    ALICE.kubectl(cluster, "delete", "tb", name, "--timeout=120s")
    assert there(cluster, name) == set()


@pytest.mark.usefixtures("people")
def test_bots_secret_answers_nobody_who_may_write_secrets(cluster: Cluster, make: Make) -> None:
    name = make("sealed")
    wait_until(lambda: "secret" in there(cluster, name), "its Secret", seconds=SECONDS)
    secret = f"tb-{name}-creds"
    path = f"/api/v1/namespaces/{ALICE.namespace}/secrets/{secret}"
    empty = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret}}

    # A patch that changes nothing, and a deletion that waits, are answered with the content.
    for act, arguments, text in (
        (
            ALICE.kubectl,
            ("apply", "--server-side", "--force-conflicts", "-f", "-", "-o", "json"),
            empty,
        ),
        (ALICE.kubectl, ("delete", "--raw", f"{path}?propagationPolicy=Foreground"), None),
        (ALICE.editor, ("patch", "secret", secret, "-p", '{"data":{"api-key":"eA=="}}'), None),
        (ALICE.editor, ("label", "pod", f"tb-{name}", "kbots.dev/bot-"), None),
    ):
        with pytest.raises(CommandFailed) as refused:
            act(cluster, *arguments, text=text)
        assert "names that start with tb- belong to the operator" in refused.value.stderr
    assert "secret" in there(cluster, name)


@pytest.mark.usefixtures("people")
def test_secret_that_is_being_deleted_goes_and_is_made_again(cluster: Cluster, make: Make) -> None:
    name = make("going")
    secret = f"tb-{name}-creds"
    wait_until(lambda: ALICE.get(cluster, "secret", secret), "its Secret", seconds=SECONDS)
    first = (ALICE.get(cluster, "secret", secret) or {})["metadata"]["uid"]
    operator = "--as=system:serviceaccount:kbots-system:kbots-operator"
    path = f"/api/v1/namespaces/{ALICE.namespace}/secrets/{secret}"

    # It waits for Kubernetes' own collector, which has to be let through.
    ALICE.admin(cluster, operator, "delete", "--raw", f"{path}?propagationPolicy=Foreground")

    def anew() -> bool:
        found = ALICE.get(cluster, "secret", secret)
        return found is not None and found["metadata"]["uid"] != first

    wait_until(anew, "another Secret", seconds=SECONDS)


@pytest.mark.parametrize("cascade", ["foreground", "orphan"])
@pytest.mark.usefixtures("people")
def test_bot_goes_with_its_children_however_its_deletion_is_asked_for(
    cluster: Cluster, make: Make, cascade: str
) -> None:
    name = make(f"by-{cascade}")
    wait_for(cluster, name, "Ready", "True", "Running")

    ALICE.kubectl(cluster, "delete", "tb", name, f"--cascade={cascade}", "--timeout=150s")

    wait_until(lambda: there(cluster, name) == set(), "nothing is left", seconds=SECONDS)


@pytest.mark.usefixtures("people")
def test_sealed_key_of_another_person_is_refused_by_the_operator(
    cluster: Cluster, platform: ClusterPlatform, make: Make
) -> None:
    key_id = str(uuid.uuid4())
    platform.query(
        "insert into kbots.sealed_keys (id, owner, label, exchange, environment, api_key_last4, envelope, kid,"
        " status, account_uid) values (%s, %s, %s, 'binance', 'testnet', 'last', '{}', 'none', 'Verified', '1')"
        " returning 1",
        (key_id, CAROL, key_id),
    )

    name = make("foreign-key", mode="testnet", credentials={"sealedKey": key_id}, paper=None)

    said = wait_for(cluster, name, "CredentialsReady", "False", "OwnerMismatch")
    assert "does not belong to the bot's owner" in said
    wait_for(cluster, name, "Ready", "False", "OwnerMismatch")
    assert there(cluster, name) == set()
    assert "OwnerMismatch" in reasons(cluster, name)


@pytest.mark.usefixtures("people")
def test_secret_that_bears_another_owner_is_refused_by_the_operator(
    cluster: Cluster, make: Make
) -> None:
    labels = {"kbots.dev/owner": CAROL, "kbots.dev/exchange-key": "testnet"}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "of-carol", "labels": labels},
        "stringData": {"api-key": "a", "api-secret": "b"},
    }
    ALICE.kubectl(cluster, *CREATE, text=secret)

    name = make("of-carol", mode="testnet", credentials={"secretName": "of-carol"}, paper=None)

    said = wait_for(cluster, name, "CredentialsReady", "False", "OwnerMismatch")
    assert f"must be {ALICE.owner}" in said
    assert there(cluster, name) == set()


@pytest.mark.usefixtures("people")
def test_changed_mode_ends_the_pod_in_order_and_says_what_is_missing(
    cluster: Cluster, make: Make
) -> None:
    name = make("moved")
    wait_for(cluster, name, "Ready", "True", "Running")

    change = {"mode": "testnet", "credentials": {"secretName": "none"}, "paper": None}
    patch = json.dumps({"spec": change})
    ALICE.kubectl(cluster, "patch", "tb", name, "--type=merge", "-p", patch)

    said = wait_for(cluster, name, "Ready", "False", "SecretMissing")
    assert "spec.credentials.secretName: there is no Secret none" in said
    wait_until(lambda: there(cluster, name) == set(), "nothing is left", seconds=SECONDS)
    assert {"PodEnded", "SecretMissing"} <= reasons(cluster, name)
    assert ALICE.get(cluster, "tb", name)


@pytest.mark.usefixtures("people")
def test_bot_of_a_disabled_account_is_halted_told_and_stays(
    cluster: Cluster, platform: ClusterPlatform, make: Make
) -> None:
    name = make("disabled")
    wait_for(cluster, name, "Ready", "True", "Running")
    pod = ALICE.get(cluster, "pod", f"tb-{name}") or {}
    disable = "update kbots.users set disabled = %s where name = %s returning 1"
    platform.query(disable, (True, ALICE.owner))
    try:
        # Whatever wakes the operator; else it is seen with the next full look.
        ALICE.kubectl(cluster, "annotate", "tb", name, "tests.kbots.dev/woken=yes")

        wait_for(cluster, name, "Halted", "True", "OwnerHalted")
        wait_for(cluster, name, "Degraded", "True", "OwnerDisabled")
        wait_for(cluster, name, "Ready", "False")
        assert "OwnerHalted" in reasons(cluster, name)
        after = ALICE.get(cluster, "pod", f"tb-{name}") or {}
        assert after["metadata"]["uid"] == pod["metadata"]["uid"]
    finally:
        platform.query(disable, (False, ALICE.owner))
        clear_halts(platform)


@pytest.mark.usefixtures("platform")
def test_bot_of_an_owner_without_an_account_says_so(cluster: Cluster) -> None:
    name = a_name("unknown")
    bot = tenant_bot(BOB, name, mode="testnet", credentials={"secretName": "none"}, paper=None)
    BOB.kubectl(cluster, *CREATE, text=bot)

    said = wait_for(cluster, name, "Ready", "False", "OwnerUnknown", BOB)

    assert "has no account here" in said
    assert there(cluster, name, BOB) == set()
    BOB.kubectl(cluster, "delete", "tb", name, "--timeout=120s")
