"""Leadership on a real API server: one at a time, handed over fast, given up in time."""

import asyncio
from collections.abc import Callable

import pytest

from botcore.domain.errors import LeaseLost
from botcore.runtime.clock import SystemClock
from botoperator.adapters.kube_client import KubeClient
from botoperator.adapters.kube_leader import LeaderLease, LeaderTimes
from tests.cluster.operator.api import Api

FAST = LeaderTimes(duration=4.5, deadline=3.0, retry=0.2)
Contender = Callable[[str], LeaderLease]


@pytest.fixture
def contender(client: KubeClient, api: Api) -> Contender:
    return lambda name: LeaderLease(client, api.namespace, name, SystemClock(), FAST)


def holder(api: Api) -> str:
    stored = api.get("leases", "kbots-operator")
    assert stored is not None
    return str(stored["spec"]["holderIdentity"])


async def test_one_of_two_leads_and_hands_over_at_once(api: Api, contender: Contender) -> None:
    first, second = contender("first"), contender("second")
    await first.acquire()
    keeping = asyncio.create_task(first.keep())
    waiting = asyncio.create_task(second.acquire())
    # Longer than a Lease lasts: renewals are what keeps the other away.
    await asyncio.wait([waiting], timeout=FAST.duration + 1)
    led_alone = not waiting.done()
    keeping.cancel()

    await first.release()
    await asyncio.wait_for(waiting, 1.5)

    assert led_alone
    assert holder(api) == "second"


async def test_leader_that_fell_silent_is_followed_and_then_gives_up(
    api: Api, contender: Contender
) -> None:
    first, second = contender("first"), contender("second")
    await first.acquire()

    await asyncio.wait_for(second.acquire(), FAST.duration + 3)

    assert holder(api) == "second"
    with pytest.raises(LeaseLost):
        await asyncio.wait_for(first.keep(), FAST.deadline + 2)
    await first.release()
    assert holder(api) == "second"


async def test_leader_without_an_answer_gives_up_before_another_may_lead(
    api: Api, contender: Contender
) -> None:
    leader = contender("first")
    await leader.acquire()
    loop = asyncio.get_running_loop()
    began = loop.time()
    leader._collection = "/apis/coordination.k8s.io/v1/namespaces/no-such/leases"

    with pytest.raises(LeaseLost):
        await leader.keep()

    assert loop.time() - began < FAST.duration


async def test_leader_whose_lease_somebody_labelled_leads_on(
    api: Api, contender: Contender
) -> None:
    leader = contender("first")
    await leader.acquire()
    keeping = asyncio.create_task(leader.keep())
    change = {"metadata": {"labels": {"touched": "yes"}}}
    await asyncio.to_thread(api.patch, "leases", "kbots-operator", change)

    await asyncio.wait([keeping], timeout=FAST.deadline + 1)

    assert not keeping.done()
    keeping.cancel()


async def test_restarted_operator_takes_its_own_lease_at_once(contender: Contender) -> None:
    await contender("same").acquire()

    await asyncio.wait_for(contender("same").acquire(), 1.0)
