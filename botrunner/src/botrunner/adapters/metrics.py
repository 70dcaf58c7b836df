"""The bot's figures for Prometheus: counted as they happen, read from the trading state when they are asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from importlib.metadata import version
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from botcore.runtime.clock import Clock
from botrunner.trading.commands import RecordDecision
from botrunner.trading.events import Event, OrderRefused, StreamRestored
from botrunner.trading.risk import equity, unrealized
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Step
from botrunner.trading.winding import condition

__all__ = ["BotMetrics"]

_RENDER_EVERY: Final = 1.0
"""Seconds a rendered text is good for, so that no crowd of scrapers takes the trading loop's time."""
_CALL_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_COMMIT_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0)
_DECISION_BUCKETS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0)

Figure = Callable[[BotState, Rules], Decimal | int]
_FIGURES: Final[tuple[tuple[str, str, Figure], ...]] = (
    ("equity_quote", "Capital and profit of own lots, in quote asset", equity),
    (
        "realized_profit_quote",
        "Profit of closed lots, in quote asset",
        lambda state, rules: equity(state, rules) - rules.capital - unrealized(state),
    ),
    (
        "unrealized_profit_quote",
        "Profit of open lots at the last marks, in quote asset",
        lambda state, _: unrealized(state),
    ),
    (
        "open_orders",
        "Orders that are alive, in doubt or not fully booked",
        lambda s, _: len(s.orders),
    ),
    (
        "positions",
        "Strategies and symbols that hold lots",
        lambda state, _: sum(1 for one in state.sub_books.values() if one.lots),
    ),
    ("fenced", "1 while nothing may be sent", lambda state, _: state.is_fenced),
    ("halted", "1 while a brake holds", lambda state, rules: _is("Halted", state, rules)),
    ("degraded", "1 while limits or books forbid entries", lambda s, r: _is("Degraded", s, r)),
    ("configuration_generation", "Generation in force", lambda _, rules: rules.generation),
)


def _is(condition_name: str, state: BotState, rules: Rules) -> bool:
    return condition(state, rules)[0] == condition_name


class BotMetrics:
    """Counts what it sees as witness, meter and observer; every series bears the bot's name, none its account."""

    def __init__(self, *, bot: str, namespace: str, clock: Clock) -> None:
        """Begin at zero, for the bot of this name in this Kubernetes namespace."""
        disable_created_metrics()  # type: ignore[no-untyped-call] # a second series for each, of no use here
        self._clock = clock
        self._labels = {"bot": bot, "bot_namespace": namespace}
        self._registry = registry = CollectorRegistry()
        self._looked: tuple[BotState, Rules] | None = None
        self._taken: Event | None = None
        self._delivered_at = 0.0
        self._streams: set[str] = set()
        self._rendered, self._rendered_at = "", float("-inf")
        self._calls = _histogram(
            registry, "order_seconds", "From signing to the venue's answer", _CALL_BUCKETS
        )
        self._commits = _histogram(
            registry, "journal_commit_seconds", "From asking to the commit", _COMMIT_BUCKETS
        )
        self._waits = Histogram(
            "kbots_event_to_decision_seconds",
            "From an event's arrival to the decision on it",
            ("event",),
            registry=registry,
            buckets=_DECISION_BUCKETS,
        )
        self._decisions = _counter(registry, "decisions", "Decisions on closed candles", "action")
        self._refused = _counter(registry, "orders_refused", "Orders the venue refused", "code")
        self._reconnects = _counter(registry, "stream_reconnects", "Streams made anew", "stream")
        Info("kbots_build", "The program", registry=registry).info(
            {"version": version("kbots-botrunner")}
        )
        ProcessCollector(namespace="kbots", registry=registry)
        registry.register(_Reading(self._figures))

    @property
    def content_type(self) -> str:
        """The format of the text, as HTTP names it."""
        return CONTENT_TYPE_LATEST

    def began(self, state: BotState, rules: Rules) -> None:
        """See a state and rules that no event led to."""
        self._looked = (state, rules)

    def decided(self, event: Event, step: Step) -> None:
        """See a decision: its wait if it is the event just taken, what it says, what it led to."""
        if self._taken is event:
            waited = self._clock.boottime() - self._delivered_at
            self._waits.labels(type(event).__name__).observe(waited)
        if self._looked is not None:
            self._looked = (step.state, self._looked[1])
        if isinstance(event, OrderRefused):
            self._refused.labels(str(event.code)).inc()
        for command in step.commands:
            if isinstance(command, RecordDecision):
                self._decisions.labels(command.action).inc()

    def took(self, event: Event, delivered_at: float) -> None:
        """See an event leave the inbox; a stream's first connection is no reconnect."""
        self._taken, self._delivered_at = event, delivered_at
        if isinstance(event, StreamRestored):
            again = event.stream in self._streams
            self._streams.add(event.stream)
            self._reconnects.labels(event.stream).inc(1 if again else 0)

    def called(self, action: str, ending: str, seconds: float) -> None:
        """Hear how long an order or a cancel took."""
        self._calls.labels(action, ending).observe(seconds)

    def committed(self, what: str, ending: str, seconds: float) -> None:
        """Hear how long a commit took."""
        self._commits.labels(what, ending).observe(seconds)

    def watch(self, name: str, text: str, read: Callable[[], Decimal | int]) -> None:
        """Add a figure that is read whenever it is asked for."""
        self._registry.register(_Reading(lambda: [(name, text, read())]))

    def text(self) -> str:
        """Return everything in Prometheus' text format."""
        now = self._clock.boottime()
        if now - self._rendered_at >= _RENDER_EVERY:
            named = _Named(self._registry, self._labels)
            self._rendered, self._rendered_at = generate_latest(named).decode(), now
        return self._rendered

    def _figures(self) -> Iterable[tuple[str, str, Decimal | int]]:
        if self._looked is None:  # before the first recovery only this is known
            return [("fenced", "1 while nothing may be sent", 1)]
        return [(name, text, figure(*self._looked)) for name, text, figure in _FIGURES]


class _Reading(Collector):
    """Figures read when they are asked for."""

    def __init__(self, read: Callable[[], Iterable[tuple[str, str, Decimal | int]]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        for name, text, value in self._read():
            # A copy for people to look at: nothing reads it back.
            yield GaugeMetricFamily(f"kbots_{name}", text, value=float(value))

    def describe(self) -> Iterable[Metric]:
        """Describe nothing: registering must not read."""
        return ()


class _Named(Collector):
    """Everything of a registry, with the bot's labels on each sample; the library has no constant labels."""

    def __init__(self, registry: CollectorRegistry, labels: Mapping[str, str]) -> None:
        self._registry = registry
        self._labels = labels

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [
                sample._replace(labels={**self._labels, **sample.labels})
                for sample in metric.samples
            ]
            yield metric


def _histogram(
    registry: CollectorRegistry, name: str, text: str, up_to_seconds: tuple[float, ...]
) -> Histogram:
    labels = ("call", "ending")
    return Histogram(f"kbots_{name}", text, labels, registry=registry, buckets=up_to_seconds)


def _counter(registry: CollectorRegistry, name: str, text: str, label: str) -> Counter:
    return Counter(f"kbots_{name}", text, (label,), registry=registry)
