"""The gateway over a real API server, with the rights the dashboard has on a cluster."""

import asyncio
import json
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from botcore.domain.errors import Conflict, InvalidInput, NotFound, OutcomeUnknown, Transient
from botcore.ledger.connect import open_pool
from botcore.resources.trading_bot import DesiredState
from botcore.resources.validation import parse_trading_bot
from botdashboard.adapters import kube_api
from botdashboard.adapters.gate import LedgerGate
from botdashboard.adapters.kube_api import KubeApi
from botdashboard.adapters.kube_bots import KubeBots
from botdashboard.adapters.manifests import manifest_of
from botdashboard.views.records import BotKey
from tests.dashboard.gateway_cases import GatewayCases, a_spec, attempts, watched
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


@asynccontextmanager
async def an_api(kubeconfig, kind=KubeApi):
    configuration = Configuration()
    await load_kube_config(config_file=str(kubeconfig), client_configuration=configuration)
    async with ApiClient(configuration) as client:
        yield kind(client)


@pytest.fixture
async def ledger(database):
    async with open_pool(database.address("kbots_dashboard")) as pool:
        yield LedgerGate(pool)


@pytest.fixture
async def bots(ledger, clean):
    async with an_api(clean.kubeconfig()) as api:
        yield KubeBots(ledger, api, clean.namespace)


@pytest.fixture
async def distant(ledger, clean, proxy):
    """The same gateway, through a proxy."""
    async with an_api(clean.kubeconfig(port=proxy.port)) as api:
        yield KubeBots(ledger, api, clean.namespace)


def fields_of(found, manager):
    """Return the fields of the spec that belong to somebody."""
    own = [one for one in found["metadata"]["managedFields"] if one["manager"] == manager]
    return {field for one in own for field in one["fieldsV1"].get("f:spec", {})}


class TestCluster(GatewayCases):
    """Everything a gateway must do, on a cluster."""


async def test_other_namespace_is_not_there(bots, alice):
    for attempt in attempts(bots, alice, BotKey(namespace="default", name="trend"), a_spec()):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(NotFound):
        await bots.create(alice, BotKey(namespace="default", name="trend"), a_spec())


async def test_namespace_of_a_tenant_is_its_owners_alone(ledger, clean, alice, bob, key):
    spec = a_spec()
    clean.kubectl("create", "-f", "-", text=json.dumps(manifest_of(key, spec)))
    async with an_api(clean.kubeconfig()) as api:
        # The dashboard's own namespace is another, where it may do nothing here.
        bots = KubeBots(ledger, api, "default", {clean.namespace: "alice"})

        assert (await bots.get(alice, key)).key == key
        await bots.set_desired_state(alice, key, DesiredState.PAUSED)
        assert (await bots.get(alice, key)).spec["desiredState"] == "Paused"
        with pytest.raises(NotFound):
            await bots.get(bob, key)
        with pytest.raises(NotFound):
            await bots.create(alice, replace(key, name="another"), spec)
        await bots.delete(alice, key)


async def test_bots_of_both_namespaces_are_listed_and_watched(ledger, clean, alice, key, store):
    async with an_api(clean.kubeconfig()) as api:
        bots = KubeBots(ledger, api, clean.namespace, {clean.namespace: "bob"})
        await bots.create(alice, key, a_spec())
        assert [one.key for one in await bots.list(alice)] == [key]

        told = asyncio.Queue()
        task = asyncio.create_task(bots.watch(told.put_nowait))
        try:
            async with asyncio.timeout(10):
                assert [await told.get(), await told.get()] == [None, None]
                await store.edit(key, "desiredState", "Paused")
                assert [await told.get(), await told.get()] == [key, key]
        finally:
            task.cancel()


async def test_servers_refusal_reads_as_the_models(clean, key):
    spec = a_spec()
    spec["strategies"][0]["params"]["slow"] = 9999
    with pytest.raises(InvalidInput) as ours:
        parse_trading_bot(manifest_of(key, spec))

    async with an_api(clean.kubeconfig()) as api:
        folder = f"/apis/kbots.dev/v1alpha1/namespaces/{clean.namespace}/tradingbots"
        with pytest.raises(InvalidInput) as theirs:
            await api.write("POST", folder, manifest_of(key, spec))

    assert str(theirs.value) == str(ours.value)
    assert theirs.value.problems == ours.value.problems


async def test_field_the_server_does_not_know_is_refused_and_not_dropped(clean, key):
    async with an_api(clean.kubeconfig()) as api:
        folder = f"/apis/kbots.dev/v1alpha1/namespaces/{clean.namespace}/tradingbots"
        with pytest.raises(InvalidInput, match=r'unknown field "spec\.leverage"'):
            await api.write(
                "POST",
                folder,
                manifest_of(key, a_spec() | {"leverage": 5}),
                fieldValidation="Strict",
            )


async def test_change_is_taken_while_the_status_is_written_all_the_time(bots, key, alice, store):
    made = await bots.create(alice, key, a_spec())

    async def write() -> None:
        for number in range(1000):
            await store.write_status(key, ("Running", "Paused")[number % 2])

    writing = asyncio.create_task(write())
    try:
        spec = dict(made.spec)
        for number in range(1, 11):
            spec["risk"] = {"maxOpenOrders": number}
            made = await bots.apply(alice, key, spec, made.generation)
    finally:
        writing.cancel()

    assert made.generation == 11
    assert made.spec["risk"]["maxOpenOrders"] == 10


async def test_edit_by_kubectl_is_never_overwritten(bots, key, alice, clean):
    made = await bots.create(alice, key, a_spec())
    clean.kubectl.merge(key, {"spec": {"risk": {"maxOpenOrders": 7}}})

    with pytest.raises(Conflict):
        await bots.apply(alice, key, dict(made.spec) | {"desiredState": "Paused"}, 1)

    found = await bots.get(alice, key)
    assert (found.spec["risk"]["maxOpenOrders"], found.spec["desiredState"]) == (7, "Running")


async def test_only_what_is_changed_becomes_the_dashboards(bots, key, alice, clean):
    applied = manifest_of(key, a_spec())
    apply = ("apply", "--server-side", "--field-manager=ci", "-f", "-")
    clean.kubectl(*apply, text=json.dumps(applied))
    found = await bots.get(alice, key)

    await bots.apply(
        alice, key, dict(found.spec) | {"onStop": {**found.spec["onStop"], "timeoutSeconds": 60}}, 1
    )
    await bots.set_desired_state(alice, key, DesiredState.PAUSED)

    stored = clean.kubectl.read(key)
    assert fields_of(stored, "kbots-dashboard") == {"f:onStop", "f:desiredState"}
    applied["spec"]["risk"]["maxOpenOrders"] = 9
    clean.kubectl(*apply, text=json.dumps(applied))  # refused if the dashboard had taken the field
    spec = (await bots.get(alice, key)).spec
    assert (spec["desiredState"], spec["risk"]["maxOpenOrders"]) == ("Paused", 9)


async def test_watch_goes_on_after_its_version_has_expired(ledger, clean, key, alice, store):
    class Forgetful(KubeApi):
        """Lists once with a version from before the server's memory."""

        is_first = True

        async def read(self, path, **query):
            found = await super().read(path, **query)
            if self.is_first and query:
                self.is_first = False
                found["metadata"]["resourceVersion"] = "1"
            return found

    async with an_api(clean.kubeconfig(), Forgetful) as api:
        bots = KubeBots(ledger, api, clean.namespace)
        await bots.create(alice, key, a_spec())
        async with watched(bots) as told:
            async with asyncio.timeout(5):
                assert await told.get() is None
            await store.edit(key, "desiredState", "Paused")
            async with asyncio.timeout(2):
                assert await told.get() == key


async def test_cut_watch_goes_on_and_misses_nothing(distant, proxy, key, alice, store):
    await distant.create(alice, key, a_spec())
    async with watched(distant) as told:
        proxy.close()
        await store.edit(key, "desiredState", "Paused")
        proxy.reopen()
        async with asyncio.timeout(10):
            assert await told.get() == key


async def test_silent_connection_is_noticed(distant, proxy, key, alice, store, monkeypatch):
    monkeypatch.setattr(kube_api, "WATCH_FOR", 2)
    monkeypatch.setattr(kube_api, "WATCH_GRACE", 1)
    await distant.create(alice, key, a_spec())
    async with watched(distant) as told:
        before = proxy.accepted
        proxy.freeze()
        noticed = "a new connection is made"
        await asyncio.to_thread(wait_until, lambda: proxy.accepted > before, noticed)
        await store.edit(key, "desiredState", "Paused")
        proxy.thaw()
        async with asyncio.timeout(10):
            assert await told.get() == key


async def test_watch_outlives_its_servers_end_of_it(bots, key, alice, store, monkeypatch):
    monkeypatch.setattr(kube_api, "WATCH_FOR", 1)
    await bots.create(alice, key, a_spec())
    async with watched(bots) as told:
        await asyncio.sleep(3)
        assert told.empty()
        started = time.monotonic()
        await store.edit(key, "desiredState", "Paused")
        async with asyncio.timeout(2):
            assert await told.get() == key
        assert time.monotonic() - started < 2


async def test_server_that_is_away_is_said(distant, proxy, key, alice):
    proxy.close()
    for attempt in (
        distant.list(alice),
        distant.create(alice, key, a_spec()),
        *attempts(distant, alice, key, a_spec()),
    ):
        with pytest.raises(Transient, match="API server does not answer"):
            await attempt
    proxy.reopen()

    assert await distant.list(alice) == ()


async def test_write_without_an_answer_is_unknown(distant, proxy, key, alice, monkeypatch):
    monkeypatch.setattr(kube_api, "ANSWER_WITHIN", 1.0)
    await distant.list(alice)  # so that a connection is there
    proxy.freeze()

    with pytest.raises(OutcomeUnknown):
        await distant.create(alice, key, a_spec())


async def test_missing_right_is_said(ledger, clean, alice):
    async with an_api(clean.kubeconfig()) as api:
        with pytest.raises(Transient, match=r"the cluster refuses: .* cannot list resource"):
            await KubeBots(ledger, api, "default").list(alice)


async def test_token_that_is_not_valid_is_said(ledger, clean, alice):
    async with an_api(clean.kubeconfig(token="stale")) as api:
        with pytest.raises(Transient, match="the cluster refuses: Unauthorized"):
            await KubeBots(ledger, api, clean.namespace).list(alice)


async def test_missing_crd_is_said(clean):
    async with an_api(clean.kubectl.kubeconfig) as api:
        with pytest.raises(Transient, match=r"it has no tradingbots\.kbots\.dev"):
            await api.read("/apis/kbots.dev/v1/namespaces/default/tradingbots")


async def test_edit_with_kubectl_is_in_its_owners_audit_log(bots, database, alice, key, clean):
    await bots.create(alice, key, a_spec())
    patch = json.dumps({"spec": {"desiredState": "Paused"}})
    clean.kubectl("patch", "tb", key.name, "--type", "merge", "-p", patch)

    async with watched(bots):
        query = "select actor, detail -> 'fields' from kbots.audit_log where person = 'alice'"
        await asyncio.to_thread(wait_until, lambda: database.rows(query), "the edit is written")

    assert database.rows(query) == [("kubernetes:kubectl-patch", ["spec.desiredState"])]
