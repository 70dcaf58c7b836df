"""Live sessions: the row is the truth, this is what the process knows of it between two looks."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from botcore.domain.errors import NotFound, Transient
from botcore.ledger import sessions
from botcore.ledger.connect import Connection
from botcore.ledger.users import AuditEntry, write_audit
from botdashboard.access.policy import Actor
from botdashboard.access.tokens import IDLE, LIFETIME, MOST_SESSIONS, hash_token, new_token
from botdashboard.ports import Ledger

__all__ = ["Caller", "Sessions"]

LOOK_EVERY = 5.0  # seconds between two looks at the rows

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Where a request comes from."""

    ip: str
    device: str
    mark: str = field(default="", repr=False)
    """What the browser says it is known by (SEC-15); not judged yet."""


class Sessions:
    """Begins, finds and ends sessions, and tells open pages when theirs is over."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._live: set[bytes] = set()
        self._acted: set[bytes] = set()  # since the last look, on open pages
        self._idle_end_at: dict[bytes, float] = {}  # by the loop's time
        self._on_end: Callable[[bytes], None] = lambda _session: None

    def when_one_ends(self, act: Callable[[bytes], None]) -> None:
        """Set what closes the pages of a session that is over."""
        self._on_end = act

    async def begin(self, connection: Connection, user_id: UUID, caller: Caller) -> str:
        """Begin a session with a token of its own and answer the token, for the cookie (SEC-19)."""
        token = new_token()
        await sessions.insert_session(
            connection,
            sessions.NewSession(
                token_hash=hash_token(token),
                user_id=user_id,
                csrf_token=new_token(),
                ip=caller.ip,
                device=caller.device[:200],
                lifetime=LIFETIME,
            ),
        )
        for name in await sessions.keep_newest_sessions(connection, user_id, MOST_SESSIONS):
            entry = AuditEntry(actor=name, action="session.oldest-ended", ip=caller.ip)
            await write_audit(connection, entry)
        return token

    async def find(self, token: str, *, ip: str = "", is_action: bool = True) -> Actor | None:
        """Find whose token it is; a request is an action of the person, a socket is not (SEC-21)."""
        key = hash_token(token)
        async with self._ledger.as_nobody() as connection:
            found = await sessions.live_sessions(connection, [key], IDLE)
            if found and is_action:
                await sessions.touch_sessions(connection, [key])
        if not found:
            self._forget([key])
            return None
        row = found[0]
        self._live.add(key)
        self._idle_ends_in(key, IDLE.total_seconds() if is_action else row.seconds_to_idle_end)
        return Actor(
            user_id=row.user_id,
            name=row.name,
            role=row.role,
            session=key,
            csrf_token=row.csrf_token,
            ip=ip,
            notices=row.notices,
        )

    def is_live(self, session: bytes) -> bool:
        """Tell whether the session was live at the last look; the database is asked again anyway."""
        return session in self._live

    def acted(self, session: bytes) -> None:
        """Note that the person did something on a page; written down at the next look."""
        self._acted.add(session)
        self._idle_ends_in(session, IDLE.total_seconds())

    def seconds_to_idle_end(self, session: bytes) -> float | None:
        """Tell in how many seconds the session ends if nothing is done, as of the last look; None if it is over."""
        end = self._idle_end_at.get(session)
        return None if end is None else end - asyncio.get_running_loop().time()

    async def renew(self, actor: Actor, caller: Caller) -> str:
        """Give a session another token after a step-up, and its pages a moment to follow (SEC-19)."""
        token = new_token()
        async with self._ledger.as_user(actor) as connection:
            await sessions.replace_token(
                connection, actor.session, hash_token(token), new_token(), caller.ip
            )
        self.ended([actor.session])
        return token

    async def list(self, actor: Actor) -> list[sessions.OwnSession]:
        """List the live sessions of who acts (SEC-24)."""
        async with self._ledger.as_user(actor) as connection:
            return await sessions.list_sessions(connection, actor.user_id, actor.session, IDLE)

    async def end_one(self, actor: Actor, session_id: UUID, caller: Caller) -> None:
        """End one of his own sessions and close its pages.

        Raises:
            NotFound: he has no such session.
        """
        async with self._ledger.as_user(actor) as connection:
            gone = await sessions.delete_one_session(connection, actor.user_id, session_id)
            if not gone:
                raise NotFound("there is no such session")
            entry = AuditEntry(actor=actor.name, action="session.end", ip=caller.ip)
            await write_audit(connection, entry)
        self.ended(gone)

    async def end_others(self, actor: Actor, caller: Caller) -> None:
        """End all his sessions but this one."""
        async with self._ledger.as_user(actor) as connection:
            gone = await sessions.delete_other_sessions(connection, actor.user_id, actor.session)
            entry = AuditEntry(actor=actor.name, action="session.end-others", ip=caller.ip)
            await write_audit(connection, entry)
        self.ended(gone)

    async def end(self, session: bytes) -> None:
        """End a session and close its pages."""
        async with self._ledger.as_nobody() as connection:
            await sessions.delete_session(connection, session)
        self.ended([session])

    def ended(self, keys: Iterable[bytes]) -> None:
        """Close the pages of sessions whose rows are gone."""
        for key in keys:
            self._live.discard(key)
            self._idle_end_at.pop(key, None)
            self._on_end(key)

    async def keep_looking(self) -> None:
        """Write down who acted and close the pages of sessions that are over, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look()
            except Transient as error:
                _log.warning("sessions_not_checked", reason=str(error))

    async def look(self) -> None:
        """Compare what is known with the rows, once."""
        if not self._live:
            return
        known, acted = tuple(self._live), self._acted
        self._acted = set()
        async with self._ledger.as_nobody() as connection:
            found = await sessions.live_sessions(connection, known, IDLE)
            alive = {row.token_hash: row.seconds_to_idle_end for row in found}
            if acted & alive.keys():
                await sessions.touch_sessions(connection, acted & alive.keys())
        for key, left in alive.items():
            if key not in acted | self._acted:
                self._idle_ends_in(key, left)
        self._forget([key for key in known if key not in alive])

    def _idle_ends_in(self, key: bytes, seconds: float) -> None:
        self._idle_end_at[key] = asyncio.get_running_loop().time() + seconds

    def _forget(self, keys: Iterable[bytes]) -> None:
        self.ended([key for key in keys if key in self._live])
