"""Which changes put more real money at risk."""

import pytest

from botdashboard.views.risks import riskier

LIVE = {
    "mode": "live",
    "credentials": {"sealedKey": "1"},
    "strategies": [{"name": "trend", "capital": "500"}],
    "risk": {"maxDailyLoss": "50", "maxOpenOrders": 20, "stopLossPauseMinutes": 60},
}


def fields(new, old=LIVE):
    return [one.field for one in riskier(old, new)]


def risk(**changed):
    return LIVE | {"risk": LIVE["risk"] | changed}


def capital(*amounts):
    return LIVE | {"strategies": [{"name": name, "capital": amount} for name, amount in amounts]}


# SEC-42
@pytest.mark.parametrize(
    ("new", "what"),
    [
        (risk(maxDailyLoss="50.01"), "risk.maxDailyLoss"),
        (risk(maxDailyLoss="100"), "risk.maxDailyLoss"),
        (risk(maxDailyLoss=None), "risk.maxDailyLoss"),
        (risk(maxOpenOrders=21), "risk.maxOpenOrders"),
        (risk(stopLossPauseMinutes=59), "risk.stopLossPauseMinutes"),
        (capital(("trend", "501")), "strategies.trend.capital"),
        (capital(("trend", "500"), ("more", "1")), "strategies.more.capital"),
        (LIVE | {"credentials": {"sealedKey": "2"}}, "credentials"),
    ],
)
def test_raised_limit_capital_and_another_key_are_riskier(new, what):
    assert fields(new) == [what]


@pytest.mark.parametrize(
    "new",
    [
        LIVE,
        risk(maxDailyLoss="9"),
        risk(maxDailyLoss="50.0"),
        risk(stopLossPauseMinutes=61),
        risk(maxPositionNotional="600"),
        capital(("trend", "499")),
        capital(),
        LIVE | {"desiredState": "Stopped"},
        LIVE | {"mode": "paper", "risk": None},
    ],
)
def test_lowered_limit_and_leaving_real_money_are_not(new):
    assert fields(new) == []


def test_without_limits_at_all_every_limit_is_raised():
    assert fields(LIVE | {"risk": None}) == [
        "risk.maxDailyLoss", "risk.maxOpenOrders", "risk.stopLossPauseMinutes",
    ]  # fmt: skip


def test_going_live_is_riskier_and_paper_never_is():
    paper = LIVE | {"mode": "paper"}

    assert fields(LIVE, old=paper) == ["mode"]
    assert fields(LIVE, old={}) == ["mode"]
    assert fields(paper | {"risk": {"maxDailyLoss": "9999"}}, old=paper) == []
