"""The one gate to the database; nothing else of this program takes a connection."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from botcore.domain.errors import NotAllowed
from botcore.ledger.api_tokens import act_by_token
from botcore.ledger.connect import Connection, Pool, translated
from botcore.ledger.sessions import act_in_session
from botdashboard.access.policy import Actor
from botdashboard.access.tokens import IDLE

__all__ = ["LedgerGate"]


class LedgerGate:
    """Hands out transactions bound to the acting person; row level security does the rest."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def as_user(self, actor: Actor) -> AsyncIterator[Connection]:
        """Open a transaction that sees the actor's rows only, while the session or the token lives.

        The user is looked up from it in the same transaction: the row is the truth, also for a page
        that is open while the session ends.
        """
        async with self.as_nobody() as connection:
            if not await _act(connection, actor):
                raise NotAllowed("the session has ended")
            yield connection

    @asynccontextmanager
    async def as_nobody(self) -> AsyncIterator[Connection]:
        """Open a transaction for sign-in and accounts."""
        with translated():
            async with self._pool.connection() as connection, connection.transaction():
                yield connection


async def _act(connection: Connection, actor: Actor) -> bool:
    if actor.scopes is None:
        return await act_in_session(connection, actor.session, IDLE, actor.ip)
    return await act_by_token(connection, actor.session, actor.ip)
