"""The fault proxy does what its faults are named after, and the operator's client hears them as what they are."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from botcore.domain.errors import Conflict, PlatformError, Transient
from botoperator.adapters.kube_client import KubeClient
from tests.operator.api_server import ApiServer, running_api_server
from tests.support.faults.choosing import Asked, Fault, Faults
from tests.support.faults.proxy import FaultProxy, Moment, running_proxy
from tests.support.waiting import wait_until

PODS = "/api/v1/namespaces/bots/pods"


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    async with running_api_server() as running:
        running.objects["pods"] = [{"metadata": {"name": str(number)}} for number in range(5)]
        yield running


@pytest.fixture
def proxy(server: ApiServer, tmp_path: Path) -> Iterator[FaultProxy]:
    with running_proxy(server.kubeconfig(tmp_path / "direct"), tmp_path) as running:
        yield running


@pytest.fixture
async def client(proxy: FaultProxy, tmp_path: Path) -> AsyncIterator[KubeClient]:
    configuration = Configuration()
    path = proxy.kubeconfig(tmp_path / "direct", tmp_path / "kubeconfig")
    await load_kube_config(config_file=str(path), client_configuration=configuration)
    async with ApiClient(configuration) as api:
        yield KubeClient(api)


async def write(client: KubeClient) -> None:
    await client.request("POST", PODS, body={"metadata": {"name": "one"}}, seconds=2)


async def test_without_faults_everything_passes_and_lists_come_in_small_chunks(
    client: KubeClient, proxy: FaultProxy, server: ApiServer
) -> None:
    await write(client)

    names = [one["metadata"]["name"] async for one in client.list_objects(PODS)]

    assert names == ["0", "1", "2", "3", "4"]
    assert len([one for one in server.asked if one.startswith("GET")]) == 3
    assert [(one.asked.path, one.status) for one in proxy.writes] == [(PODS, 200)]


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        (Fault.CONFLICT, Conflict),
        (Fault.BUSY, Transient),
        (Fault.BROKEN, Transient),
        (Fault.UNAVAILABLE, Transient),
        (Fault.SILENT, Transient),
    ],
)
async def test_refused_write_does_not_happen(
    client: KubeClient, proxy: FaultProxy, server: ApiServer, fault: Fault, heard: type
) -> None:
    proxy.faults = Faults(1, {fault: 1.0})

    with pytest.raises(PlatformError) as caught:
        await write(client)

    assert type(caught.value) is heard
    assert server.asked == []
    assert proxy.met == {fault: 1}


async def test_lost_answer_is_of_a_write_that_happened(
    client: KubeClient, proxy: FaultProxy, server: ApiServer
) -> None:
    proxy.faults = Faults(1, {Fault.LOST_ANSWER: 1.0})

    with pytest.raises(Transient):
        await write(client)

    assert len(server.asked) == 1


async def test_list_whose_moment_is_gone_is_no_list(client: KubeClient, proxy: FaultProxy) -> None:
    proxy.faults = Faults(1, {Fault.GONE: 1.0})
    heard = []

    with pytest.raises(Transient):
        heard += [one async for one in client.list_objects(PODS)]

    assert proxy.met == {Fault.GONE: 1}


async def test_watch_is_cut_in_the_middle_of_a_line(client: KubeClient, proxy: FaultProxy) -> None:
    proxy.faults = Faults(1, {Fault.CUT: 1.0})

    with pytest.raises(Transient):
        await client.request("GET", PODS, query={"watch": "true"}, seconds=20)

    assert proxy.met == {Fault.CUT: 1}


async def test_write_that_is_stopped_before_it_is_passed_on_does_not_happen(
    client: KubeClient, proxy: FaultProxy, server: ApiServer
) -> None:
    proxy.on_write = lambda _, moment: moment is Moment.AFTER
    with pytest.raises(Transient):
        await write(client)
    assert server.asked == []
    proxy.on_write = lambda _, moment: moment is Moment.BEFORE

    with pytest.raises(Transient):
        await write(client)

    assert len(server.asked) == 1


async def test_removal_without_grace_is_noticed(client: KubeClient, proxy: FaultProxy) -> None:
    await client.request("DELETE", f"{PODS}/one", body={"preconditions": {"uid": "1"}})
    assert proxy.forced == []

    await client.request("DELETE", f"{PODS}/one", body={"gracePeriodSeconds": 0})
    await client.request("DELETE", f"{PODS}/one", query={"gracePeriodSeconds": "0"})

    assert len(proxy.forced) == 2


async def test_client_that_gave_up_is_not_waited_for(client: KubeClient, proxy: FaultProxy) -> None:
    proxy.faults = Faults(1, {Fault.SILENT: 1.0})
    with pytest.raises(Transient):
        await client.request("GET", PODS, seconds=0.2)
    proxy.be_calm()

    await asyncio.to_thread(wait_until, lambda: proxy.met[Fault.SILENT] == 1, "it is counted")
    await client.request("GET", PODS)


def test_same_seed_makes_the_same_choices_whatever_happens_between() -> None:
    one, other = (Faults(7, dict.fromkeys(Fault, 0.2)) for _ in range(2))
    pods = [Asked(method="POST", path=f"/api/v1/namespaces/{space}/pods") for space in "ab"]
    secrets = Asked(method="GET", path="/api/v1/namespaces/a/secrets/x")

    chosen = [one.choose(pods[0])[0] for _ in range(50)]
    again = []
    for _ in range(50):
        other.choose(secrets)
        again.append(other.choose(pods[1])[0])

    assert chosen == again
    assert set(chosen) >= {None, Fault.CONFLICT, Fault.LOST_ANSWER, Fault.DELAY}
    assert not {Fault.GONE, Fault.CUT} & set(chosen)
