"""`kbots-operator standalone`: bots are processes of this host, TradingBots rows of a table."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import structlog

from botcore.domain.errors import Conflict
from botcore.ledger.connect import open_pool, wait_for_schema
from botcore.runtime.clock import SystemClock
from botoperator.adapters.container import ShellSettings
from botoperator.adapters.local_children import LocalChildren
from botoperator.adapters.local_key_secrets import LocalKeySecrets
from botoperator.adapters.log_recorder import LogRecorder
from botoperator.adapters.metrics import OperatorMetrics
from botoperator.adapters.postgres import TableResources
from botoperator.adapters.private_files import make_private
from botoperator.adapters.sealed_key_store import ensure_keyring
from botoperator.plan.inputs import PodSettings
from botoperator.services.serving import PlatformSettings
from botoperator.settings import StandaloneSettings
from botoperator.wiring.parts import Core, Place, address_of, stop_on_signals, venues_of

__all__ = ["run_standalone"]

log = structlog.get_logger(__name__)

# Where there are no images, it only takes part in the pod's hash.
LOCAL_IMAGE = "local/botrunner"
WORKERS = 4


async def run_standalone(settings: StandaloneSettings, data: Path, *, stop_bots: bool) -> None:
    """Run until SIGTERM; `stop_bots` ends the bots in order then, else they trade on.

    Raises:
        Conflict: another operator works in the folder.
        Transient: the database was not ready in time.
    """
    stop = stop_on_signals()
    make_private(data)
    address = address_of(settings)
    async with _only_one(data):
        await wait_for_schema(address)
        async with open_pool(address) as pool, aiohttp.ClientSession() as session:
            children = LocalChildren(_shell_settings(settings, data), SystemClock())
            place = Place(
                resources=TableResources(pool),
                children=children,
                recorder=LogRecorder(),
                key_secrets=LocalKeySecrets(data / "keys"),
                ring=ensure_keyring(data / "sealing"),
                platform=_platform(settings),
                workers=WORKERS,
            )
            core = Core(settings, place, pool, session, OperatorMetrics())
            await _run(core, children, stop, stop_bots=stop_bots)
    log.info("operator_stopped", bots_stopped=stop_bots)


async def _run(
    core: Core, children: LocalChildren, stop: asyncio.Event, *, stop_bots: bool
) -> None:
    await core.key_store.publish()
    children.start(core.shell.on_child)
    log.info("operator_started")
    try:
        await core.shell.run(stop)
    finally:
        await children.close(stop=stop_bots)


@asynccontextmanager
async def _only_one(data: Path) -> AsyncIterator[None]:
    descriptor = os.open(data / "operator.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Conflict(f"another operator works in {data}") from None
    try:
        yield
    finally:
        os.close(descriptor)


def _shell_settings(settings: StandaloneSettings, data: Path) -> ShellSettings:
    return ShellSettings(
        data=data,
        runner_command=settings.runner_command,
        first_backoff_seconds=settings.restart_backoff_seconds,
    )


def _platform(settings: StandaloneSettings) -> PlatformSettings:
    return PlatformSettings(
        # No live mode here: processes of one user can't keep keys from each other (I4).
        venues=venues_of(settings),
        database_host=settings.database_host,
        database_port=settings.database_port,
        database_name=settings.database_name,
        pod=PodSettings(image=LOCAL_IMAGE),
        lockstep=settings.lockstep,
    )
