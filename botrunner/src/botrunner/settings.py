"""Where the pod's files are; the only part of the runner that reads the environment."""

from pathlib import Path
from uuid import UUID

from pydantic import Field

from botcore.runtime.settings import EnvSettings

__all__ = ["PREFIX", "DataSettings", "ReplaySettings", "RunnerSettings"]

PREFIX = "KBOTS_RUNNER_"


class RunnerSettings(EnvSettings):
    """The runner's settings; nothing secret is among them."""

    config_dir: Path
    """Folder of bot.json, mounted from the ConfigMap."""
    credentials_dir: Path
    """Folder of api-key, api-secret and database-password, mounted from the Secret."""
    state_dir: Path
    """Private folder of this pod; holds the lock that only one process may have."""
    termination_log: Path
    """File for the reason of an orderly end."""
    pod_uid: UUID
    """The pod's uid: the holder of the lease."""
    probe_host: str = "127.0.0.1"
    """Address that answers probes and scrapers: the pod's own on a cluster."""
    probe_port: int = Field(default=0, ge=0, le=65_535)
    """Its port; 0 takes a free one, and the file `probe-port` of the state folder tells which."""


class DataSettings(EnvSettings):
    """Where a platform on this host keeps its files: KBOTS_DATA, as for its command line."""

    data: Path = Path(".data")


class ReplaySettings(EnvSettings):
    """The ledger that a replay reads where the platform is not on this host: KBOTS_REPLAY_*."""

    host: str = "127.0.0.1"
    port: int = 5432
    dbname: str = "kbots"
    user: str = "kbots_admin"
    """A login that may read every recording."""
    password_file: Path | None = None
    """File of its password; names the ledger, so that the rest is looked at."""
