"""One bot with a strategy of every type over a simulated day: what it holds at the end is what it held when warm."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from botcore.domain.market import Interval
from hack.bench.exchange_process import resident_megabytes
from hack.bench.rows import Row, at_least, at_most, note
from hack.bench.runner.agreement import differences
from hack.bench.runner.host import Host, a_bot, running_host, wait_for
from hack.bench.runner.samples import sample_strategies

__all__ = ["bench_soak"]

_NAME: Final = "soak"
_WARM_SHARE: Final = 0.3
_END_SHARE: Final = 0.15
"""What is compared: the medians of so long after the warm-up, and of so long at the end."""
_EVERY: Final = 0.5
_STANDING: Final = (
    "select (select count(*) from kbots.leases) + (select count(*) from kbots.heartbeats)"
    " + (select count(*) from kbots.bot_logins) + (select count(*) from kbots.books)"
    " + (select count(*) from kbots.exchange_accounts)"
)
"""The rows that say how things stand now: time adds none."""
_UID: Final = "select uid::text from kbots.trading_bots where name = %s"
_DECISIONS: Final = "select strategy, count(*) from kbots.decisions where bot_uid = %s group by 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """The runner's process at one moment."""

    megabytes: float
    descriptors: int
    threads: int


def bench_soak(*, speed: int, hours: float) -> Iterator[Row]:
    """Run the bot for these hours of the venue at `speed` times real time."""
    strategies = sample_strategies()
    with running_host(speed=speed) as host:
        host.apply(a_bot(_NAME, *strategies))
        uid = host.query(_UID, _NAME)[0][0]
        wait_for(lambda: host.query(_DECISIONS, uid), "the first decision", seconds=60)
        pid = host.runner_pid(_NAME)
        before, begun = _rows(host), time.monotonic()
        samples = list(_samples(pid, hours * 3_600 / speed))
        seconds = time.monotonic() - begun
        after, is_same = _rows(host), host.runner_pid(_NAME) == pid
        decided = dict(host.query(_DECISIONS, uid))
        yield from _growth(samples)
        yield at_most("soak-restarts", 0 if is_same else 1, 0, "processes")
        yield at_most("soak-ledger-state-rows", after - before, 0, "rows")
        yield at_least("soak-decided", _share(strategies, decided, seconds * speed), 0.9, "ratio")
        yield at_most("soak-books", len(_settled(host, strategies, uid)), 0, "differences")
    note(f"{hours:g} hours of the venue at {speed} times real time; decisions {decided}")


def _samples(pid: int, seconds: float) -> Iterator[_Sample]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        threads = next(line for line in status.splitlines() if line.startswith("Threads:"))
        yield _Sample(
            megabytes=resident_megabytes(pid),
            descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
            threads=int(threads.split()[1]),
        )
        time.sleep(_EVERY)


def _growth(samples: list[_Sample]) -> Iterator[Row]:
    """Compare the end with the time after the warm-up."""
    warm, least = int(len(samples) * _WARM_SHARE), max(int(len(samples) * _END_SHARE), 1)
    begin, end = samples[warm : warm + least], samples[-least:]
    held = [statistics.median(one.megabytes for one in part) for part in (begin, end)]
    peak = max(one.megabytes for one in samples)
    note(f"resident {held[0]:.1f} MB when warm, {held[1]:.1f} MB at the end, {peak:.1f} MB at most")
    yield at_most("soak-rss-drift", abs(held[1] - held[0]), 5, "MB")
    opened = [statistics.median(one.descriptors for one in part) for part in (begin, end)]
    yield at_most("soak-descriptors-growth", opened[1] - opened[0], 0, "descriptors")
    threads = [statistics.median(one.threads for one in part) for part in (begin, end)]
    yield at_most("soak-threads-growth", threads[1] - threads[0], 0, "threads")


def _rows(host: Host) -> int:
    return int(host.query(_STANDING)[0][0])


def _share(
    strategies: list[dict[str, Any]], decided: dict[str, int], venue_seconds: float
) -> float:
    """Give the strategy's that decided least: made decisions of the candles that closed, per symbol."""
    return min(
        decided.get(one["name"], 0)
        / (timedelta(seconds=venue_seconds) / Interval(one["interval"]).length)
        / len(one["symbols"])
        for one in strategies
    )


def _settled(host: Host, strategies: list[dict[str, Any]], uid: str) -> list[str]:
    """Pause the bot, wait until nothing is in flight, and compare the books."""
    host.apply(a_bot(_NAME, *strategies, desiredState="Paused"))
    found = differences(host, _NAME, uid)
    end = time.monotonic() + 30
    while found and time.monotonic() < end:
        time.sleep(1)
        found = differences(host, _NAME, uid)
    for line in found[:10]:
        note(f"books differ: {line}")
    return found
