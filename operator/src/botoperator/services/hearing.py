"""When each watch of the API server was last known to work."""

import time
from collections.abc import Callable, Iterable, Mapping

__all__ = ["WatchHearing"]


class WatchHearing:
    """Told by the watches' thread, read by the probes; a dictionary's single writes need no lock.

    A watch works when a request for it was granted or when anything came through it. Kubernetes does not promise
    bookmarks, so that silence alone proves nothing: the client asks anew after 70 s of it, and an API server, or a
    network, that is gone grants nothing then.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Go by this clock, in seconds."""
        self._now = now
        self._worked_at: dict[str, float] = {}

    def expect(self, watches: Iterable[str]) -> None:
        """Begin to wait for these."""
        self._worked_at = dict.fromkeys(watches, self._now())

    def works(self, watch: str) -> None:
        """Hear that a watch was granted, or through it; one that nobody expects is not kept."""
        if watch in self._worked_at:
            self._worked_at[watch] = self._now()

    def silences(self) -> Mapping[str, float]:
        """Answer for how many seconds nothing is known of each watch."""
        now = self._now()
        return {watch: now - at for watch, at in self._worked_at.items()}
