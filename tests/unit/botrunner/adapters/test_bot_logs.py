"""The copy of the log that people read in the dashboard."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from botcore.runtime.logs import configure_logging
from botrunner.adapters.bot_logs import BotLogs, copy_logs
from tests.unit.botrunner.adapters.clocks import START, ManualClock


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:], root.level = handlers, level


def test_copied_rows_hold_no_secret_and_no_debug_line() -> None:
    configure_logging("botrunner", level="DEBUG")
    rows = BotLogs(ManualClock())
    copy_logs(rows)
    log = structlog.get_logger("test")

    log.debug("noise")
    log.info("order_placed", symbol="BTCUSDT", count=2, api_secret="hush")

    ((at, level, event, fields),) = rows.drain()
    assert (at, level, event) == (START, "info", "order_placed")
    assert fields == {"symbol": "BTCUSDT", "count": 2, "api_secret": "[redacted]"}
    assert rows.drain() == ()


def test_copied_line_is_still_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("botrunner")
    copy_logs(BotLogs(ManualClock()))

    structlog.get_logger("test").info("order_placed")

    assert '"event": "order_placed"' in capsys.readouterr().err


def test_oldest_rows_are_dropped_and_counted() -> None:
    rows = BotLogs(ManualClock(), most_waiting=2)
    for number in range(5):
        rows(None, "info", {"level": "info", "event": f"e{number}"})

    drained = rows.drain()

    assert [(row[2], row[3]) for row in drained] == [
        ("log_rows_dropped", {"count": 3}),
        ("e3", {}),
        ("e4", {}),
    ]


def test_long_field_is_cut() -> None:
    rows = BotLogs(ManualClock())

    rows(None, "error", {"level": "error", "event": "e", "exception": "x" * 10_000})

    ((*_, fields),) = rows.drain()
    assert len(str(fields["exception"])) == 2_000


def test_rows_are_drained_in_portions() -> None:
    rows = BotLogs(ManualClock())
    for number in range(5):
        rows(None, "info", {"event": str(number)})

    assert [len(rows.drain(2)) for _ in range(4)] == [2, 2, 1, 0]
