"""The operator of one host with live trading, for tests alone.

The product refuses it, since one host can't keep keys apart (I4). All is the product's but the platform's settings: the
paper exchange stands in for Binance, and the caps come from a file.
"""

import asyncio
import json
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import aiohttp

from botcore.ledger.connect import open_pool, wait_for_schema
from botcore.resources.trading_bot import BotMode
from botcore.runtime.clock import SystemClock
from botcore.runtime.logs import configure_logging
from botoperator.adapters.container import ShellSettings
from botoperator.adapters.local_children import LocalChildren
from botoperator.adapters.local_key_secrets import LocalKeySecrets
from botoperator.adapters.log_recorder import LogRecorder
from botoperator.adapters.metrics import OperatorMetrics
from botoperator.adapters.postgres import TableResources
from botoperator.adapters.sealed_key_store import ensure_keyring
from botoperator.plan.admission import LiveCaps
from botoperator.plan.inputs import PodSettings
from botoperator.services.serving import PlatformSettings
from botoperator.settings import PREFIX, StandaloneSettings
from botoperator.wiring.parts import Core, Place, address_of, stop_on_signals, venues_of


def platform_of(settings: StandaloneSettings, data: Path) -> PlatformSettings:
    caps = json.loads((data / "caps.json").read_text())
    venues = dict(venues_of(settings))
    if caps["enabled"]:
        venues[BotMode.LIVE] = replace(venues[BotMode.PAPER], environment=BotMode.LIVE)
    return PlatformSettings(
        venues=venues,
        database_host=settings.database_host,
        database_port=settings.database_port,
        database_name=settings.database_name,
        pod=PodSettings(image="local/botrunner"),
        live_caps=LiveCaps(
            is_enabled=caps["enabled"],
            symbols=frozenset(caps["symbols"]),
            most_notional={asset: Decimal(most) for asset, most in caps["mostNotional"].items()},
        ),
    )


async def main(data: Path) -> None:
    settings, stop = StandaloneSettings.load(PREFIX), stop_on_signals()
    configure_logging("operator", level=settings.log_level)
    address = address_of(settings)
    await wait_for_schema(address)
    async with open_pool(address) as pool, aiohttp.ClientSession() as session:
        shell = ShellSettings(
            data=data,
            runner_command=settings.runner_command,
            first_backoff_seconds=settings.restart_backoff_seconds,
        )
        children = LocalChildren(shell, SystemClock())
        place = Place(
            resources=TableResources(pool),
            children=children,
            recorder=LogRecorder(),
            key_secrets=LocalKeySecrets(data / "keys"),
            ring=ensure_keyring(data / "sealing"),
            platform=platform_of(settings, data),
            workers=4,
        )
        core = Core(settings, place, pool, session, OperatorMetrics())
        await core.key_store.publish()
        children.start(core.shell.on_child)
        try:
            await core.shell.run(stop)
        finally:
            await children.close(stop=False)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[sys.argv.index("--data") + 1])))
