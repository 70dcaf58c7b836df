"""Whether a pod that does not go may be left behind: its node may be lost, and run it still.

What keeps two runners from trading is the lease on the account, here as anywhere (I1): a runner stops sending before
its lease can expire, and no other gets it before. This only says when waiting for the old pod has no more use. Then
its login is closed before its successor gets one, so that a runner that comes back can't take the lease again either.
"""

from dataclasses import replace
from datetime import timedelta

from botcore.resources.trading_bot import Failover
from botoperator.plan.lifecycle import Situation
from botoperator.plan.observed import ObservedPod

__all__ = ["LOST_AFTER", "leave_lost_pod"]

# Twice what a lease lasts.
LOST_AFTER = timedelta(seconds=60)


def leave_lost_pod(situation: Situation) -> Situation:
    """Take a pod that is lost for gone: it is left behind, and neither written to nor waited for."""
    pod = situation.children.pod
    if pod is None or not _is_lost(situation, pod):
        return situation
    return replace(situation, children=replace(situation.children, pod=None, left=pod))


def _is_lost(situation: Situation, pod: ObservedPod) -> bool:
    if situation.bot.spec.failover is not Failover.AFTER_LEASE_EXPIRY:
        return False
    if situation.children.left is not None:
        return False  # both names are taken
    if not pod.is_deleting or pod.ends_by is None or situation.now < pod.ends_by + LOST_AFTER:
        return False
    over = situation.ledger.lease_over_seconds
    return situation.ledger.lease is None and (over is None or over >= LOST_AFTER.total_seconds())
