"""The operator as the kubelet keeps it: started again whenever it ends."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.operator.process import Operator

__all__ = ["KeptOperator", "kept_running"]


class KeptOperator:
    """One operator, process after process."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.starts = 0
        self._is_closing = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="kubelet")

    def start(self) -> None:
        self._thread.start()

    def kill(self) -> None:
        """End it at once (SIGKILL), whatever it does; the next one follows."""
        with self._lock:
            if self.operator.process is not None:
                self.operator.process.kill()

    def close(self) -> None:
        self._is_closing.set()
        self.kill()
        self._thread.join()

    def _keep(self) -> None:
        while True:
            with self._lock:
                if self._is_closing.is_set():
                    return
                self.operator.start()
                self.starts += 1
                process = self.operator.process
            assert process is not None
            process.wait()


@contextmanager
def kept_running(operator: Operator) -> Iterator[KeptOperator]:
    """Keep it running for the block."""
    kept = KeptOperator(operator)
    kept.start()
    try:
        yield kept
    finally:
        kept.close()
