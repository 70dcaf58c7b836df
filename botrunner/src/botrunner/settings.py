"""Where the pod's files are; the only part of the runner that reads the environment."""

from pathlib import Path
from uuid import UUID

from botcore.runtime.settings import EnvSettings

__all__ = ["PREFIX", "RunnerSettings"]

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
