"""What every account of the chart may do: the whole of it stands in a table, and whatever is not there is refused."""

import json
from collections.abc import Callable, Iterable, Mapping

import pytest

from tests.cluster.chart import BOTS, SYSTEM, WEB, of_kind, render
from tests.cluster.tenants import ALICE, BOB
from tests.support.cluster.commands import CommandFailed

Command = Callable[..., str]
Right = tuple[str, str]
"""A verb, and a resource as kubectl names it: resource[/subresource][.group], and :name where that bounds it."""

EVERYWHERE = (SYSTEM, WEB, BOTS, ALICE.namespace, BOB.namespace, "default", "kube-system")


def account(namespace: str, name: str) -> str:
    """Name a ServiceAccount as the API server does."""
    return f"system:serviceaccount:{namespace}:{name}"


OPERATOR = account(SYSTEM, "kbots-operator")
SET_UP = account(SYSTEM, "kbots-set-up")
DASHBOARD = account(WEB, "kbots-dashboard")
NOBODY = account("default", "nobody")
# Who may write in a tenant's namespace, besides the accounts.
PEOPLE = {ALICE.user: ALICE.namespace, BOB.user: BOB.namespace}


def rights(verbs: str, *resources: str) -> set[Right]:
    """Combine verbs and resources."""
    return {(verb, resource) for verb in verbs.split() for resource in resources}


ON_BOTS = (
    rights("get list watch patch", "tradingbots.kbots.dev")
    | rights("get patch update", "tradingbots/status.kbots.dev")
    | rights("update", "tradingbots/finalizers.kbots.dev")
    | rights("get list watch create patch delete", "pods", "secrets", "configmaps")
    | rights("create patch", "events", "events.events.k8s.io")
)
OF_TENANT = (
    rights("get list watch create update patch delete", "tradingbots.kbots.dev")
    | rights("create patch delete", "secrets")
    | rights("get list watch", "pods", "pods/log", "events", "events.events.k8s.io")
)
LEASES = "leases.coordination.k8s.io"
TABLE: Mapping[tuple[str, str], set[Right]] = {
    **{(OPERATOR, space): ON_BOTS for space in (BOTS, ALICE.namespace, BOB.namespace)},
    (OPERATOR, SYSTEM): rights("create", LEASES) | rights("get update patch", f"{LEASES}:kbots-operator"),
    (DASHBOARD, BOTS): rights("get list watch create patch delete", "tradingbots.kbots.dev"),
    **{
        (DASHBOARD, one.namespace): rights("get list watch patch delete", "tradingbots.kbots.dev")
        for one in (ALICE, BOB)
    },
    (SET_UP, SYSTEM): rights("create", "secrets") | rights(
        "get", *(f"secrets:kbots-{name}" for name in ("postgres", "database", "exchange", "sealing"))
    ),
    (SET_UP, WEB): rights("create", "secrets") | rights("get", "secrets:kbots-dashboard"),
    **dict.fromkeys(PEOPLE.items(), OF_TENANT),
}  # fmt: skip


@pytest.fixture(scope="module")
def found(kubectl: Command, helm: Command, tenants: None) -> Mapping[tuple[str, str], set[Right]]:
    """Everything that every account may do beyond what any account may."""
    accounts = [
        account(one["metadata"]["namespace"], one["metadata"]["name"])
        for one in of_kind(render(helm), "ServiceAccount")
    ]
    # Programs without an account of their own run as this one, and get no token for it.
    accounts += [account(space, "default") for space in (SYSTEM, WEB, BOTS, ALICE.namespace)]
    accounts += [account(one.namespace, "kbots-bot") for one in (ALICE, BOB)]
    anybody = ask(kubectl, NOBODY)
    return {
        (who, space): may - anybody[space]
        for who in (*accounts, *PEOPLE)
        for space, may in ask(kubectl, who).items()
    }


def test_every_account_may_do_what_its_row_says_and_nothing_else(  # SEC-67
    found: Mapping[tuple[str, str], set[Right]],
) -> None:
    wanted = {cell: TABLE.get(cell, set()) for cell in found}

    assert TABLE.keys() <= found.keys()
    missing = {cell: sorted(wanted[cell] - may) for cell, may in found.items()}
    assert {cell: those for cell, those in missing.items() if those} == {}
    beyond = {cell: sorted(may - wanted[cell]) for cell, may in found.items()}
    assert {cell: those for cell, those in beyond.items() if those} == {}


@pytest.mark.parametrize(
    ("who", "question", "namespace"),
    [
        (OPERATOR, "get secrets/kbots-sealing", SYSTEM),
        (OPERATOR, "delete tradingbots.kbots.dev", BOTS),
        (OPERATOR, "get secrets", WEB),
        (DASHBOARD, "get secrets", BOTS),
        (DASHBOARD, "create tradingbots.kbots.dev", ALICE.namespace),
        (account(BOTS, "kbots-bot"), "get tradingbots.kbots.dev", BOTS),
        (ALICE.user, "get secrets", ALICE.namespace),
        (ALICE.user, "create pods --subresource=exec", ALICE.namespace),
        (ALICE.user, "get tradingbots.kbots.dev", BOB.namespace),
        (ALICE.user, "get tradingbots.kbots.dev", BOTS),
    ],
)
@pytest.mark.usefixtures("tenants")
def test_authorizer_itself_refuses_what_would_hurt_most(
    kubectl: Command, who: str, question: str, namespace: str
) -> None:
    with pytest.raises(CommandFailed, match=r": no\b"):  # it ends with 1 where that is the answer
        kubectl("auth", "can-i", *question.split(), "--namespace", namespace, f"--as={who}")


@pytest.mark.parametrize("role", ["view", "edit", "admin"])
def test_viewers_see_bots_and_editors_change_none(kubectl: Command, role: str) -> None:
    found = json.loads(kubectl("get", "clusterrole", role, "--output", "json"))
    verbs = {
        verb
        for rule in found["rules"]
        if "kbots.dev" in rule["apiGroups"]
        for verb in rule["verbs"]
    }

    assert verbs == {"get", "list", "watch"}


def ask(kubectl: Command, who: str) -> dict[str, set[Right]]:
    """Have the API server list everything somebody may do, by namespace."""
    reviews = [
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": space},
        }
        for space in EVERYWHERE
    ]
    listed = {"apiVersion": "v1", "kind": "List", "items": reviews}
    one_per_line = "jsonpath={.status}{'\\n'}"
    text = kubectl(
        "create", "--filename", "-", "--output", one_per_line, f"--as={who}",
        input=json.dumps(listed),
    )  # fmt: skip
    answers = [json.loads(line) for line in text.splitlines() if line]
    # Else somebody might be let through whom nobody can list.
    assert [one.get("incomplete", False) for one in answers] == [False] * len(EVERYWHERE)
    return {
        space: set(flattened(one["resourceRules"]))
        for space, one in zip(EVERYWHERE, answers, strict=True)
    }


def flattened(rules: Iterable[Mapping[str, list[str]]]) -> Iterable[Right]:
    """Write rules as one right each."""
    for rule in rules:
        for group in rule.get("apiGroups", ()):
            for resource in rule.get("resources", ()):
                for name in rule.get("resourceNames", ()) or ("",):
                    what = resource + (f".{group}" if group else "") + (f":{name}" if name else "")
                    yield from ((verb, what) for verb in rule["verbs"])
