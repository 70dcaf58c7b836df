"""An API server that refuses, falls silent or is full: the probes and the figures tell it, and it heals."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from botcore.domain.errors import NotAllowed, QuotaExceeded
from botoperator.adapters.kube_client import KubeClient, Writes
from botoperator.adapters.metrics import OperatorMetrics
from botoperator.handlers.watching import Listener, watch, watches_of
from botoperator.plan.health import Pulse, problems
from botoperator.services.hearing import WatchHearing
from botoperator.services.write_budget import WriteBudget
from tests.operator.api_server import ApiServer, running_api_server
from tests.support.metrics import parsed

# A probe's minutes are seconds here.
FASTER = 60.0
WATCHES = watches_of(["kbots-bots"])
PODS = "/api/v1/namespaces/kbots-bots/pods"


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    async with running_api_server() as running:
        yield running


@pytest.fixture
def metrics() -> OperatorMetrics:
    return OperatorMetrics()


@pytest.fixture
async def hearing(
    server: ApiServer, metrics: OperatorMetrics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WatchHearing]:
    """The watches as the operator keeps them."""
    monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path / "kubeconfig")))
    heard = WatchHearing(lambda: time.monotonic() * FASTER)
    listener = Listener(
        on_bot=lambda _key, _hint: None,
        on_child=lambda _: None,
        on_answer=metrics.requested,
        on_watch=heard.works,
    )
    heard.expect(WATCHES)
    watching = asyncio.create_task(watch(listener, ["kbots-bots"], ""))
    yield heard
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


@pytest.fixture
async def client(
    server: ApiServer, metrics: OperatorMetrics, tmp_path: Path
) -> AsyncIterator[KubeClient]:
    configuration = Configuration()
    path = server.kubeconfig(tmp_path / "kubeconfig")
    await load_kube_config(config_file=str(path), client_configuration=configuration)
    async with ApiClient(configuration) as api:
        yield KubeClient(api, metrics.requested)


def said(hearing: WatchHearing) -> list[str]:
    """What /healthz would say of the watches."""
    return list(problems(Pulse(resync_seconds=300, watch_seconds=hearing.silences())))


async def until(look: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(60):
            while not look():  # noqa: ASYNC110 what is looked at tells nobody
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(what) from None


def requests(metrics: OperatorMetrics, **labels: str) -> int:
    return sum(
        int(one.value)
        for one in parsed(metrics.text())
        if one.name == "kbots_operator_api_requests_total" and labels.items() <= one.labels.items()
    )


async def test_watches_that_are_answered_429_for_ever_are_told_and_heal(
    server: ApiServer, hearing: WatchHearing, metrics: OperatorMetrics
) -> None:
    def refused(resource: str) -> int:
        return requests(metrics, verb="watch", code="429", resource=resource)

    server.watches = "refused"

    await until(lambda: len(said(hearing)) == len(WATCHES), "the refused watches are told")
    await until(lambda: refused("tradingbots") and refused("pods"), "the answers are counted")

    server.watches = "granted"
    await until(lambda: not said(hearing), "the watches are granted again")
    assert requests(metrics, verb="watch", code="200") >= len(WATCHES)


async def test_watches_that_fall_silent_without_an_end_are_told_and_heal(
    server: ApiServer, hearing: WatchHearing, metrics: OperatorMetrics
) -> None:
    await until(lambda: requests(metrics, verb="watch", code="200") == len(WATCHES), "they work")

    server.watches = "silent"
    await until(lambda: len(said(hearing)) == len(WATCHES), "the silent watches are told")

    server.watches = "granted"
    await until(lambda: not said(hearing), "the watches are heard again")


async def test_full_namespace_is_told_from_a_missing_right(
    server: ApiServer, client: KubeClient
) -> None:
    text = (
        'pods "tb-alice" is forbidden: exceeded quota: kbots-bots, requested: pods=1,'
        " used: pods={}, limited: pods=55"
    )
    told = []
    for used in ("55", "56"):
        server.refusal = {"kind": "Status", "code": 403, "message": text.format(used)}
        with pytest.raises(QuotaExceeded) as refused:
            await client.request("POST", PODS, body={})
        told.append(str(refused.value))
    server.refusal = {"kind": "Status", "code": 403, "message": 'pods is forbidden: User "x"'}

    with pytest.raises(NotAllowed):
        await client.request("POST", PODS, body={})

    # The same words however full it is, so that a status is not written for nothing.
    assert set(told) == {"the namespace takes no more: quota: kbots-bots allows pods=55"}


async def test_list_is_read_in_chunks_and_without_managers(
    server: ApiServer, client: KubeClient, metrics: OperatorMetrics
) -> None:
    server.objects["pods"] = [
        {"metadata": {"name": f"tb-{number}", "managedFields": [{}]}} for number in range(1_001)
    ]

    found = [one async for one in client.list_objects(PODS, "a=b")]

    assert [one["metadata"] for one in found] == [{"name": f"tb-{n}"} for n in range(1_001)]
    assert requests(metrics, verb="get", resource="pods", code="200") == 5
    # The newest: an older moment of a cache would hide a pod that was just made.
    assert not [one for one in server.asked if "resourceVersion" in one]


async def test_writes_wait_for_the_budget_and_reads_do_not(
    server: ApiServer, client: KubeClient, metrics: OperatorMetrics
) -> None:
    within = client.within(Writes(before=WriteBudget(10, metrics.throttled).take))
    loop = asyncio.get_running_loop()
    began = loop.time()

    await asyncio.gather(*(within.request("POST", PODS, body={}) for _ in range(15)))
    wrote = loop.time() - began
    for _ in range(5):
        await within.request("GET", PODS)

    assert wrote >= 0.5
    waited = [
        one
        for one in parsed(metrics.text())
        if one.name == "kbots_operator_api_throttled_seconds_total"
    ]
    assert waited[0].value > 0.5
