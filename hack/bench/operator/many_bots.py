"""A thousand bots: made at once, looked at again, one of them changed, and what that holds in memory."""

import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from botoperator.adapters.kube_client import KubeClient
from botoperator.plan.manifests import CONFIG_HASH
from hack.bench.exchange_process import resident_megabytes
from hack.bench.operator.bare import WRITES, write_alike
from hack.bench.operator.nodes import fake_nodes
from hack.bench.operator.process import Operator, running_operator
from hack.bench.operator.runners import reporting_runners
from hack.bench.operator.space import CONCURRENT, Space, name_of, new_space
from hack.bench.rows import Row, at_most, below, note
from hack.bench.runner.host import Host, running_host, wait_for

__all__ = ["bench_bots"]

# The bench asks for full looks itself.
_RESYNC_SECONDS: Final = 3_600.0
_LOOK: Final = "select pg_notify('kbots_halts', '0')"
_OWNER: Final = "insert into kbots.users (name, role) values ('admin', 'trader') on conflict do nothing returning id"
_LOOK_LIMIT_SECONDS: Final = 120
_LOOKS: Final = 3
_CHANGES: Final = 50
_SETTLE_SECONDS: Final = 900
_CHANGE_SECONDS: Final = 30


def bench_bots(count: int, kubeconfig: Path) -> Iterator[Row]:
    """Measure with so many bots that run, as far as the API server and the ledger know, and no write budget."""
    mark = f"bench-{secrets.token_hex(4)}"
    with (
        tempfile.TemporaryDirectory(prefix="kbots-bench-") as folder,
        running_host(speed=1) as host,
        # Twice as many pods: those of the bare client, too.
        fake_nodes(kubeconfig, mark=mark, pods=2 * count) as nodes,
        new_space(kubeconfig) as space,
        running_operator(
            host, space, nodes, Path(folder), resync_seconds=_RESYNC_SECONDS
        ) as operator,
        reporting_runners(host, space, count) as check_runners,
    ):
        yield from _create(host, space, operator, check_runners, count)
        yield from _looks(host, operator, count)
        yield below("operator-rss", resident_megabytes(operator.process.pid), 150, "MB")
        note(f"the operator's most so far is {operator.peak_megabytes():.0f} MB")
        delays = asyncio.run(_changes(space, min(_CHANGES, count)))
        middle = statistics.median(delays) * 1_000
        note(f"a changed bot's pod is patched after {middle:.0f} ms at the median of {len(delays)}")
        p99 = statistics.quantiles(delays, n=100, method="inclusive")[98]
        yield below("operator-change-to-pod-p99", p99 * 1_000, 250, "ms")


def _create(
    host: Host, space: Space, operator: Operator, check_runners: Callable[[], None], count: int
) -> Iterator[Row]:
    """Measure from the first bot stored until the last one is told to be ready."""
    host.query(_OWNER)  # otherwise every bot is told of an owner that nobody knows
    began, used = time.monotonic(), operator.cpu_seconds()
    asyncio.run(space.make_bots(count))
    made = time.monotonic() - began

    def are_ready() -> bool:
        check_runners()
        return operator.figure("tradingbot_condition", type="Ready", status="True") == count

    what = "every bot's pod runs and its status tells so"
    wait_for(are_ready, what, seconds=_SETTLE_SECONDS, every=0.5)
    took, writes = time.monotonic() - began, operator.written()
    used = operator.cpu_seconds() - used
    with new_space(space.kubeconfig) as other:
        bare = asyncio.run(write_alike(host, space, other, count))
    looks = operator.figure("operator_reconcile_total")
    note(
        f"{count} bots stored in {made:.1f} s, ready after {took:.1f} s, {writes.total()} writes,"
        f" {looks:.0f} looks, {used:.1f} s of the operator's processor time"
    )
    note(f"written: {dict(writes)}")
    note(
        f"a bare client of {CONCURRENT} at once stores and makes the same in {bare:.1f} s, {WRITES * count} writes"
    )
    yield at_most("operator-cold-create-vs-bare", took / bare, 1.5, "ratio")


def _looks(host: Host, operator: Operator, count: int) -> Iterator[Row]:
    """Measure full looks at bots that nobody changes."""
    _look(host, operator)
    wait_for(lambda: _rests(operator), "it rests", seconds=_SETTLE_SECONDS, every=2)
    before, asked, wanted = operator.written(), operator.reads(), operator.wanted()
    took, used = [], []
    for _ in range(_LOOKS):
        began = operator.cpu_seconds()
        _look(host, operator)
        used.append(operator.cpu_seconds() - began)
        took.append(operator.figure("operator_resync_seconds"))
    reads = operator.reads() - asked
    wanted = operator.wanted() - wanted
    note(
        f"{_LOOKS} full looks at {count} bots: {reads:.0f} reads, {wanted:.0f} bots wanted a closer look,"
        f" {statistics.median(took):.2f} s each,"
        f" {statistics.median(used):.2f} s of processor time"
    )
    yield below("operator-resync", statistics.median(took), 2, "s")
    yield below("operator-resync-cpu", statistics.median(used), 2, "s")
    written = operator.written() - before
    if written:
        note(f"written at rest: {dict(written)}")
    yield at_most("operator-resync-writes", sum(written.values()), 0, "writes")


def _look(host: Host, operator: Operator) -> None:
    """Ask for a full look and wait until one has ended since."""
    asked = time.monotonic()
    host.query(_LOOK)

    def has_ended() -> bool:
        now = time.monotonic()
        return operator.figure("operator_resync_age_seconds") < now - asked

    # Reading the figures costs the operator processor time, too.
    wait_for(has_ended, "a full look", seconds=_LOOK_LIMIT_SECONDS, every=1.0)


def _rests(operator: Operator) -> bool:
    """Tell whether nobody is looked at any more."""
    looks = operator.figure("operator_reconcile_total")
    time.sleep(1)
    waiting = operator.figure("operator_queue_depth")
    return not waiting and operator.figure("operator_reconcile_total") == looks


async def _changes(space: Space, count: int) -> list[float]:
    """Measure from the answer to a change until the bot's pod bears the new configuration's hash."""
    async with space.client() as client:
        delays = []
        for number in range(count):
            name = name_of(number)
            before = await _mark(space, client, name)
            await space.pause(client, name)
            began = time.monotonic()
            while await _mark(space, client, name) == before:
                if time.monotonic() - began > _CHANGE_SECONDS:
                    break
            delays.append(time.monotonic() - began)
        return delays


async def _mark(space: Space, client: KubeClient, name: str) -> str:
    pod = await client.find(space.path("pods", f"tb-{name}"))
    return str(pod["metadata"]["annotations"][CONFIG_HASH]) if pod else ""
