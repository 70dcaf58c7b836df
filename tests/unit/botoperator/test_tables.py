"""What people read on the command line."""

from datetime import UTC, datetime, timedelta

import pytest

from botoperator.cli.tables import age, bot_row, table

NOW = datetime(2026, 5, 4, tzinfo=UTC)
BOT = {
    "metadata": {"name": "alice", "namespace": "n", "creationTimestamp": "2026-05-03T23:59:00Z"},
    "spec": {"desiredState": "Running", "mode": "paper", "owner": "al"},
    "status": {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True", "reason": "Running"}],
        "trading": {"equity": "10.00", "todayPnL": "-1.00", "openPositions": 0},
    },
}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (119, "119s"), (120, "2m"), (10_799, "179m"), (10_800, "3h"), (172_799, "47h"), (172_800, "2d")],
)  # fmt: skip
def test_age_is_written_as_kubectl_does(seconds: int, text: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == text


def test_row_shows_figures_and_zero_positions() -> None:
    assert bot_row(BOT, NOW) == (
        "alice", "Running", "paper", "Running", "True", "10.00", "-1.00", "0", "60s",
    )  # fmt: skip
    assert bot_row(BOT, NOW, wide=True, with_namespace=True)[-2:] == ("al", "Running")


def test_row_of_a_bot_nobody_looked_at_is_empty_where_nothing_is_known() -> None:
    assert bot_row({**BOT, "status": {}}, NOW)[3:8] == ("", "", "", "", "")


def test_columns_are_aligned() -> None:
    assert table(("A", "LONG"), [("1", "2"), ("333", "")]) == "A     LONG\n1     2\n333"
