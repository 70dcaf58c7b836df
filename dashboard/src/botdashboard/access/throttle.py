"""How long a subject must wait after failed sign-ins: growing, capped, never for ever (SEC-13)."""

__all__ = ["FREE_FOR_ADDRESS", "FREE_FOR_NAME", "next_count", "seconds_to_wait"]

FREE_FOR_NAME = 5
FREE_FOR_ADDRESS = 20  # several people may share one
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
