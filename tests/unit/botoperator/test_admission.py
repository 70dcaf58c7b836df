"""Real money: no combination of caps, key, limits and grant admits a bot unless every condition holds (I8)."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.resources.trading_bot import RiskLimits, TradingBotSpec
from botoperator.plan.admission import LiveCaps, LiveGrant
from botoperator.plan.credentials import (
    KeyRefused,
    LiveRefused,
    LiveTerms,
    StoredKey,
    admit,
    judge_key,
)
from tests.unit.botoperator.builders import NOW, a_bot

RISK = {
    "maxDailyLoss": "5", "maxDrawdownPercent": "5", "maxPositionNotional": "400", "maxOpenOrders": 1,
    "maxOrdersPerMinute": 1,
}  # fmt: skip
SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT")
LIMITS = (
    "max_daily_loss", "max_drawdown_percent", "max_position_notional", "max_open_orders",
    "max_orders_per_minute",
)  # fmt: skip


def a_spec(
    *, symbols: tuple[str, ...] = ("BTCUSDT",), capital: str = "500", position: str = "400"
) -> TradingBotSpec:
    strategies = [
        {
            "name": f"s{number}", "type": "dca", "symbols": [symbol], "interval": "1m",
            "capital": capital, "params": {"amount": "10"},
        }
        for number, symbol in enumerate(symbols)
    ]  # fmt: skip
    return a_bot(
        mode="live",
        paper=None,
        credentials={"secretName": "x"},
        risk={**RISK, "maxPositionNotional": position},
        strategies=strategies,
    ).spec


SPEC = a_spec()
KEY = StoredKey(
    id="k", owner="alice", exchange="binance", environment="live", revision=1, status="Verified",
    account_uid="7", permissions={"enableWithdrawals": False},
)  # fmt: skip
CAPS = LiveCaps(is_enabled=True, symbols=frozenset(SYMBOLS), most_notional={"USDT": Decimal(5000)})
GRANT = LiveGrant(
    key_id="k",
    quote_asset="USDT",
    symbols=frozenset({"BTCUSDT"}),
    most_notional=Decimal(500),
    expires_at=NOW + timedelta(seconds=1),
)
TERMS = LiveTerms(caps=CAPS, grant=GRANT, owner_is_active=True, now=NOW)


def refusal(
    key: StoredKey | None = KEY, spec: TradingBotSpec = SPEC, terms: LiveTerms = TERMS
) -> tuple[str, str]:
    found = admit(judge_key(key, spec), spec, terms)
    assert not isinstance(found, StoredKey)
    return found.reason, found.message


def test_bot_with_everything_may_have_its_key_opened() -> None:
    assert admit(judge_key(KEY, SPEC), SPEC, TERMS) == KEY


def test_play_money_needs_no_terms() -> None:
    spec = a_bot(mode="testnet", paper=None, credentials={"secretName": "x"}).spec
    key = replace(KEY, environment="testnet", permissions={})
    nothing = replace(TERMS, caps=LiveCaps(), grant=None, owner_is_active=False)

    assert admit(judge_key(key, spec), spec, nothing) == key


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"caps": replace(CAPS, is_enabled=False)}, "LiveDisabled", "live.enabled"),
        ({"owner_is_active": False}, "OwnerDisabled", "spec.owner"),
        ({"caps": replace(CAPS, symbols=frozenset({"ETHUSDT"}))}, "PlatformCapExceeded", "BTCUSDT"),
        ({"caps": replace(CAPS, symbols=frozenset())}, "PlatformCapExceeded", "live.symbols"),
        ({"caps": replace(CAPS, most_notional={})}, "PlatformCapExceeded", "spec.quoteAsset"),
        (
            {"caps": replace(CAPS, most_notional={"USDT": Decimal("499.99")})},
            "PlatformCapExceeded",
            "capital together, 500 USDT, is more than the 499.99 USDT",
        ),
        ({"grant": None}, "GrantMissing", "has no live grant"),
        ({"grant": replace(GRANT, is_revoked=True)}, "GrantRevoked", "anew"),
        ({"grant": replace(GRANT, expires_at=NOW)}, "GrantExpired", "2026-05-04T12:00:00+00:00"),
        ({"grant": replace(GRANT, key_id="other")}, "GrantExceeded", "spec.credentials"),
        ({"grant": replace(GRANT, quote_asset="BTC")}, "GrantExceeded", "spec.quoteAsset"),
        ({"grant": replace(GRANT, symbols=frozenset({"XRPUSDT"}))}, "GrantExceeded", "BTCUSDT"),
        ({"grant": replace(GRANT, most_notional=Decimal(499))}, "GrantExceeded", "spec.strategies"),
    ],
)
def test_one_missing_term_is_one_reason_with_its_field(
    changes: dict[str, Any], reason: str, words: str
) -> None:
    told = refusal(terms=replace(TERMS, **changes))

    assert told[0] == reason
    assert words in told[1]


def test_capital_counts_together_and_the_largest_position_by_itself() -> None:
    both = a_spec(symbols=("BTCUSDT", "ETHUSDT"), capital="300")
    wide = replace(GRANT, symbols=frozenset(SYMBOLS))

    assert "600 USDT" in refusal(spec=both, terms=replace(TERMS, grant=wide))[1]
    assert "maxPositionNotional, 501 USDT" in refusal(spec=a_spec(position="501"))[1]


@pytest.mark.parametrize("limit", LIMITS)
def test_missing_risk_limit_is_named_though_the_resource_would_refuse_it(limit: str) -> None:
    assert SPEC.risk is not None
    spec = SPEC.model_copy(update={"risk": SPEC.risk.model_copy(update={limit: None})})

    reason, message = refusal(spec=spec)

    assert reason == "RiskLimitsMissing"
    assert message.startswith("spec.risk lacks max")


def test_no_risk_limits_at_all_are_named() -> None:
    assert refusal(spec=SPEC.model_copy(update={"risk": None}))[0] == "RiskLimitsMissing"


@pytest.mark.parametrize(
    "rights", [{}, {"enableWithdrawals": True}, {"enableWithdrawals": "false"}]
)
def test_key_that_may_withdraw_or_whose_rights_are_not_known_is_refused(
    rights: dict[str, object],
) -> None:
    assert refusal(key=replace(KEY, permissions=rights))[0] == "WithdrawPermissionPresent"


@pytest.mark.parametrize(
    "rights", [{}, {"ipRestrict": False}, {"ipRestrict": "true"}, {"ipRestrict": None}], ids=str
)
def test_key_of_use_from_any_address_is_refused_where_the_platform_wants_it_restricted(
    rights: dict[str, Any],
) -> None:
    # SEC-68
    key = replace(KEY, permissions={"enableWithdrawals": False, **rights})
    strict = replace(TERMS, caps=replace(CAPS, requires_ip_restrict=True))

    reason, message = refusal(key, terms=strict)

    assert reason == "IpRestrictionMissing"
    assert "spec.credentials" in message
    assert admit(key, SPEC, TERMS) == key
    restricted = replace(key, permissions={"enableWithdrawals": False, "ipRestrict": True})
    assert admit(restricted, SPEC, strict) == restricted


def test_key_is_judged_before_the_grant_but_not_before_the_platform() -> None:
    without = replace(TERMS, grant=None)

    assert refusal(key=replace(KEY, status="Revoked"), terms=without)[0] == "KeyRevoked"
    off = replace(without, caps=LiveCaps())
    assert refusal(key=replace(KEY, status="Pending"), terms=off)[0] == "LiveDisabled"


@dataclass(frozen=True)
class Case:
    """One combination, and whether it breaks a rule by itself."""

    key: StoredKey | None
    spec: TradingBotSpec
    terms: LiveTerms


KEYS = st.one_of(
    st.none(),
    st.builds(
        replace,
        st.just(KEY),
        owner=st.sampled_from(["alice", "alice", "bob"]),
        environment=st.sampled_from(["live", "live", "testnet"]),
        status=st.sampled_from(["Verified", "Verified", "Pending", "Rejected", "Revoked"]),
        account_uid=st.sampled_from(["7", "7", None]),
        permissions=st.sampled_from(
            [{"enableWithdrawals": False}, {"enableWithdrawals": True}, {}]
        ),
    ),
)
AMOUNTS = st.decimals("1", "1200", places=2)
SETS = st.frozensets(st.sampled_from(SYMBOLS), max_size=3)
GRANTS = st.one_of(
    st.none(),
    st.builds(
        LiveGrant,
        key_id=st.sampled_from(["k", "k", "j"]),
        quote_asset=st.sampled_from(["USDT", "USDT", "BTC"]),
        symbols=SETS,
        most_notional=AMOUNTS,
        expires_at=st.integers(-2, 5).map(lambda seconds: NOW + timedelta(seconds=seconds)),
        is_revoked=st.sampled_from([False, False, True]),
    ),
)
TERM_SETS = st.builds(
    LiveTerms,
    caps=st.builds(
        LiveCaps,
        is_enabled=st.sampled_from([True, True, False]),
        symbols=SETS,
        most_notional=st.one_of(st.just({}), AMOUNTS.map(lambda most: {"USDT": most})),
    ),
    grant=GRANTS,
    owner_is_active=st.sampled_from([True, True, False]),
    now=st.just(NOW),
)
SPECS = st.builds(
    lambda symbols, capital, position, lost: _without(
        a_spec(symbols=tuple(sorted(symbols)), capital=f"{capital}", position=f"{position}"), lost
    ),
    st.frozensets(st.sampled_from(SYMBOLS), min_size=1, max_size=3),
    st.decimals("1", "400", places=2),
    AMOUNTS,
    st.sampled_from([None, None, None, *LIMITS]),
)


def _without(spec: TradingBotSpec, limit: str | None) -> TradingBotSpec:
    if limit is None:
        return spec
    assert spec.risk is not None
    return spec.model_copy(update={"risk": spec.risk.model_copy(update={limit: None})})


def may_trade(case: Case) -> bool:
    """Every condition of I8, written the other way round: what must hold, not what forbids."""
    key, spec, caps, grant = case.key, case.spec, case.terms.caps, case.terms.grant
    risk = spec.risk or RiskLimits()
    symbols = {symbol for one in spec.strategies for symbol in one.symbols}
    if key is None or grant is None or risk.max_position_notional is None:
        return False
    largest = max(sum(one.capital for one in spec.strategies), risk.max_position_notional)
    return all(
        (
            caps.is_enabled,
            symbols <= caps.symbols,
            largest <= caps.most_notional.get("USDT", Decimal(-1)),
            case.terms.owner_is_active,
            (key.owner, key.environment, key.status) == ("alice", "live", "Verified"),
            key.account_uid is not None,
            key.permissions == {"enableWithdrawals": False},
            all(getattr(risk, name) is not None for name in LIMITS),
            not grant.is_revoked,
            grant.expires_at > case.terms.now,
            (grant.key_id, grant.quote_asset) == (key.id, "USDT"),
            symbols <= grant.symbols,
            largest <= grant.most_notional,
        )
    )


@given(st.builds(Case, key=KEYS, spec=SPECS, terms=TERM_SETS))
def test_no_combination_is_admitted_without_every_condition(case: Case) -> None:
    found = admit(judge_key(case.key, case.spec), case.spec, case.terms)

    assert isinstance(found, StoredKey) == may_trade(case)
    if isinstance(found, LiveRefused | KeyRefused):
        assert found.reason
        assert found.message


@given(st.data())
def test_one_broken_condition_is_enough_to_refuse(data: st.DataObject) -> None:
    wide = replace(GRANT, symbols=frozenset(SYMBOLS), most_notional=Decimal(5000))
    good = Case(KEY, SPEC, replace(TERMS, grant=wide))
    assert may_trade(good)
    part = data.draw(st.sampled_from(["key", "spec", "terms"]))
    drawn = data.draw({"key": KEYS, "spec": SPECS, "terms": TERM_SETS}[part])

    case = replace(good, **{part: drawn})

    admitted = isinstance(admit(judge_key(case.key, case.spec), case.spec, case.terms), StoredKey)
    assert admitted == may_trade(case)
