"""Settings of the operator: KBOTS_OPERATOR_* in the environment."""

import sys
from pathlib import Path

from pydantic import Field

from botcore.runtime.settings import EnvSettings

__all__ = ["PREFIX", "OperatorSettings"]

PREFIX = "KBOTS_OPERATOR_"


def _installed_runner() -> str:
    beside = Path(sys.executable).with_name("botrunner")
    return str(beside) if beside.exists() else "botrunner"


class OperatorSettings(EnvSettings):
    """Where everything is that the operator talks to; secrets come in files."""

    database_host: str = "127.0.0.1"
    """Host of Postgres, as the operator and the bots reach it."""
    database_port: int = 5432
    """Port of Postgres."""
    database_name: str = "kbots"
    """Name of the database."""
    database_user: str = "kbots_operator"
    """Role of the operator."""
    password_file: Path
    """File that holds the role's password."""
    paper_rest_url: str = "http://127.0.0.1:9080"
    """REST address of the paper exchange."""
    paper_ws_api_url: str = "ws://127.0.0.1:9080/ws-api/v3"
    """WebSocket API of the paper exchange."""
    paper_stream_url: str = "ws://127.0.0.1:9080"
    """Market streams of the paper exchange."""
    paper_admin_url: str = "http://127.0.0.1:9081"
    """Admin port of the paper exchange, where accounts are opened."""
    testnet_rest_url: str = "https://testnet.binance.vision"
    """REST address of Binance's test network."""
    testnet_ws_api_url: str = "wss://ws-api.testnet.binance.vision/ws-api/v3"
    """WebSocket API of Binance's test network."""
    testnet_stream_url: str = "wss://stream.testnet.binance.vision"
    """Market streams of Binance's test network."""
    lockstep: bool = False
    """Whether paper bots take part in a replay that waits for each of them."""
    runner_command: str = Field(default_factory=_installed_runner)
    """Command that stands for the image's `botrunner`."""
    restart_backoff_seconds: float = Field(default=1.0, gt=0)
    """Pause before the first restart of a crashed bot; doubles up to 60 s."""
    resync_seconds: float = Field(default=30.0, gt=0)
    """How often everything is looked at without a hint."""
    verify_namespace: str = "kbots-bots"
    """Namespace of the pods that check keys."""
    log_level: str = "INFO"
    """Least level that is logged."""
