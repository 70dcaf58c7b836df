"""`kbots-operator kubernetes`: bots are pods, TradingBots custom resources; one operator leads, others stand by."""

import asyncio
import gc
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import NoReturn

import aiohttp
import structlog

from botcore.domain.errors import InvalidInput, LeaseLost, PlatformError
from botcore.ledger.connect import open_pool, wait_for_schema
from botcore.resources.trading_bot import BotMode
from botcore.runtime.clock import SystemClock
from botcore.sealing.keyring import KeyRing, load_keyring
from botoperator.adapters.health_server import serve_health
from botoperator.adapters.kube_children import MANAGED, KubeChildren
from botoperator.adapters.kube_client import KubeClient, Writes, open_client
from botoperator.adapters.kube_events import KubeEvents
from botoperator.adapters.kube_key_secrets import KubeKeySecrets
from botoperator.adapters.kube_leader import LeaderLease
from botoperator.adapters.kube_resources import KubeResources
from botoperator.handlers.watching import Listener, watch, watches_of
from botoperator.plan.admission import LiveCaps
from botoperator.plan.inputs import PodSettings, Venue
from botoperator.services.echoes import Echoes
from botoperator.services.serving import PlatformSettings
from botoperator.services.write_budget import WriteBudget
from botoperator.settings import PREFIX, ClusterSettings
from botoperator.wiring.parts import (
    Core,
    Place,
    address_of,
    relay_of,
    stop_on_signals,
    venues_of,
)
from botoperator.wiring.pulse import Vitals
from botoperator.wiring.tenants import end_when_one_comes, tenants_away

__all__ = ["platform_of", "run_kubernetes"]

log = structlog.get_logger(__name__)

# Until the schema is there a first installation may still be under way.
SCHEMA_SECONDS = 300.0
POOL_SIZE = 8
RETRY_SECONDS = 2.0
LEADERSHIP_LOST = 3


async def run_kubernetes(settings: ClusterSettings) -> None:
    """Run until SIGTERM; bots trade on.

    Raises:
        InvalidInput: a setting or a mounted file is wrong.
        Transient: the database was not ready in time, or the API server could not be watched.
    """
    stop, vitals = stop_on_signals(), Vitals(settings.resync_seconds)
    work = asyncio.create_task(_work(settings, vitals, stop))
    stopping = asyncio.create_task(stop.wait())
    async with serve_health(settings.health_port, vitals.pulse, vitals.metrics):
        # Before it leads nothing is under way that would have to be ended in order.
        await asyncio.wait([work, stopping], return_when=asyncio.FIRST_COMPLETED)
        if vitals.core is None:
            work.cancel()
        stopping.cancel()
        await asyncio.gather(work, return_exceptions=True)
    if not work.cancelled():
        work.result()
    log.info("operator_stopped")


async def _work(settings: ClusterSettings, vitals: Vitals, stop: asyncio.Event) -> None:
    ring, address = _ring(settings), address_of(settings)
    await wait_for_schema(address, deadline_seconds=SCHEMA_SECONDS)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(open_client(vitals.metrics.requested))
        budget = WriteBudget(settings.writes_per_second, vitals.metrics.throttled)
        echoes = Echoes()
        budgeted = client.within(Writes(before=budget.take, after=echoes.wrote))
        home = [one for one in settings.namespaces if one not in settings.tenants]
        await _wait_for_resources(KubeResources(budgeted, home))
        # Its Lease waits for nothing.
        leader = LeaderLease(client, settings.lease_namespace, settings.pod_name, SystemClock())
        vitals.leader = leader
        await leader.acquire()
        stack.push_async_callback(leader.release)
        away = await tenants_away(budgeted, settings.tenants)
        there = tuple(one for one in settings.namespaces if one not in away)
        settings = settings.model_copy(update={"namespaces": there})
        resources = KubeResources(budgeted, there)
        pool = await stack.enter_async_context(open_pool(address, max_size=POOL_SIZE))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        place = replace(_place(settings, budgeted, resources, ring), echoes=echoes)
        core = Core(settings, place, pool, session, vitals.metrics)
        await core.key_store.publish()
        vitals.core = core
        # What is there by now stays: a collection that walks through every library takes a tenth of a second, in which
        # nobody is heard.
        gc.collect()
        gc.freeze()
        async with asyncio.TaskGroup() as group:
            coming = group.create_task(end_when_one_comes(budgeted, away, settings.resync_seconds))
            await _lead(vitals, core, leader, settings, stop)
            coming.cancel()


async def _wait_for_resources(resources: KubeResources) -> None:
    # kopf would never look again for a kind that the API server does not know yet.
    while True:
        try:
            await resources.list()
        except PlatformError as error:
            log.warning("waiting_for_api_server", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def _lead(
    vitals: Vitals, core: Core, leader: LeaderLease, settings: ClusterSettings, stop: asyncio.Event
) -> None:
    served = _served(settings)
    listener = Listener(
        on_bot=core.shell.on_bot,
        on_child=core.shell.on_child,
        on_answer=vitals.metrics.requested,
        on_watch=vitals.hearing.works,
    )
    vitals.hearing.expect(watches_of(served))
    log.info("operator_started", namespaces=settings.namespaces)
    async with asyncio.TaskGroup() as group:
        beside = [
            group.create_task(_keep_leading(leader)),
            group.create_task(watch(listener, served, MANAGED)),
        ]
        await core.shell.run(stop)
        for task in beside:
            task.cancel()


async def _keep_leading(leader: LeaderLease) -> NoReturn:
    try:
        await leader.keep()
    except LeaseLost as error:
        log.critical("leadership_lost", error=str(error))
        # At once: another may write already, and ending in order takes time.
        os._exit(LEADERSHIP_LOST)


def _place(
    settings: ClusterSettings, client: KubeClient, resources: KubeResources, ring: KeyRing
) -> Place:
    return Place(
        resources=resources,
        children=KubeChildren(client, _served(settings)),
        recorder=KubeEvents(client, SystemClock(), settings.pod_name),
        key_secrets=KubeKeySecrets(client),
        ring=ring,
        platform=platform_of(settings),
        workers=settings.workers,
    )


def _ring(settings: ClusterSettings) -> KeyRing:
    ring = load_keyring(settings.sealing_dir)
    if not ring.kids:
        raise InvalidInput.of(str(settings.sealing_dir), "holds no sealing key; run `set-up` first")
    return ring


def _served(settings: ClusterSettings) -> Sequence[str]:
    return sorted({*settings.namespaces, settings.verify_namespace})


def platform_of(settings: ClusterSettings) -> PlatformSettings:
    """Answer what is the same for every bot; a venue for real money is there only where the chart enables it.

    Raises:
        InvalidInput: live trading is enabled without saying where.
    """
    return PlatformSettings(
        venues={**venues_of(settings), **_live_venue(settings)},
        live_caps=LiveCaps(
            is_enabled=settings.live_enabled,
            symbols=settings.live_symbols,
            most_notional=settings.live_most_notional,
            requires_ip_restrict=settings.live_require_ip_restrict,
        ),
        tenants=settings.tenants,
        database_host=settings.database_host,
        database_port=settings.database_port,
        database_name=settings.database_name,
        pod=PodSettings(
            image=settings.runner_image,
            image_pull_policy=settings.runner_image_pull_policy,
            service_account=settings.runner_service_account,
            cpu_request=settings.runner_cpu_request,
            memory_request=settings.runner_memory_request,
            memory_limit=settings.runner_memory_limit,
            node_selector=settings.runner_node_selector,
            tolerations=tuple(one.to_manifest() for one in settings.runner_tolerations),
        ),
        starting_pods=settings.starting_pods or None,
    )


def _live_venue(settings: ClusterSettings) -> Mapping[BotMode, Venue]:
    if not settings.live_enabled:
        return {}
    addresses = (settings.live_rest_url, settings.live_ws_api_url, settings.live_stream_url)
    if not all(addresses):
        raise InvalidInput.of(
            f"{PREFIX}LIVE_*_URL", "live trading is enabled and needs all three addresses"
        )
    rest_url, ws_api_url, stream_url = addresses
    venue = Venue(
        environment=BotMode.LIVE,
        rest_url=rest_url,
        ws_api_url=ws_api_url,
        stream_url=stream_url,
        relay=relay_of(settings, BotMode.LIVE),
    )
    return {BotMode.LIVE: venue}
