"""What makes a process a pod's one container: its lock and its last words."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

from botcore.domain.errors import NotAllowed

__all__ = ["SendGate", "hold_lock", "last_words"]


class SendGate:
    """Whether orders may leave; shut until the engine, which is built after the venue, says when."""

    def __init__(self) -> None:
        """Start shut."""
        self._may_send: Callable[[], bool] | None = None

    def opens_with(self, may_send: Callable[[], bool]) -> None:
        """Ask this from now on."""
        self._may_send = may_send

    def __call__(self) -> bool:
        """Tell whether an order may leave now."""
        return self._may_send is not None and self._may_send()


def hold_lock(state_dir: Path) -> int:
    """Take the pod's lock for the life of this process; returns its descriptor.

    The lease lets a new process of the same pod take over at once, so no two may run (I1).

    Raises:
        NotAllowed: another process of this pod is alive.
    """
    descriptor = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise NotAllowed(f"another process of this pod holds {state_dir / 'lock'}") from None
    return descriptor


def last_words(path: Path, reason: str, message: str, **facts: object) -> None:
    """Write the termination message; the kubelet reads at most 4096 bytes of it."""
    text = json.dumps({"reason": reason, "message": message[:2000], **facts})
    path.write_text(text, encoding="utf-8")
