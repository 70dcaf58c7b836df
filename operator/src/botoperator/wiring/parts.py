"""What both places to run are put together from."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

import aiohttp

from botcore.ledger.connect import DatabaseAddress, Pool, listen
from botcore.resources.trading_bot import BotMode
from botcore.runtime.clock import SystemClock
from botcore.runtime.settings import read_secret_file
from botcore.sealing.keyring import KeyRing
from botoperator.adapters.key_stores import KeyStores
from botoperator.adapters.metrics import OperatorMetrics
from botoperator.adapters.paper_exchange import PaperExchange
from botoperator.adapters.postgres import PostgresLedger
from botoperator.adapters.referenced_key_store import ReferencedKeyStore
from botoperator.adapters.sealed_key_store import SealedKeyStore
from botoperator.key_ports import KeySecrets
from botoperator.plan.inputs import Relay, Venue
from botoperator.ports import BotPorts, ChildrenPort, Recorder, Resources
from botoperator.services.echoes import Echoes
from botoperator.services.fleet import Fleet
from botoperator.services.reconcile_bot import BotReconciler
from botoperator.services.resync import Resync
from botoperator.services.serving import PlatformSettings
from botoperator.services.verify_key import KeyVerifier
from botoperator.settings import DatabaseSettings, OperatorSettings
from botoperator.shell import CHANNELS, Shell, ShellPace, ShellParts

__all__ = ["Core", "Place", "address_of", "relay_of", "stop_on_signals", "venues_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What differs between one host and a cluster."""

    resources: Resources
    children: ChildrenPort
    recorder: Recorder
    key_secrets: KeySecrets
    ring: KeyRing
    platform: PlatformSettings
    workers: int
    echoes: Echoes = field(default_factory=Echoes)


class Core:
    """The shell over its ports; the same in both places."""

    def __init__(
        self,
        settings: OperatorSettings,
        place: Place,
        pool: Pool,
        session: aiohttp.ClientSession,
        metrics: OperatorMetrics,
    ) -> None:
        address, clock = address_of(settings), SystemClock()
        ledger = PostgresLedger(pool, address, settings.max_bots)
        self.key_store = KeyStores(
            SealedKeyStore(pool, place.ring), ReferencedKeyStore(pool, place.key_secrets)
        )
        ports = BotPorts(
            resources=place.resources,
            children=place.children,
            ledger=ledger,
            paper_accounts=PaperExchange(session, settings.paper_admin_url),
            key_store=self.key_store,
            recorder=place.recorder,
            meter=metrics,
        )
        self.fleet = Fleet()
        reconciler = BotReconciler(ports, place.platform, clock, self.fleet)
        self.shell = Shell(
            ShellParts(
                ledger=ledger,
                reconciler=reconciler,
                resync=Resync(ports, reconciler, clock, self.fleet),
                fleet=self.fleet,
                echoes=place.echoes,
                verifier=self._verifier(place, settings.verify_namespace),
                meter=metrics,
                notices=_notices(address),
                daily=ledger.keep_partitions,
            ),
            ShellPace(resync_seconds=settings.resync_seconds, workers=place.workers),
        )
        self.starts = reconciler.starts
        self.starts.call = self.shell.queue.add

    def _verifier(self, place: Place, namespace: str) -> KeyVerifier:
        return KeyVerifier(place.children, self.key_store, place.platform, namespace)


def address_of(settings: DatabaseSettings) -> DatabaseAddress:
    """Answer how the operator reaches Postgres.

    Raises:
        InvalidInput: the password's file can't be read.
    """
    return DatabaseAddress(
        host=settings.database_host,
        port=settings.database_port,
        dbname=settings.database_name,
        user=settings.database_user,
        password=read_secret_file(settings.password_file),
        application_name="kbots-operator",
    )


def venues_of(settings: OperatorSettings) -> Mapping[BotMode, Venue]:
    """Answer where each mode without real money that can run here trades."""
    venues = {
        BotMode.PAPER: Venue(
            environment=BotMode.PAPER,
            rest_url=settings.paper_rest_url,
            ws_api_url=settings.paper_ws_api_url,
            stream_url=settings.paper_stream_url,
        )
    }
    if settings.testnet_rest_url:
        venues[BotMode.TESTNET] = Venue(
            environment=BotMode.TESTNET,
            rest_url=settings.testnet_rest_url,
            ws_api_url=settings.testnet_ws_api_url,
            stream_url=settings.testnet_stream_url,
            relay=relay_of(settings, BotMode.TESTNET),
        )
    return venues


def relay_of(settings: OperatorSettings, mode: BotMode) -> Relay | None:
    """Answer the relay of a mode's market data: prices of another market would be worse than none."""
    served = BotMode.TESTNET if settings.relay_environment == "testnet" else BotMode.LIVE
    if not settings.relay_rest_url or mode is not served:
        return None
    return Relay(rest_url=settings.relay_rest_url, stream_url=settings.relay_stream_url)


def stop_on_signals() -> asyncio.Event:
    """Answer an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _notices(
    address: DatabaseAddress,
) -> Callable[[Callable[[], None]], AsyncIterator[tuple[str, str]]]:
    return lambda on_connect: listen(address, CHANNELS, on_connect)
