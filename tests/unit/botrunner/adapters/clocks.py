"""A clock that a test moves."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


class ManualClock:
    """Tells the time it was given; wall clock and boot time move together."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds - 1_000.0)

    def boottime(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        self.seconds += seconds
