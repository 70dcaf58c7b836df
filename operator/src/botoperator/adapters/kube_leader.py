"""The Lease that lets one operator work at a time.

It fences nothing: a write that is under way when the Lease is lost still arrives. The pods' fixed names and the lease
on the exchange account in Postgres hold I1; this keeps two operators from undoing each other's work.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog

from botcore.domain.errors import Conflict, LeaseLost, NotFound, PlatformError
from botcore.runtime.clock import Clock
from botoperator.adapters.kube_client import KubeClient

__all__ = ["LeaderLease", "LeaderTimes"]

log = structlog.get_logger(__name__)

NAME = "kbots-operator"
REQUEST_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderTimes:
    """Seconds: how long a silent holder is waited for, when a holder gives up, how often both look."""

    duration: float = 15.0
    deadline: float = 10.0
    retry: float = 2.0


class LeaderLease:
    """One contender. Only its own clock counts: a Lease is old when it stood still while we looked."""

    def __init__(
        self,
        client: KubeClient,
        namespace: str,
        identity: str,
        clock: Clock,
        times: LeaderTimes | None = None,
    ) -> None:
        self._client = client
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._identity = identity
        self._clock = clock
        self._times = times or LeaderTimes()
        self._seen: tuple[str, str] | None = None
        self._seen_at = 0.0
        self._lease: dict[str, Any] = {}
        self._answered_at = _now()

    @property
    def silent_seconds(self) -> float:
        """For how long the API server has not answered about the Lease."""
        return _now() - self._answered_at

    async def acquire(self) -> None:
        """Wait until this operator leads."""
        while True:
            if await self._attempt():
                break
            await asyncio.sleep(self._times.retry)
        log.info("leader_elected", identity=self._identity)

    async def keep(self) -> NoReturn:
        """Renew for ever.

        Raises:
            LeaseLost: another leads, or the last renewal is too long ago.
        """
        while True:
            await asyncio.sleep(self._times.retry)
            left = self._answered_at + self._times.deadline - _now()
            if left <= 0:
                raise LeaseLost(f"the leader's Lease was not renewed for {self._times.deadline} s")
            try:
                # One answer that never comes must leave time for another attempt.
                await self._renew(min(left, self._times.deadline / 2))
            except LeaseLost:
                raise
            except PlatformError as error:
                log.warning("leader_renewal_failed", error=str(error))

    async def release(self) -> None:
        """Let the next contender lead at once; best effort."""
        if self._lease.get("spec", {}).get("holderIdentity") != self._identity:
            return
        try:
            await self._write({"holderIdentity": "", "leaseDurationSeconds": 1}, REQUEST_SECONDS)
        except PlatformError as error:
            log.warning("leader_release_failed", error=str(error))
        self._lease = {}

    async def _attempt(self) -> bool:
        try:
            return await self._take()
        except Conflict:
            return False  # another was faster
        except PlatformError as error:
            log.warning("leader_election_failed", error=str(error))
            return False

    async def _take(self) -> bool:
        asked_at = _now()
        found = await self._client.find(f"{self._collection}/{NAME}")
        self._answered_at = asked_at
        if found is None:
            await self._create()
            return True
        self._lease = found
        spec = found.get("spec") or {}
        holder = spec.get("holderIdentity") or ""
        if holder not in {"", self._identity} and not self._is_old(holder, spec):
            return False
        switches = int(spec.get("leaseTransitions") or 0) + (holder != self._identity)
        await self._write(self._own(switches), REQUEST_SECONDS)
        return True

    async def _renew(self, seconds: float) -> None:
        try:
            await self._write({"renewTime": self._instant()}, seconds)
        except Conflict:
            # Somebody wrote: another leader, or a person who changed a label.
            found = await self._client.find(f"{self._collection}/{NAME}")
            self._lease = found or {}
            if self._lease.get("spec", {}).get("holderIdentity") != self._identity:
                raise LeaseLost("another operator leads") from None
        except NotFound:
            raise LeaseLost("the leader's Lease was deleted") from None

    def _is_old(self, holder: str, spec: dict[str, Any]) -> bool:
        seen = (holder, str(spec.get("renewTime")))
        if seen != self._seen:
            self._seen, self._seen_at = seen, _now()
        return _now() - self._seen_at >= self._times.duration

    async def _create(self) -> None:
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": NAME},
            "spec": self._own(0),
        }
        self._lease = await self._client.request(
            "POST", self._collection, body=body, seconds=REQUEST_SECONDS
        )

    async def _write(self, changes: dict[str, Any], seconds: float) -> None:
        asked_at = _now()
        body = {**self._lease, "spec": {**(self._lease.get("spec") or {}), **changes}}
        self._lease = await self._client.request(
            "PUT", f"{self._collection}/{NAME}", body=body, seconds=seconds
        )
        self._answered_at = asked_at

    def _own(self, switches: int) -> dict[str, Any]:
        now = self._instant()
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": max(1, round(self._times.duration)),
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": switches,
        }

    def _instant(self) -> str:
        return self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _now() -> float:
    return asyncio.get_running_loop().time()
