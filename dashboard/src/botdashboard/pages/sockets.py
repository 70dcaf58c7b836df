"""The guard behind the sockets: events count only from a page of their own live session.

This reaches into NiceGUI's private parts (`core.sio`, `Client.instances`), so its version is pinned
and tests/dashboard attacks it with stolen ids.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from nicegui import Client, core

from botdashboard.access.policy import Actor
from botdashboard.services.sessions import Sessions

__all__ = ["SocketGuard"]

LONGEST_MESSAGE = 64 * 1024  # bytes (SEC-53)
MOST_MESSAGES = 50  # of one socket in a second (SEC-53)
_GUARDED = ("event", "javascript_response", "ack", "log")

_log = structlog.get_logger(__name__)

Handler = Callable[[str, dict[str, Any]], Any]


class SocketGuard:
    """Knows whose page a client id is, and closes the pages of sessions that end."""

    def __init__(self, sessions: Sessions, origins: frozenset[str]) -> None:
        self._sessions = sessions
        self._origins = origins
        self._closing: set[asyncio.Task[None]] = set()  # kept, or the loop would forget them
        self._second = 0
        self._messages = Counter[str]()  # by socket, in this second

    def install(self) -> None:
        """Put the check in front of NiceGUI's handlers; websockets only, no polling."""
        core.sio.eio.cors_allowed_origins = sorted(self._origins)
        core.sio.eio.transports = ["websocket"]
        core.sio.eio.max_http_buffer_size = LONGEST_MESSAGE
        core.app.config.socket_io_js_transports = ["websocket"]
        for name in _GUARDED:
            core.sio.on(name, self._checked(name, core.sio.handlers["/"][name]))
        self._sessions.when_one_ends(self.close_pages)

    def may_join(self, client_id: str, session: bytes) -> bool:
        """Tell whether a socket may join a page; one that is gone tells the browser to reload."""
        client = Client.instances.get(client_id)
        return client is None or _session_of(client) == session

    def close_pages(self, session: bytes) -> None:
        """Send every page of a session to the sign-in and forget it."""
        for client in tuple(Client.instances.values()):
            if _session_of(client) == session:
                client.open("/login")
                self._keep(_drop(client))

    def _checked(self, name: str, handler: Handler) -> Handler:
        def checked(sid: str, message: dict[str, Any]) -> Any:
            if self._is_too_fast(sid):
                return None
            client_id = message.get("client_id")
            client = Client.instances.get(client_id) if isinstance(client_id, str) else None
            if client is None or client.id not in core.sio.rooms(sid):
                return None
            session = _session_of(client)
            if session is None or not self._sessions.is_live(session):
                return None
            if name == "event":
                self._sessions.acted(session)
            try:
                return handler(sid, message)
            except (KeyError, TypeError, ValueError):
                _log.warning("socket_message_malformed", kind=name)
                return None

        return checked

    def _is_too_fast(self, sid: str) -> bool:
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second = second
            self._messages.clear()
        self._messages[sid] += 1
        if self._messages[sid] == MOST_MESSAGES + 1:
            _log.warning("socket_too_fast", most=MOST_MESSAGES)
            # The transport, too: over one that stays open it could begin again at once.
            self._keep(core.sio.eio.disconnect(core.sio.manager.eio_sid_from_sid(sid, "/")))
        return self._messages[sid] > MOST_MESSAGES

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        self._closing = {task for task in self._closing if not task.done()}
        self._closing.add(asyncio.create_task(work))


def _session_of(client: Client) -> bytes | None:
    actor = client.request.scope.get("state", {}).get("actor")
    return actor.session if isinstance(actor, Actor) else None


async def _drop(client: Client) -> None:
    # The browser gets a moment to take the redirect before its socket closes. The page goes first:
    # a socket that closes on a page that is still there would have it deleted a second time later.
    await asyncio.sleep(0.3)
    if client.id not in Client.instances:
        return
    sockets = tuple(client._socket_to_document_id)  # noqa: SLF001 no public list of sockets
    for task in client._delete_tasks.values():  # noqa: SLF001 as above
        task.cancel()
    client.delete()
    for sid in sockets:
        await core.sio.disconnect(sid)
