"""How long a subject must wait after failed sign-ins: growing, capped, never for ever (SEC-13)."""

from ipaddress import IPv6Address, ip_address, ip_network

__all__ = ["FREE_FOR_NAME", "FREE_FOR_NETWORK", "network_of", "next_count", "seconds_to_wait"]

FREE_FOR_NAME = 5
FREE_FOR_NETWORK = 20  # several people may share one
ONE_HOLDER = 64  # bits: who has one address of IPv6 has all that begin alike
LONGEST = 900.0  # seconds
FORGOTTEN = 3600.0  # seconds without a failure


def seconds_to_wait(failures: int, since_last: float, free: int) -> float:
    """Answer how many seconds are left to wait; 0 lets the next attempt in."""
    if failures <= free or since_last >= FORGOTTEN:
        return 0.0
    delay = min(LONGEST, 2.0 ** min(failures - free, 10))
    return max(0.0, delay - since_last)


def next_count(failures: int, since_last: float) -> int:
    """Count one more failure, after an hour of silence from the beginning."""
    return 1 if since_last >= FORGOTTEN else failures + 1


def network_of(address: str) -> str:
    """Answer what an address is counted under: itself, or its /64 of IPv6 (SEC-14)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((found.packed, ONE_HOLDER), strict=False))
