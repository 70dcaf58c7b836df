"""What the bots' own processes would say in the ledger: in pods that only seem to run, nobody says it."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from botcore.ledger.connect import connect
from botoperator.adapters.kube_client import METADATA_ALONE, KubeClient
from botoperator.plan.manifests import UID_LABEL
from hack.bench.operator.space import Space
from hack.bench.runner.host import Host

__all__ = ["LOOK_SECONDS", "reporting_runners", "started_pods"]

LOOK_SECONDS: Final = 1.0
"""How often it is looked which pods have started."""
_BEAT_SECONDS: Final = 5.0  # as often as a runner renews its lease, and reports
_BEGIN: Final = """
    with started as (
        select pod.bot_uid, pod.uid as holder, l.book_id, b.account_id
        from unnest(%s::uuid[], %s::uuid[]) as pod (bot_uid, uid)
        join kbots.bot_logins l on l.bot_uid = pod.bot_uid and l.retired_at is null
        join kbots.books b on b.id = l.book_id
    ), leases as (
        insert into kbots.leases (account_id, holder, epoch, expires_at)
        select account_id, holder, 1, clock_timestamp() + interval '30 seconds' from started
    )
    insert into kbots.heartbeats (bot_uid, book_id, state, generation, epoch, pid)
    select bot_uid, book_id, 'Running', 1, 1, 1 from started
"""
_GO_ON: Final = """
    with leases as (
        update kbots.leases
        set renewed_at = clock_timestamp(), expires_at = clock_timestamp() + interval '30 seconds'
    )
    update kbots.heartbeats set at = clock_timestamp()
"""


@contextmanager
def reporting_runners(host: Host, space: Space, count: int) -> Iterator[Callable[[], None]]:
    """Take each bot's lease once its pod runs, report that it runs, and go on so for the block.

    After `count` pods none is looked for any more, so that what is measured then is not disturbed. The block is given
    what raises whatever has ended it.
    """
    stop, errors = threading.Event(), list[Exception]()

    def work() -> None:
        try:
            asyncio.run(_report(host, space, count, stop))
        except Exception as error:  # noqa: BLE001 raised where somebody waits
            errors.append(error)

    def check() -> None:
        if errors:
            raise errors[0]

    thread = threading.Thread(target=work, name="runners")
    thread.start()
    try:
        yield check
        check()
    finally:
        stop.set()
        thread.join()


async def _report(host: Host, space: Space, count: int, stop: threading.Event) -> None:
    ledger = await connect(host.installation.address())
    async with space.client() as client, ledger as connection:
        known, renewed_at = set[str](), time.monotonic()
        while not stop.is_set():
            if len(known) < count:
                pods = await started_pods(space, client, known)
                uids = [one["labels"][UID_LABEL] for one in pods], [one["uid"] for one in pods]
                await connection.execute(_BEGIN, uids)
            if time.monotonic() - renewed_at >= _BEAT_SECONDS:
                renewed_at = time.monotonic()
                await connection.execute(_GO_ON)
            await asyncio.sleep(LOOK_SECONDS)


async def started_pods(
    space: Space, client: KubeClient, known: set[str]
) -> list[Mapping[str, Any]]:
    """Give the metadata of the pods that run and are not `known` yet by their uids; they are from now on."""
    query = {"fieldSelector": "status.phase=Running", "resourceVersion": "0"}
    listed = await client.request("GET", space.path("pods"), query=query, headers=METADATA_ALONE)
    found = [one["metadata"] for one in listed["items"] or []]
    new = [one for one in found if one["uid"] not in known]
    known.update(one["uid"] for one in new)
    return new
