"""The user data streams of one WebSocket API connection."""

from dataclasses import dataclass, field
from typing import Final

from botcore.matching.refusals import VenueError
from botexchange.lockstep.gate import Gate, Participant
from botexchange.ports import ApiKey
from botexchange.streams.connection import Connection
from botexchange.streams.user_events import stream_terminated, subscribed
from botexchange.venue import Venue

__all__ = ["Subscriptions"]

MOST_IDS: Final = 65_535


@dataclass(slots=True, kw_only=True)
class Subscriptions:
    """One subscription per account at most; ids are never used again."""

    venue: Venue
    connection: Connection
    gate: Gate | None = None
    participant: Participant | None = None
    keys: dict[int, ApiKey] = field(default_factory=dict)
    """The key that opened each subscription."""
    _next: int = 0

    def begin(self, key: ApiKey) -> int:
        """Subscribe to the account of a key; refuses with -2035 or -2042."""
        if any(other.uid == key.uid for other in self.keys.values()):
            raise VenueError(-2035, "User Data Stream subscription already active.")
        if self._next >= MOST_IDS:
            raise VenueError(-2042, "User Data Stream subscription ids are used up.")
        subscription = self._next
        self._next += 1
        self.keys[subscription] = key
        self.venue.users.subscribe(key.uid, self.connection, subscription)
        if self.participant is not None:
            self.participant.subscriptions += 1
            self.participant.accounts.add(key.uid)
        if self.gate is not None:
            self.gate.changed()
        return subscription

    def end(self, subscription: int) -> None:
        """Unsubscribe; the client is told that the stream has ended. Refuses with -2036."""
        if subscription not in self.keys:
            raise VenueError(-2036, "User Data Stream subscription not active.")
        self._forget(subscription)
        event = stream_terminated(self.venue.now_ms())
        self.connection.push_soon(subscribed(subscription, event))

    def end_all(self) -> None:
        """Unsubscribe from everything."""
        for subscription in list(self.keys):
            self.end(subscription)

    def end_of(self, key: str) -> None:
        """Unsubscribe from what a key opened: it was revoked."""
        for subscription in [number for number, own in self.keys.items() if own.key == key]:
            self.end(subscription)

    def close(self) -> None:
        """Forget everything: the connection has ended."""
        for subscription in list(self.keys):
            self._forget(subscription)

    def _forget(self, subscription: int) -> None:
        key = self.keys.pop(subscription)
        self.venue.users.unsubscribe(key.uid, self.connection, subscription)
        if self.participant is not None:
            self.participant.subscriptions -= 1
            self.participant.left()
