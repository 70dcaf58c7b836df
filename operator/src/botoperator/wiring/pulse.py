"""What the probes and the figures read of a running operator."""

from botoperator.adapters.kube_leader import LeaderLease
from botoperator.adapters.metrics import OperatorMetrics, Series
from botoperator.plan.health import Pulse
from botoperator.services.hearing import WatchHearing
from botoperator.wiring.parts import Core

__all__ = ["Vitals"]


class Vitals:
    """Knows the parts as they come to be; before that there is nothing to say about them."""

    def __init__(self, resync_seconds: float) -> None:
        self._resync_seconds = resync_seconds
        self.metrics = OperatorMetrics()
        self.hearing = WatchHearing()
        self.leader: LeaderLease | None = None
        self.core: Core | None = None
        """There while this operator leads."""
        self._show()

    def pulse(self) -> Pulse:
        """Answer what the probes go by."""
        return Pulse(
            resync_seconds=self._resync_seconds,
            lease_seconds=self.leader.silent_seconds if self.leader else None,
            look_seconds=self.core.shell.look_seconds if self.core else None,
            watch_seconds=self.hearing.silences(),
        )

    def _show(self) -> None:
        show = self.metrics.show
        show("operator_leader", "1 while this operator leads", (), self._leads)
        show("operator_queue_depth", "Bots and keys that wait to be looked at", (), self._depth)
        show(
            "operator_queue_oldest_seconds",
            "How long the first of them has waited",
            (),
            self._oldest,
        )
        show(
            "operator_resync_age_seconds", "Since the last full look that succeeded", (), self._age
        )
        show(
            "operator_watch_last_event_seconds",
            "Since a watch was last granted or heard from, the worst of all namespaces",
            ("resource",),
            self._watches,
        )
        show("operator_spawn_waiting", "Bots that wait for others' pods to start", (), self._queued)
        show("tradingbots", "Bots", ("desired", "phase", "exchange"), self._bots)
        show("tradingbot_condition", "Bots by condition", ("type", "status"), self._conditions)

    def _leads(self) -> Series:
        return {(): int(self.core is not None)}

    def _depth(self) -> Series:
        return {(): self.core.shell.queue.depth if self.core else 0}

    def _oldest(self) -> Series:
        return {(): self.core.shell.queue.oldest_seconds if self.core else 0.0}

    def _queued(self) -> Series:
        return {(): self.core.starts.waiting if self.core else 0}

    def _age(self) -> Series:
        return {(): (self.core.shell.look_seconds or 0.0) if self.core else 0.0}

    def _watches(self) -> Series:
        worst_seconds: dict[tuple[str, ...], float] = {}
        for watch, seconds in self.hearing.silences().items():
            plural = (watch.rpartition("/")[2],)
            worst_seconds[plural] = max(seconds, worst_seconds.get(plural, 0.0))
        return worst_seconds

    def _bots(self) -> Series:
        return dict(self.core.fleet.states()) if self.core else {}

    def _conditions(self) -> Series:
        return dict(self.core.fleet.conditions()) if self.core else {}
