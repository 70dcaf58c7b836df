"""Who listens to what: market streams by name, user data by account."""

from botexchange.streams.connection import Connection

__all__ = ["MarketHub", "UserHub"]


class MarketHub:
    """Subscriptions to market streams."""

    def __init__(self) -> None:
        """Start with nobody listening."""
        self._listeners: dict[str, dict[Connection, None]] = {}

    def subscribe(self, connection: Connection, stream: str) -> None:
        """Send a stream to a connection from now on."""
        self._listeners.setdefault(stream, {})[connection] = None

    def unsubscribe(self, connection: Connection, stream: str) -> None:
        """Stop sending a stream to a connection."""
        listeners = self._listeners.get(stream, {})
        listeners.pop(connection, None)
        if not listeners:
            self._listeners.pop(stream, None)

    def remove(self, connection: Connection) -> None:
        """Forget a closed connection."""
        for stream in self.streams_of(connection):
            self.unsubscribe(connection, stream)

    def streams_of(self, connection: Connection) -> list[str]:
        """List what a connection listens to."""
        return [name for name, found in self._listeners.items() if connection in found]

    def streams(self) -> list[str]:
        """List the streams somebody listens to."""
        return list(self._listeners)

    def publish(self, stream: str, payload: str) -> None:
        """Send a payload to everybody who listens to its stream."""
        for connection in list(self._listeners.get(stream, ())):
            if connection.is_combined:
                connection.push(f'{{"stream":"{stream}","data":{payload}}}')
            else:
                connection.push(payload)


class UserHub:
    """Subscriptions to the user data of accounts."""

    def __init__(self) -> None:
        """Start with nobody listening."""
        self._listeners: dict[int, dict[tuple[Connection, int], None]] = {}

    def subscribe(self, uid: int, connection: Connection, subscription: int) -> None:
        """Send an account's events to a connection under a subscription's id."""
        self._listeners.setdefault(uid, {})[connection, subscription] = None

    def unsubscribe(self, uid: int, connection: Connection, subscription: int) -> None:
        """Stop sending an account's events under a subscription's id."""
        self._listeners.get(uid, {}).pop((connection, subscription), None)

    def publish(self, uid: int, payload: str) -> int:
        """Send an event to everybody who listens to an account; say to how many."""
        listeners = list(self._listeners.get(uid, ()))
        for connection, subscription in listeners:
            connection.push(f'{{"subscriptionId":{subscription},"event":{payload}}}')
        return len(listeners)

    def connections(self) -> list[Connection]:
        """List the connections with a subscription."""
        return list({connection for found in self._listeners.values() for connection, _ in found})
