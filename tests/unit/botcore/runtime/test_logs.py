"""One JSON line per record, whoever logs, and no secret in it."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from botcore.runtime.logs import configure_logging, drop_secrets


@contextmanager
def configured() -> Iterator[None]:
    """Configure within the test's own phase, whose handlers pytest brings back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("botrunner")
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


def lines(capture: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capture.readouterr().err.splitlines()]


@pytest.mark.parametrize(
    "key",
    ["api_key", "apiKey", "apiSecret", "password", "DB_PASSWD", "signature", "dsn", "access_token"],
)
def test_value_under_a_secret_key_is_dropped(key: str) -> None:
    event = drop_secrets(None, "info", {"event": "x", key: "hunter2"})

    assert event[key] == "[redacted]"


@pytest.mark.parametrize("key", ["symbol", "secret_name", "public_key", "sealed_key"])
def test_value_under_a_plain_key_stays(key: str) -> None:
    assert drop_secrets(None, "info", {key: "alice"})[key] == "alice"


def test_structlog_and_stdlib_speak_the_same_json(capsys: pytest.CaptureFixture[str]) -> None:
    with configured():
        structlog.get_logger("a").info("fill_booked", symbol="BTCUSDT")
        logging.getLogger("library").warning("slow")

    first, second = lines(capsys)
    assert (first["event"], first["symbol"]) == ("fill_booked", "BTCUSDT")
    assert (second["event"], second["level"]) == ("slow", "warning")
    assert first["service"] == second["service"] == "botrunner"


def test_level_holds_for_both(capsys: pytest.CaptureFixture[str]) -> None:
    with configured():
        structlog.get_logger("b").debug("noise")
        logging.getLogger("library").debug("noise")

    assert lines(capsys) == []


def test_secret_in_a_record_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    with configured():
        structlog.get_logger("c").error("failed", api_secret="hunter2", symbol="BTCUSDT")

    (line,) = lines(capsys)
    assert line["api_secret"] == "[redacted]"
    assert "hunter2" not in json.dumps(line)
