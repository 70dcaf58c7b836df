"""kbots-operator: builds everything and runs it."""

import argparse
import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import structlog

from botcore.domain.errors import Conflict, InvalidInput, PlatformError
from botcore.ledger.connect import DatabaseAddress, Pool, listen, open_pool, wait_for_schema
from botcore.resources.trading_bot import BotMode
from botcore.runtime.clock import SystemClock
from botcore.runtime.logs import configure_logging
from botcore.runtime.settings import read_secret_file
from botoperator.adapters.container import ShellSettings
from botoperator.adapters.local_children import LocalChildren
from botoperator.adapters.paper_exchange import PaperExchange
from botoperator.adapters.postgres import PostgresLedger, TableResources
from botoperator.adapters.private_files import make_private
from botoperator.adapters.sealed_key_store import SealedKeyStore, ensure_keyring
from botoperator.plan.inputs import PodSettings, Venue
from botoperator.services.perform import PlatformSettings
from botoperator.services.reconcile_bot import BotPorts, BotReconciler
from botoperator.services.verify_key import KeyVerifier
from botoperator.settings import PREFIX, OperatorSettings
from botoperator.standalone import CHANNELS, ShellParts, StandaloneShell

__all__ = ["main"]

log = structlog.get_logger(__name__)

# Where there are no images, it only takes part in the pod's hash.
LOCAL_IMAGE = "local/botrunner"


def main() -> None:
    """Run the command line."""
    arguments = _parse()
    try:
        settings = OperatorSettings.load(PREFIX)
        configure_logging("operator", level=settings.log_level)
        asyncio.run(
            _standalone(settings, arguments.data.resolve(), stop_bots=arguments.stop_bots_on_exit)
        )
    except InvalidInput as error:
        sys.exit(f"kbots-operator: {error}")
    except PlatformError as error:
        log.critical("operator_failed", error=str(error))
        sys.exit(1)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kbots-operator")
    places = parser.add_subparsers(dest="place", required=True)
    standalone = places.add_parser("standalone", help="run the bots as processes of this host")
    standalone.add_argument("--data", type=Path, required=True, help="folder for pods, keys, logs")
    standalone.add_argument(
        "--stop-bots-on-exit",
        action="store_true",
        help="end the bots in order when the operator ends; otherwise they trade on",
    )
    return parser.parse_args()


async def _standalone(settings: OperatorSettings, data: Path, *, stop_bots: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    make_private(data)
    address = _address(settings)
    async with _only_one(data):
        await wait_for_schema(address)
        async with open_pool(address) as pool, aiohttp.ClientSession() as session:
            await _run(_Built(settings, data, pool, session), stop, stop_bots=stop_bots)
    log.info("operator_stopped", bots_stopped=stop_bots)


class _Built:
    """Everything, wired."""

    def __init__(
        self, settings: OperatorSettings, data: Path, pool: Pool, session: aiohttp.ClientSession
    ) -> None:
        clock, address = SystemClock(), _address(settings)
        resources = TableResources(pool)
        ledger = PostgresLedger(pool, address)
        self.key_store = SealedKeyStore(pool, ensure_keyring(data / "sealing"))
        self.children = LocalChildren(_shell_settings(settings, data), clock)
        platform = _platform(settings)
        ports = BotPorts(
            resources=resources,
            children=self.children,
            ledger=ledger,
            paper_accounts=PaperExchange(session, settings.paper_admin_url),
            key_store=self.key_store,
        )
        self.shell = StandaloneShell(
            ShellParts(
                resources=resources,
                children=self.children,
                key_store=self.key_store,
                reconciler=BotReconciler(ports, platform, clock),
                verifier=KeyVerifier(
                    self.children, self.key_store, platform, settings.verify_namespace
                ),
                notices=_notices(address),
                daily=ledger.ensure_partitions,
            ),
            settings.resync_seconds,
        )


async def _run(built: _Built, stop: asyncio.Event, *, stop_bots: bool) -> None:
    await built.key_store.publish()
    built.children.start(built.shell.on_child)
    log.info("operator_started")
    try:
        await built.shell.run(stop)
    finally:
        await built.children.close(stop=stop_bots)


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


def _notices(
    address: DatabaseAddress,
) -> Callable[[Callable[[], None]], AsyncIterator[tuple[str, str]]]:
    return lambda on_connect: listen(address, CHANNELS, on_connect)


def _address(settings: OperatorSettings) -> DatabaseAddress:
    return DatabaseAddress(
        host=settings.database_host,
        port=settings.database_port,
        dbname=settings.database_name,
        user=settings.database_user,
        password=read_secret_file(settings.password_file),
        application_name="kbots-operator",
    )


def _shell_settings(settings: OperatorSettings, data: Path) -> ShellSettings:
    return ShellSettings(
        data=data,
        runner_command=settings.runner_command,
        first_backoff_seconds=settings.restart_backoff_seconds,
    )


def _platform(settings: OperatorSettings) -> PlatformSettings:
    return PlatformSettings(
        venues=_venues(settings),
        database_host=settings.database_host,
        database_port=settings.database_port,
        database_name=settings.database_name,
        pod=PodSettings(image=LOCAL_IMAGE),
        lockstep=settings.lockstep,
    )


def _venues(settings: OperatorSettings) -> Mapping[BotMode, Venue]:
    # No live mode here: processes of one user can't keep keys from each other (I4).
    return {
        BotMode.PAPER: Venue(
            environment=BotMode.PAPER,
            rest_url=settings.paper_rest_url,
            ws_api_url=settings.paper_ws_api_url,
            stream_url=settings.paper_stream_url,
        ),
        BotMode.TESTNET: Venue(
            environment=BotMode.TESTNET,
            rest_url=settings.testnet_rest_url,
            ws_api_url=settings.testnet_ws_api_url,
            stream_url=settings.testnet_stream_url,
        ),
    }


if __name__ == "__main__":
    main()
