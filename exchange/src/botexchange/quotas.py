"""How much a client may ask (Binance: LIMITS)."""

from dataclasses import dataclass

__all__ = ["Quotas", "rate_limits", "socket_limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """Limits per window."""

    request_weight: int = 6_000
    """Per IP and minute."""
    raw_requests: int = 300_000
    """Per IP and five minutes."""
    orders_10s: int = 100
    """Unfilled orders per account and ten seconds."""
    orders_1d: int = 200_000
    """Unfilled orders per account and UTC day."""
    connections: int = 300
    """WebSocket connection attempts per IP and five minutes."""
    refusals: int = 10
    """Requests an IP may send after a 429 until the window ends; one more and it is banned."""
    control_messages: int = 5
    """Frames a market stream connection may send per second."""
    streams: int = 1_024
    """Streams of one connection."""


def rate_limits(quotas: Quotas) -> list[dict[str, object]]:
    """List the limits as exchangeInfo shows them over REST."""
    return [*_common(quotas), _limit("RAW_REQUESTS", "MINUTE", 5, quotas.raw_requests)]


def socket_limits(quotas: Quotas) -> list[dict[str, object]]:
    """List the limits as exchangeInfo shows them over the WebSocket API."""
    return [*_common(quotas), _limit("CONNECTIONS", "MINUTE", 5, quotas.connections)]


def _common(quotas: Quotas) -> list[dict[str, object]]:
    return [
        _limit("REQUEST_WEIGHT", "MINUTE", 1, quotas.request_weight),
        _limit("ORDERS", "SECOND", 10, quotas.orders_10s),
        _limit("ORDERS", "DAY", 1, quotas.orders_1d),
    ]


def _limit(kind: str, interval: str, number: int, limit: int) -> dict[str, object]:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
