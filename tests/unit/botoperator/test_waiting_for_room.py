"""What a bot waits for before its pod is made: room, a place among those that start, and that no other pod is there.

One that waits for room in its namespace keeps its login: nothing is renewed until its pod can be made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from botcore.domain.errors import QuotaExceeded
from botcore.resources.trading_bot import BotMode
from botoperator.plan.inputs import Account, BotIdentity, PodSettings, Venue, identity_of
from botoperator.plan.lifecycle import Hold, Serve, Situation
from botoperator.plan.manifests import FINALIZER, Kind, Manifest
from botoperator.plan.notes import Note
from botoperator.plan.observed import Children, Login, ObservedPod, Survey
from botoperator.ports import AskedBot, BotKey, BotPorts, ChildKeys, Halted, LoginSecret
from botoperator.services.perform import Performer
from botoperator.services.serving import PlatformSettings, ServePlanner
from botoperator.services.start_queue import StartQueue
from tests.unit.botoperator.builders import a_bot, a_pod, a_situation
from tests.unit.botoperator.test_finding_keys import Keys, NoPaper

ROLE = "bot_1"
VENUE = Venue(environment=BotMode.PAPER, rest_url="r", ws_api_url="w", stream_url="s")


class Namespace:
    """Objects in memory; a pod finds room when there is some."""

    def __init__(self) -> None:
        self.there: dict[Kind, Manifest] = {}
        self.others: list[ObservedPod] = []
        self.has_room = False
        self.writes = 0
        self.ended: list[str] = []

    async def observe(self, names: ChildKeys) -> Children:
        raise AssertionError(names)

    async def pods_of(self, key: BotKey) -> tuple[ObservedPod, ...]:
        return tuple(self.others)

    async def create(self, manifest: Manifest) -> None:
        if manifest.kind is Kind.POD and not self.has_room:
            raise QuotaExceeded("the namespace takes no more")
        self.writes += 1
        self.there[manifest.kind] = manifest

    async def patch(self, manifest: Manifest) -> None:
        self.writes += 1
        self.there[manifest.kind] = manifest

    async def delete(self, manifest: Manifest) -> None:
        self.ended.append(manifest.name)

    async def survey(self) -> Survey:
        raise AssertionError("nobody lists")


class Logins:
    """A ledger that makes logins."""

    def __init__(self) -> None:
        self.made = 0
        self.retired: list[str] = []

    async def bind_login(self, bot: BotIdentity, account: Account) -> LoginSecret:
        self.made += 1
        return LoginSecret(role=ROLE, password=f"{bot.name}-{account}-{self.made}")

    async def observe(self, asked: Sequence[AskedBot]) -> Mapping[str, Any]:
        raise AssertionError(asked)

    async def find_halt(self, halt_id: str) -> Halted | None:
        raise AssertionError(halt_id)

    async def retire_login(self, uid: str) -> None:
        self.retired.append(uid)

    async def halt_bot(self, bot: BotIdentity, reason: str) -> None:
        raise AssertionError(reason)

    async def halt_owner(self, owner: str, reason: str) -> None:
        raise AssertionError(reason)


class Notes:
    async def record(self, key: BotKey, uid: str, note: Note) -> None:
        pass


def ports_of(namespace: Namespace, logins: Logins) -> BotPorts:
    nobody: Any = None
    return BotPorts(
        resources=nobody,
        children=namespace,
        ledger=logins,
        paper_accounts=NoPaper(),
        key_store=Keys(),
        recorder=Notes(),
        meter=nobody,
    )


def a_performer(namespace: Namespace, logins: Logins, most: int | None = None) -> Performer:
    platform = PlatformSettings(
        venues={BotMode.PAPER: VENUE},
        database_host="db",
        database_port=5432,
        database_name="kbots",
        pod=PodSettings(image="kbots/botrunner:1"),
    )
    return Performer(ports_of(namespace, logins), ServePlanner(platform), StartQueue(most))


def seen(namespace: Namespace, *, has_login: bool = True) -> Situation:
    bot = a_bot()
    held = bot.model_copy(
        update={"metadata": bot.metadata.model_copy(update={"finalizers": (FINALIZER,)})}
    )
    pod = namespace.there.get(Kind.POD)
    children = Children(
        secret=namespace.there.get(Kind.SECRET),
        config_map=namespace.there.get(Kind.CONFIG_MAP),
        pod=a_pod(pod) if pod else None,
    )
    situation = a_situation(held, children=children)
    login = Login(role=ROLE, account=Account(environment=BotMode.PAPER, uid="1001"))
    return replace(situation, ledger=replace(situation.ledger, login=login if has_login else None))


async def test_login_and_secret_are_made_once_however_often_a_pod_finds_no_room() -> None:
    namespace, logins = Namespace(), Logins()
    performer, bot = a_performer(namespace, logins), identity_of(a_bot())

    first = await performer.perform(bot, seen(namespace, has_login=False), Serve())
    wrote = namespace.writes
    second = await performer.perform(bot, seen(namespace), Serve())

    assert isinstance(first.step, Hold)
    assert isinstance(second.step, Hold)
    assert (wrote, namespace.writes, logins.made) == (2, 2, 1)

    namespace.has_room = True
    served = await performer.perform(bot, seen(namespace), Serve())

    assert served.step == Serve()
    assert (namespace.writes, logins.made) == (3, 1)


async def test_login_that_another_operator_made_is_renewed_for_a_new_pod() -> None:
    namespace, logins = Namespace(), Logins()
    bot = identity_of(a_bot())
    await a_performer(namespace, logins).perform(bot, seen(namespace, has_login=False), Serve())
    namespace.has_room = True

    # Nobody knows whether it wrote the Secret after it made the login last.
    await a_performer(namespace, logins).perform(bot, seen(namespace), Serve())

    assert (Kind.POD in namespace.there, logins.made) == (True, 2)


async def test_bot_beyond_the_pods_that_start_waits_without_a_write() -> None:
    namespace, logins = Namespace(), Logins()
    performer, bot = a_performer(namespace, logins, most=0), identity_of(a_bot())

    done = await performer.perform(bot, seen(namespace, has_login=False), Serve())

    assert done.step == Hold(
        reason="StartQueued",
        message="0 pods are starting already; this one's turn comes",
        after_seconds=30.0,
    )
    assert (namespace.writes, logins.made) == (0, 0)


def a_labelled_pod(name: str, *, is_deleting: bool = False) -> ObservedPod:
    metadata = {"name": name, "namespace": "kbots-bots", "uid": f"uid-of-{name}"}
    pod = a_pod(Manifest(body={"kind": "Pod", "metadata": metadata}))
    return replace(pod, uid=f"uid-of-{name}", is_deleting=is_deleting)


@pytest.mark.parametrize(
    ("other", "ended"),
    [
        (a_labelled_pod("strange"), ["strange"]),
        (a_labelled_pod("strange", is_deleting=True), []),
        # Made since the look began, by whom does not matter: another look knows it.
        (a_labelled_pod("tb-alice"), []),
    ],
)
async def test_no_pod_is_made_beside_another_that_bears_the_bots_label(
    other: ObservedPod, ended: list[str]
) -> None:
    namespace, logins = Namespace(), Logins()
    namespace.has_room = True
    namespace.others = [other]
    performer, bot = a_performer(namespace, logins, most=1), identity_of(a_bot())

    done = await performer.perform(bot, seen(namespace, has_login=False), Serve())

    assert isinstance(done.step, Hold)
    assert (done.step.reason, other.manifest.name in done.step.message) == ("OtherPod", True)
    assert (namespace.ended, namespace.writes, logins.made) == (ended, 0, 0)

    namespace.others = []
    assert (await performer.perform(bot, seen(namespace, has_login=False), Serve())).step == Serve()


async def test_pod_that_was_left_behind_hinders_no_other() -> None:
    namespace, logins = Namespace(), Logins()
    namespace.has_room = True
    lost = a_labelled_pod("tb-alice", is_deleting=True)
    namespace.others = [lost]
    situation = seen(namespace)
    situation = replace(situation, children=replace(situation.children, left=lost))

    done = await a_performer(namespace, logins).perform(identity_of(a_bot()), situation, Serve())

    assert done.step == Serve()
    assert namespace.there[Kind.POD].name == "tb2-alice"
