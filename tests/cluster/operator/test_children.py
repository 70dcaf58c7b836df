"""Children on a real API server: nothing is made, changed or removed but what was meant."""

from typing import Any

import pytest

from botcore.domain.errors import Conflict, NotFound
from botcore.resources.names import child_names
from botcore.resources.trading_bot import TradingBot
from botoperator.adapters.kube_children import KubeChildren
from botoperator.adapters.kube_client import KubeClient
from botoperator.plan.changes import plan_changes, writes
from botoperator.plan.manifests import Kind, Manifest
from botoperator.plan.observed import PodPhase
from botoperator.ports import BotKey, ChildKeys
from tests.cluster.operator.api import Api
from tests.unit.botoperator.builders import children_of

# Not in any registry and never pulled: the pod stays as it was made.
IMAGE = "kbots/none:none"


@pytest.fixture
def children(client: KubeClient, api: Api) -> KubeChildren:
    return KubeChildren(client, [api.namespace])


def keys(api: Api) -> ChildKeys:
    names = child_names("alice")
    return ChildKeys(
        namespace=api.namespace, pod=names.pod, secret=names.secret, config_map=names.config_map
    )


async def survey_of(children: KubeChildren, api: Api) -> tuple[Manifest | None, ...]:
    names = keys(api)
    return (await children.survey()).children(
        names.namespace, secret=names.secret, config_map=names.config_map, pods=names.pods
    )


def annotate(manifest: Manifest, **marks: str) -> dict[str, Any]:
    return {"metadata": {"annotations": marks, "labels": marks}}


async def test_what_was_made_is_seen_as_it_was_wanted(
    children: KubeChildren, api: Api, bot: TradingBot
) -> None:
    wanted = children_of(bot, image=IMAGE)

    for manifest in wanted:
        await children.create(manifest)
    seen = await children.observe(keys(api))

    assert writes(plan_changes(wanted, seen.manifests)) == ()
    assert seen.pod is not None
    assert seen.pod.phase is PodPhase.PENDING
    assert seen.pod.uid
    assert not seen.pod.is_deleting
    listed = {(one.kind, one.name) for one in (await children.survey()).manifests}
    assert listed == {(one.kind, one.name) for one in wanted}
    # The same states, and neither a key nor a configuration among them; the kubelet writes to the pod meanwhile.
    live = (await children.observe(keys(api))).manifests
    surveyed = [one for one in await survey_of(children, api) if one is not None]
    assert [one.uid for one in surveyed] == [one.uid for one in live]
    assert all(one.version for one in surveyed)
    listed_states, live_states = (
        [one.version for one in some if one.kind is not Kind.POD] for some in (surveyed, live)
    )
    assert listed_states == live_states
    assert not any(one.data for one in surveyed)


async def test_every_pod_with_the_bots_label_is_found_whatever_its_name(
    children: KubeChildren, api: Api, bot: TradingBot
) -> None:
    pod = next(one for one in children_of(bot) if one is not None and one.kind is Kind.POD)
    metadata = {**pod.body["metadata"], "name": "strange", "namespace": api.namespace}
    metadata.pop("ownerReferences", None)
    key = BotKey(api.namespace, bot.metadata.name)
    assert await children.pods_of(key) == ()

    await children.create(Manifest(body={**pod.body, "metadata": metadata}))

    [found] = await children.pods_of(key)
    assert (found.manifest.name, found.is_deleting) == ("strange", False)
    assert await children.pods_of(BotKey(api.namespace, "another")) == ()


async def test_object_of_this_name_is_a_conflict(children: KubeChildren, bot: TradingBot) -> None:
    secret = children_of(bot)[0]
    await children.create(secret)

    with pytest.raises(Conflict):
        await children.create(secret)


async def test_patch_sets_our_data_and_leaves_foreign_annotations(
    children: KubeChildren, api: Api, bot: TradingBot
) -> None:
    config_map = children_of(bot)[1]
    await children.create(config_map)
    api.patch("configmaps", config_map.name, annotate(config_map, theirs="stays"))
    api.patch("configmaps", config_map.name, {"data": {"foreign": "x", "bot.json": "broken"}})

    await children.patch(config_map)

    stored = api.get("configmaps", config_map.name)
    assert stored is not None
    assert stored["data"] == dict(config_map.data)
    assert stored["metadata"]["annotations"]["theirs"] == "stays"
    assert stored["metadata"]["labels"]["theirs"] == "stays"
    managers = {(one["manager"], one["operation"]) for one in stored["metadata"]["managedFields"]}
    assert ("kbots-operator", "Apply") in managers


async def test_marks_of_others_on_an_observed_pod_do_not_become_ours(
    children: KubeChildren, api: Api, bot: TradingBot
) -> None:
    await children.create(children_of(bot, image=IMAGE)[2])
    api.patch("pods", "tb-alice", annotate(children_of(bot)[2], theirs="first"))
    seen = (await children.observe(keys(api))).pod
    assert seen is not None
    api.patch("pods", "tb-alice", {"metadata": {"annotations": {"theirs": "second"}}})

    await children.patch(seen.manifest.with_annotations({"kbots.dev/config-hash": "new"}))

    stored = api.get("pods", "tb-alice")
    assert stored is not None
    assert stored["metadata"]["annotations"]["theirs"] == "second"
    assert stored["metadata"]["annotations"]["kbots.dev/config-hash"] == "new"


async def test_patch_of_a_missing_object_makes_none(
    children: KubeChildren, api: Api, bot: TradingBot
) -> None:
    with pytest.raises(NotFound):
        await children.patch(children_of(bot)[1])

    assert api.get("configmaps", "tb-alice-cfg") is None


async def test_patch_for_an_earlier_bot_of_the_name_is_a_conflict(
    children: KubeChildren, api: Api, bot: TradingBot
) -> None:
    mine = children_of(bot)[1]
    await children.create(mine)
    earlier = bot.model_copy(
        update={"metadata": bot.metadata.model_copy(update={"uid": "11111111-1111"})}
    )

    with pytest.raises(Conflict):
        await children.patch(children_of(earlier)[1].with_data({"bot.json": "wrong"}))

    stored = api.get("configmaps", "tb-alice-cfg")
    assert stored is not None
    assert stored["data"] == dict(mine.data)


async def test_pod_goes_gracefully_and_only_the_one_that_was_seen(
    children: KubeChildren, api: Api, bot: TradingBot
) -> None:
    await children.create(children_of(bot, image=IMAGE)[2])
    # Held, so that its end can be looked at.
    api.patch("pods", "tb-alice", {"metadata": {"finalizers": ["op.test/held"]}})
    seen = (await children.observe(keys(api))).pod
    assert seen is not None
    body = dict(seen.manifest.body)
    other = Manifest(body={**body, "metadata": {**body["metadata"], "uid": "another"}})

    with pytest.raises(Conflict):
        await children.delete(other)
    await children.delete(seen.manifest)

    ending = (await children.observe(keys(api))).pod
    assert ending is not None
    assert (ending.uid, ending.is_deleting) == (seen.uid, True)
    api.patch("pods", "tb-alice", {"metadata": {"finalizers": None}})


async def test_removing_what_is_not_there_is_no_error(
    children: KubeChildren, bot: TradingBot
) -> None:
    for manifest in children_of(bot):
        await children.delete(manifest)


async def test_list_is_of_ours_alone(children: KubeChildren, api: Api, bot: TradingBot) -> None:
    api.create("configmaps", {"metadata": {"name": "theirs"}})
    await children.create(children_of(bot)[1])

    listed = [
        one.name for one in (await children.survey()).manifests if one.kind is Kind.CONFIG_MAP
    ]

    assert listed == ["tb-alice-cfg"]
