"""Open the store the settings name, and say what is waited for meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from botcore.runtime.settings import read_secret_file
from botexchange.ports import Store
from botexchange.settings import PaperSettings
from botexchange.storage.postgres import PostgresAddress, open_postgres
from botexchange.storage.sqlite import open_sqlite
from botexchange.wiring.serving import Listener, listen

__all__ = ["open_store"]

_log = structlog.get_logger(__name__)


async def open_store(settings: PaperSettings) -> Store:
    """Open Postgres, a folder, or memory that ends with the process.

    Until Postgres can be used, GET /healthz of the admin port answers 503.

    Raises:
        Conflict: another exchange uses it.
        InvalidInput: the password can't be read, or the admin port is taken.
    """
    if settings.database_host is None or settings.database_password_file is None:
        if settings.data is None:
            _log.warning("exchange_state_in_memory", lasts="until the process ends")
        return open_sqlite(settings.data)
    address = PostgresAddress(
        host=settings.database_host,
        port=settings.database_port,
        dbname=settings.database_name,
        user=settings.database_user,
        password=read_secret_file(settings.database_password_file),
    )
    async with _waiting(settings):
        return await open_postgres(address)


@asynccontextmanager
async def _waiting(settings: PaperSettings) -> AsyncIterator[None]:
    """Answer the probes for the length of the block."""
    application = web.Application()
    application.add_routes([web.get("/healthz", _not_yet)])
    runner = await listen(
        Listener(application, settings.admin_host, settings.admin_port, "--admin-port")
    )
    try:
        yield
    finally:
        await runner.cleanup()


async def _not_yet(_request: web.Request) -> web.Response:
    return web.json_response({"status": "waiting for the database"}, status=503)
