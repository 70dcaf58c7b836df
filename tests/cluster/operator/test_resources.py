"""TradingBots on a real API server: every write is for one uid and leaves the rest alone."""

import asyncio
from contextlib import suppress

import pytest

from botcore.domain.errors import Conflict, InvalidInput
from botcore.resources.trading_bot import TradingBot
from botoperator.adapters.kube_client import JSON_PATCH, KubeClient
from botoperator.adapters.kube_resources import KubeResources
from botoperator.plan.manifests import FINALIZER
from botoperator.ports import BotKey
from tests.cluster.operator.api import Api

OTHER_UID = "11111111-1111-4111-8111-111111111111"
FOREIGN = "op.test/held"


@pytest.fixture
def resources(client: KubeClient, api: Api) -> KubeResources:
    return KubeResources(client, [api.namespace])


@pytest.fixture
def key(api: Api) -> BotKey:
    return BotKey(api.namespace, "alice")


def finalizers(api: Api) -> list[str]:
    stored = api.get("tradingbots", "alice")
    return list((stored or {"metadata": {}})["metadata"].get("finalizers", ()))


async def test_bots_are_listed_and_read(
    resources: KubeResources, key: BotKey, bot: TradingBot
) -> None:
    stored = await resources.get(key)

    assert stored is not None
    [listed] = await resources.list()
    assert listed["metadata"]["resourceVersion"] == stored["metadata"]["resourceVersion"]
    assert listed["metadata"]["uid"] == stored["metadata"]["uid"]
    assert listed["spec"]["owner"] == stored["spec"]["owner"]
    assert "strategies" not in listed["spec"]
    assert stored["metadata"]["uid"] == bot.metadata.uid
    assert await resources.get(BotKey(key.namespace, "nobody")) is None


async def test_status_is_replaced_and_the_spec_is_not_touched(
    resources: KubeResources, api: Api, key: BotKey, bot: TradingBot
) -> None:
    uid = str(bot.metadata.uid)
    pod = {"name": "tb-alice", "uid": "u"}

    await resources.write_status(key, uid, {"phase": "Running", "pod": pod})
    await resources.write_status(key, uid, {"phase": "Stopped"})

    stored = api.get("tradingbots", "alice")
    assert stored is not None
    assert stored["status"] == {"phase": "Stopped"}
    assert stored["metadata"]["generation"] == bot.metadata.generation


async def test_status_that_breaks_the_schema_is_an_error(
    resources: KubeResources, key: BotKey, bot: TradingBot
) -> None:
    with pytest.raises(InvalidInput, match="phase"):
        await resources.write_status(key, str(bot.metadata.uid), {"phase": 7})


async def test_nothing_is_written_to_a_recreated_bot(
    resources: KubeResources, api: Api, key: BotKey, bot: TradingBot
) -> None:
    await resources.add_finalizer(key, bot.metadata)
    other = bot.metadata.model_copy(update={"uid": OTHER_UID, "finalizers": None})
    before = api.get("tradingbots", "alice")

    await resources.write_status(key, OTHER_UID, {"phase": "Running"})
    await resources.release(key, OTHER_UID)
    await resources.add_finalizer(key, other)
    await resources.add_finalizer(BotKey(key.namespace, "nobody"), other)

    assert api.get("tradingbots", "alice") == before


async def test_bot_that_was_just_read_is_held_with_one_request(
    api: Api, key: BotKey, bot: TradingBot
) -> None:
    asked = list[str]()
    async with api.client(lambda verb, _resource, _code: asked.append(verb)) as counted:
        resources = KubeResources(counted, [api.namespace])
        await resources.add_finalizer(key, bot.metadata)
        first, asked[:] = list(asked), []
        # It was changed since: by that very write.
        await resources.add_finalizer(key, bot.metadata)

    assert first == ["patch"]
    assert asked == ["patch", "get"]
    assert finalizers(api) == [FINALIZER]


async def test_finalizers_of_others_survive_a_race(
    resources: KubeResources, client: KubeClient, api: Api, key: BotKey, bot: TradingBot
) -> None:
    path, uid = api.path("tradingbots", "alice"), str(bot.metadata.uid)
    api.patch("tradingbots", "alice", {"metadata": {"finalizers": [FOREIGN]}})

    async def others() -> None:
        for number in range(8):
            added = [{"op": "add", "path": "/metadata/finalizers/-", "value": f"{FOREIGN}{number}"}]
            await client.request("PATCH", path, body=added, headers=JSON_PATCH)

    async def ours() -> None:
        # As the queue does: a conflict is tried again.
        while FINALIZER not in await asyncio.to_thread(finalizers, api):
            with suppress(Conflict):
                await resources.add_finalizer(key, bot.metadata)

    await asyncio.gather(others(), ours())
    together = finalizers(api)
    await resources.release(key, uid)

    assert sorted(together) == sorted([FINALIZER, FOREIGN, *(f"{FOREIGN}{n}" for n in range(8))])
    assert FINALIZER not in finalizers(api)
    assert len(finalizers(api)) == 9


async def test_released_bot_goes_when_its_deletion_was_asked_for(
    resources: KubeResources, api: Api, key: BotKey, bot: TradingBot
) -> None:
    uid = str(bot.metadata.uid)
    await resources.add_finalizer(key, bot.metadata)
    api.delete("tradingbots", "alice")
    held = api.get("tradingbots", "alice")

    await resources.release(key, uid)

    assert held is not None
    assert api.get("tradingbots", "alice") is None


async def test_one_annotation_is_dropped(
    resources: KubeResources, api: Api, key: BotKey, bot: TradingBot
) -> None:
    api.patch("tradingbots", "alice", {"metadata": {"annotations": {"a/b": "1", "c": "2"}}})

    await resources.drop_annotation(key, str(bot.metadata.uid), "a/b")

    stored = api.get("tradingbots", "alice")
    assert stored is not None
    assert stored["metadata"]["annotations"] == {"c": "2"}
