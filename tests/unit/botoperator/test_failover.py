"""When a pod on a lost node is left behind, and that nothing else ever is (I1)."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from botcore.resources.names import child_names
from botcore.resources.trading_bot import Failover
from botoperator.plan.changes import Create, Delete, plan_changes
from botoperator.plan.failover import LOST_AFTER, leave_lost_pod
from botoperator.plan.lifecycle import Hold, Serve, Situation, next_step
from botoperator.plan.manifests import Kind, Manifest
from botoperator.plan.observed import Children, Lease, LedgerView, ObservedPod, tell_apart
from tests.unit.botoperator.builders import NOW, POD_UID, a_bot, a_pod, a_running_situation

LONG_AGO = NOW - timedelta(seconds=61)
WAITING = Hold(reason="Terminating", message="the pod is ending")
NAMES = child_names("alice")


def lost(failover: str = "AfterLeaseExpiry", **ledger: object) -> Situation:
    """A bot whose pod should have gone a minute ago, and its lease is as long over."""
    found = a_running_situation(
        a_bot(failover=failover), pod={"is_deleting": True, "ends_by": LONG_AGO}
    )
    view = LedgerView(lease=None, lease_over_seconds=61.0)
    return replace(found, ledger=replace(view, **ledger))


def named(pod: ObservedPod, name: str) -> ObservedPod:
    metadata = {**pod.manifest.body["metadata"], "name": name}
    return replace(pod, manifest=Manifest(body={**pod.manifest.body, "metadata": metadata}))


def test_by_default_a_bot_waits_until_its_pod_is_gone() -> None:
    situation = lost("WaitForPodGone")

    assert leave_lost_pod(situation) is situation
    assert next_step(situation) == WAITING


def test_lost_pod_is_left_behind_and_the_bot_starts_anew() -> None:
    situation = lost()

    moved_on = leave_lost_pod(situation)

    assert moved_on.children.pod is None
    assert moved_on.children.left == situation.children.pod
    assert next_step(moved_on) == Serve()
    assert [one.kind for one in moved_on.children.manifests] == [Kind.SECRET, Kind.CONFIG_MAP]


def test_pod_that_never_held_the_lease_is_left_behind_too() -> None:
    assert leave_lost_pod(lost(lease_over_seconds=None)).children.pod is None


def test_lease_that_somebody_holds_keeps_the_bot_waiting() -> None:
    lease = Lease(holder=POD_UID, epoch=3)

    situation = leave_lost_pod(lost(lease=lease, lease_over_seconds=None))

    assert next_step(situation) == WAITING


def test_there_is_never_a_third_pod() -> None:
    situation = lost()
    assert situation.children.pod is not None
    second = named(situation.children.pod, str(NAMES.successor))

    both = replace(situation, children=replace(situation.children, left=second))

    assert next_step(leave_lost_pod(both)) == WAITING


@given(
    failover=st.sampled_from(Failover),
    is_deleting=st.booleans(),
    ended=st.none() | st.integers(-200, 200),
    is_leased=st.booleans(),
    over=st.none() | st.floats(0, 200),
    has_left=st.booleans(),
)
def test_pod_is_left_behind_only_with_every_proof(
    failover: Failover,
    is_deleting: bool,  # noqa: FBT001 drawn
    ended: int | None,
    is_leased: bool,  # noqa: FBT001 drawn
    over: float | None,
    has_left: bool,  # noqa: FBT001 drawn
) -> None:
    ends_by = None if ended is None else NOW - timedelta(seconds=ended)
    lease = Lease(holder=POD_UID, epoch=1) if is_leased else None
    situation = lost(failover.value, lease=lease, lease_over_seconds=None if is_leased else over)
    pod = situation.children.pod
    assert pod is not None
    pod = replace(pod, is_deleting=is_deleting, ends_by=ends_by if is_deleting else None)
    left = named(pod, str(NAMES.successor)) if has_left else None
    situation = replace(situation, children=replace(situation.children, pod=pod, left=left))

    moved_on = leave_lost_pod(situation).children.pod is None

    minute = LOST_AFTER.total_seconds()
    assert moved_on == (
        failover is Failover.AFTER_LEASE_EXPIRY
        and is_deleting
        and ended is not None
        and ended >= minute
        and not is_leased
        and (over is None or over >= minute)
        and not has_left
    )


pods = st.builds(
    lambda name, age, is_deleting, uid: named(
        a_pod(
            a_running_situation(a_bot()).children.manifests[2],
            uid=uid,
            is_deleting=is_deleting,
            created_at=NOW - timedelta(seconds=age),
        ),
        name,
    ),
    st.sampled_from([NAMES.pod, NAMES.successor]),
    st.integers(0, 100),
    st.booleans(),
    st.uuids().map(str),
)


@given(found=st.lists(pods, max_size=2, unique_by=lambda pod: pod.manifest.name))
def test_of_two_pods_the_one_that_stays_or_the_younger_is_the_bots(
    found: list[ObservedPod],
) -> None:
    pod, left = tell_apart(found)

    assert {one.uid for one in found} == {one.uid for one in (pod, left) if one is not None}
    if pod is not None and left is not None:
        assert (pod.is_deleting, -age(pod)) <= (left.is_deleting, -age(left))


def age(pod: ObservedPod) -> float:
    assert isinstance(pod.created_at, datetime)
    return pod.created_at.timestamp()


@given(found=st.lists(pods, max_size=2, unique_by=lambda pod: pod.manifest.name))
def test_pod_that_is_going_is_not_asked_again_and_one_too_many_is(
    found: list[ObservedPod],
) -> None:
    pod, left = tell_apart(found)
    children = Children(pod=pod, left=left)
    wanted = () if pod is None else (pod.manifest,)

    changes = plan_changes(wanted, children.manifests)

    deleted = [one.manifest.name for one in changes if isinstance(one, Delete)]
    assert not [one for one in changes if isinstance(one, Create)]
    assert deleted == ([left.manifest.name] if left and not left.is_deleting else [])
