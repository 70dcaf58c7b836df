from datetime import UTC, datetime
from decimal import Decimal

import pytest

from botcore.resources.status import BotPhase, TradingBotStatus, TradingFigures
from tests.unit.botcore.resources.crd_judge import schema_errors
from tests.unit.botcore.resources.samples import a_bot


def test_written_status_passes_the_crd():
    status = TradingBotStatus(
        observed_generation=3,
        phase=BotPhase.RUNNING,
        trading=TradingFigures(
            equity=Decimal("1E+4"),
            today_pnl=Decimal("-12.34000000"),
            open_positions=2,
            as_of=datetime(2026, 3, 1, tzinfo=UTC),
        ),
    )

    written = status.to_manifest()

    assert written["trading"] == {
        "equity": "10000",
        "todayPnL": "-12.34000000",
        "openPositions": 2,
        "asOf": "2026-03-01T00:00:00Z",
    }
    assert schema_errors(a_bot({"status": written})) == []


@pytest.mark.parametrize("figure", [Decimal("1.123456789"), Decimal("NaN"), 1.5, "1e3"])
def test_figure_the_crd_would_refuse_is_refused(figure: object):
    with pytest.raises(ValueError, match="equity"):
        TradingFigures(equity=figure)
