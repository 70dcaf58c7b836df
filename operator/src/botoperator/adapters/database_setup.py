"""The database's own set-up, as its administrator: the database, roles, schema, and whose sealed keys it holds."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

import structlog

from botcore.domain.errors import Conflict, Transient
from botcore.ledger.connect import Connection, DatabaseAddress, connect, translated
from botcore.ledger.installation import (
    bind_installation,
    ensure_database,
    ensure_exchange_database,
)
from botcore.ledger.migrate import migrate
from botcore.ledger.roles import ensure_roles

__all__ = ["DatabaseSetup"]

log = structlog.get_logger(__name__)

T = TypeVar("T")

MAINTENANCE = "postgres"
RETRY_SECONDS = 1.0
SAY_AGAIN_SECONDS = 5.0


class DatabaseSetup:
    """Brings a database of any age to this program's schema; a run that was cut short is run again."""

    def __init__(self, address: DatabaseAddress, passwords: Mapping[str, str]) -> None:
        self._address = address
        self._passwords = passwords

    async def run(self, installation: UUID, wait_seconds: float) -> None:
        """Wait for Postgres, then set it up.

        Raises:
            InvalidInput: it holds keys that were sealed for another installation.
            Transient: it did not answer in time.
        """
        loop = asyncio.get_running_loop()
        end, said_at = loop.time() + wait_seconds, -SAY_AGAIN_SECONDS
        while True:
            try:
                await self._set_up(installation)
            except (Transient, Conflict) as error:
                if loop.time() >= end:
                    raise
                if loop.time() - said_at >= SAY_AGAIN_SECONDS:
                    said_at = loop.time()
                    log.info("waiting_for_database", host=self._address.host, reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _set_up(self, installation: UUID) -> None:
        name = self._address.dbname
        maintenance = replace(self._address, dbname=MAINTENANCE)
        if await _within(maintenance, lambda connection: ensure_database(connection, name)):
            log.info("database_made", name=name)
        await _within(self._address, lambda connection: ensure_roles(connection, self._passwords))
        log.info("roles_ready", roles=sorted(self._passwords))
        if await _within(maintenance, ensure_exchange_database):
            log.info("exchange_database_made")
        applied = await _within(self._address, migrate)
        log.info("schema_ready", applied=list(applied))
        bound = await _within(
            self._address, lambda connection: bind_installation(connection, installation)
        )
        log.info("installation_ready", id=str(installation), newly_bound=bound)


async def _within(address: DatabaseAddress, work: Callable[[Connection], Awaitable[T]]) -> T:
    with translated():
        async with await connect(address) as connection:
            return await work(connection)
