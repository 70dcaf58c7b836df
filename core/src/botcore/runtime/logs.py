"""One JSON log stream: structlog rendered through the stdlib handler, secrets dropped by key."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

__all__ = ["configure_logging", "drop_secrets"]

_SECRET_KEY = re.compile(
    r"secret|password|passwd|token|api_?key|private|authorization|cookie|dsn|signature",
    re.IGNORECASE,
)
_PLAIN = {"token_count", "public_key", "sealed_key", "secret_name"}


def drop_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace the value of every key that names a secret; the last line of defence, not the first."""
    for key in event:
        if key not in _PLAIN and _SECRET_KEY.search(key):
            event[key] = "[redacted]"
    return event


def configure_logging(service: str, *, level: str = "INFO") -> None:
    """Send structlog and stdlib records alike as JSON lines to stderr.

    Each with the service's name.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        drop_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    structlog.contextvars.bind_contextvars(service=service)
