"""Where the tool keeps its files: one cache folder per user, shared by all checkouts."""

from dataclasses import dataclass, field
from pathlib import Path

from hack.cluster.settings import read_settings

__all__ = ["ROOT", "Paths"]

ROOT = Path(__file__).resolve().parent.parent.parent


def _cache() -> Path:
    return read_settings().cache


@dataclass(frozen=True, slots=True)
class Paths:
    """The cache folder; `Paths()` is the one of the caller's environment."""

    cache: Path = field(default_factory=_cache)

    @property
    def bin(self) -> Path:
        """Return the folder of kind, helm and kubectl, where the tool built them."""
        return self.cache / "bin"

    @property
    def logs(self) -> Path:
        """Return the folder with a log per step."""
        return self.cache / "logs"

    @property
    def work(self) -> Path:
        """Return the folder of what is being built."""
        return self.cache / "work"

    @property
    def kubeconfig(self) -> Path:
        """Return the cluster's own kubeconfig; the user's is never touched."""
        return self.cache / "kubeconfig"

    @property
    def state(self) -> Path:
        """Return the file of what was chosen and made."""
        return self.cache / "state.json"

    def make(self) -> None:
        """Create the folders."""
        for folder in (self.cache, self.bin, self.logs, self.work):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
