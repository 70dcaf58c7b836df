"""The operator's figures for Prometheus: counted as they happen, or read when they are asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

__all__ = ["OperatorMetrics", "Series"]

_LOOK_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_POD_BUCKETS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 300.0)

Series = Mapping[tuple[str, ...], float]


class OperatorMetrics:
    """Counts what it is told. No series bears a bot, an owner or an account, so that their number stays small."""

    def __init__(self) -> None:
        """Begin at zero."""
        disable_created_metrics()  # type: ignore[no-untyped-call] # a second series for each, of no use here
        self._registry = registry = _registry()
        self._looks = _counter(registry, "reconcile", "Looks at a bot or a key", "result")
        text = "From taking a bot or a key out of the queue to its end"
        self._look_seconds = _histogram(registry, "operator_reconcile_seconds", text, _LOOK_BUCKETS)
        self._requests = _counter(
            registry,
            "api_requests",
            "Requests to the API server and its answers; code 0 is none",
            *("verb", "resource", "code"),
        )
        self._throttled = _counter(
            registry, "api_throttled_seconds", "Waited for by writes because of the write budget"
        )
        self._resync = _gauge(registry, "resync_seconds", "What the last full look took")
        self._repairs = _counter(
            registry, "resync_repairs", "What a full look found that no hint had told", "kind"
        )
        self._events = _counter(registry, "events", "Events written for people", "reason")
        self._conflicts = _counter(
            registry, "lease_conflicts", "Bots that began to wait for an account somebody else has"
        )
        self._orphans = _counter(registry, "orphan_pods", "Pods ended because their bot is gone")
        text = "From making a pod to the start of its container"
        self._pod_start = _histogram(registry, "tradingbot_pod_start_seconds", text, _POD_BUCKETS)

        self._double_runs = _counter(
            registry,
            "double_run_detected",
            "Looks that found a pod acting for an account whose lease another holds; must stay 0",
        )
        text = "Stored exchange keys, by the sealing key that opens them"
        self._kek = _gauge(registry, "kek_wrapped", text, "kek")

    @property
    def content_type(self) -> str:
        """The format of the text, as HTTP names it."""
        return CONTENT_TYPE_LATEST

    def text(self) -> str:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry).decode()

    def show(
        self, name: str, text: str, labels: tuple[str, ...], read: Callable[[], Series]
    ) -> None:
        """Add figures that are read whenever they are asked for, by the values of their labels."""
        self._registry.register(_Reading(f"kbots_{name}", text, labels, read))

    def reconciled(self, result: str, seconds: float) -> None:
        """Hear how a look ended and how long it took."""
        self._looks.labels(result).inc()
        self._look_seconds.observe(seconds)

    def requested(self, verb: str, resource: str, code: int) -> None:
        """Hear of an answer of the API server; 0 where none came."""
        self._requests.labels(verb, resource, str(code)).inc()

    def throttled(self, seconds: float) -> None:
        """Hear for how long a write waits."""
        self._throttled.inc(seconds)

    def resynced(self, seconds: float, repairs: Mapping[str, int]) -> None:
        """Hear of a full look: how long it took, and how many of each kind it wants worked on."""
        self._resync.set(seconds)
        for kind, count in repairs.items():
            self._repairs.labels(kind).inc(count)

    def noted(self, reason: str) -> None:
        """Hear of an event."""
        self._events.labels(reason).inc()

    def conflicted(self) -> None:
        """Hear of a bot whose account somebody else has."""
        self._conflicts.inc()

    def orphan_ended(self) -> None:
        """Hear of a pod without a bot."""
        self._orphans.inc()

    def pod_started(self, seconds: float) -> None:
        """Hear how long a pod took to start."""
        self._pod_start.observe(seconds)

    def ran_twice(self) -> None:
        """Hear of a pod that acts for an account whose lease another holds."""
        self._double_runs.inc()

    def keys_wrapped(self, keys: Mapping[str, int]) -> None:
        """Hear how many stored keys each sealing key opens."""
        self._kek.clear()
        for kek, count in keys.items():
            self._kek.labels(kek).set(count)


class _Reading(Collector):
    """Figures read when they are asked for."""

    def __init__(
        self, name: str, text: str, labels: tuple[str, ...], read: Callable[[], Series]
    ) -> None:
        self._name, self._text, self._labels, self._read = name, text, labels, read

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(self._name, self._text, labels=self._labels)
        for values, figure in self._read().items():
            family.add_metric(values, figure)
        yield family

    def describe(self) -> Iterable[Metric]:
        """Describe nothing: registering must not read."""
        return ()


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    Info("kbots_build", "The program", registry=registry).info(
        {"version": version("kbots-botoperator")}
    )
    ProcessCollector(namespace="kbots", registry=registry)
    return registry


def _gauge(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"kbots_operator_{name}", text, labels, registry=registry)


def _histogram(
    registry: CollectorRegistry, name: str, text: str, buckets: tuple[float, ...]
) -> Histogram:
    return Histogram(f"kbots_{name}", text, registry=registry, buckets=buckets)


def _counter(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Counter:
    return Counter(f"kbots_operator_{name}", text, labels, registry=registry)
