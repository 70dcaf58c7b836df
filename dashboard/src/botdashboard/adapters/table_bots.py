"""TradingBots where there is no API server: rows of kbots.trading_bots, judged by the models."""

from collections.abc import Callable, Mapping
from typing import Any

from botcore.domain.errors import Conflict, NotFound
from botcore.ledger import gateway
from botcore.ledger.connect import Connection, DatabaseAddress, listen
from botcore.resources.meta import PLURAL
from botcore.resources.trading_bot import DesiredState
from botdashboard.access.policy import Actor
from botdashboard.adapters.manifests import judged_spec, spec_with_defaults, status_of
from botdashboard.ports import Ledger
from botdashboard.views.records import BotKey, BotRecord

__all__ = ["TableBots"]

_CHANNEL = "kbots_resources"


class TableBots:
    """The gateway of the standalone platform."""

    def __init__(self, ledger: Ledger, address: DatabaseAddress) -> None:
        self._ledger = ledger
        self._address = address

    async def list(self, actor: Actor) -> tuple[BotRecord, ...]:
        """List his bots by name."""
        async with self._ledger.as_user(actor) as connection:
            return tuple(_record(row) for row in await gateway.list_bots(connection))

    async def get(self, actor: Actor, key: BotKey) -> BotRecord:
        """Find one of his bots."""
        async with self._ledger.as_user(actor) as connection:
            return _record(await _find(connection, key))

    async def create(self, actor: Actor, key: BotKey, spec: Mapping[str, Any]) -> BotRecord:
        """Make a bot."""
        judged = judged_spec(key, spec)
        try:
            async with self._ledger.as_user(actor) as connection:
                await gateway.insert_bot(connection, key.namespace, key.name, judged)
                return _record(await _find(connection, key))
        except Conflict as error:
            raise Conflict(f'{PLURAL}.kbots.dev "{key.name}" already exists') from error

    async def apply(
        self, actor: Actor, key: BotKey, spec: Mapping[str, Any], expected_generation: int
    ) -> BotRecord:
        """Replace the spec that was read at `expected_generation`."""
        async with self._ledger.as_user(actor) as connection:
            found = await _find(connection, key, lock=True)
            if found.generation != expected_generation:
                raise Conflict(f"{key} is at generation {found.generation} now")
            judged = judged_spec(key, spec, found.spec)
            await gateway.replace_spec(connection, key.namespace, key.name, judged)
            return _record(await _find(connection, key))

    async def set_desired_state(self, actor: Actor, key: BotKey, state: DesiredState) -> None:
        """Change what the bot should do, whatever else has changed meanwhile."""
        async with self._ledger.as_user(actor) as connection:
            await _find(connection, key, lock=True)
            await gateway.set_desired_state(connection, key.namespace, key.name, state.value)

    async def delete(self, actor: Actor, key: BotKey) -> None:
        """Ask for the bot's deletion."""
        async with self._ledger.as_user(actor) as connection:
            await _find(connection, key, lock=True)
            await gateway.mark_deleted(connection, key.namespace, key.name)

    async def watch(self, changed: Callable[[BotKey | None], None]) -> None:
        """Tell of every bot that changed; NOTIFY carries `<namespace>/<name>`."""
        async for _, payload in listen(self._address, (_CHANNEL,), lambda: changed(None)):
            namespace, _, name = payload.partition("/")
            changed(BotKey(namespace=namespace, name=name))


async def _find(connection: Connection, key: BotKey, *, lock: bool = False) -> gateway.BotRow:
    found = await gateway.find_bot(connection, key.namespace, key.name, lock=lock)
    if found is None:
        raise NotFound(f'{PLURAL}.kbots.dev "{key.name}" not found')
    return found


def _record(row: gateway.BotRow) -> BotRecord:
    key = BotKey(namespace=row.namespace, name=row.name)
    return BotRecord(
        key=key,
        uid=row.uid,
        generation=row.generation,
        spec=spec_with_defaults(key, row.spec),
        status=status_of(row.status),
        created_at=row.creation_timestamp,
        is_deleting=row.deletion_timestamp is not None,
    )
