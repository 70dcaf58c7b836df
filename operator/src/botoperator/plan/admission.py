"""Whether a bot may trade real money (I8): the platform's caps, risk limits, the key's rights and a person's grant.

They are asked in this order. Every refusal is one reason with the field and the fix. Amounts are in the quote asset.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from botcore.resources.trading_bot import RiskLimits, TradingBotSpec

__all__ = ["LiveCaps", "LiveGrant", "LiveRequest", "Refusal", "judge_live"]

WITHDRAWALS, RESTRICTED = "enableWithdrawals", "ipRestrict"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCaps:
    """What this platform allows at most, as its chart says; no web role can change it.

    `most_notional` is per bot and by quote asset: an asset that is not named is not allowed. `requires_ip_restrict`
    admits only keys that are of use from named addresses alone.
    """

    is_enabled: bool = False
    symbols: frozenset[str] = frozenset()
    most_notional: Mapping[str, Decimal] = field(default_factory=dict)
    requires_ip_restrict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGrant:
    """The newest grant of the bot's owner for the bot."""

    key_id: str
    quote_asset: str
    symbols: frozenset[str]
    most_notional: Decimal
    expires_at: datetime
    is_revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRequest:
    """What asks to trade real money: a spec, with the key of this id that has these permissions by the exchange."""

    spec: TradingBotSpec
    key_id: str
    permissions: Mapping[str, object]
    owner_is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why not, as a condition's reason, and what to do."""

    reason: str
    message: str


def judge_live(
    request: LiveRequest, caps: LiveCaps, grant: LiveGrant | None, now: datetime
) -> Refusal | None:
    """Find the first thing that forbids live trading; None admits the bot. The key itself must be verified (TR-69)."""
    return next(_refusals(request, caps, grant, now), None)


def _refusals(
    request: LiveRequest, caps: LiveCaps, grant: LiveGrant | None, now: datetime
) -> Iterator[Refusal]:
    if not caps.is_enabled:
        yield Refusal(
            reason="LiveDisabled",
            message="this platform allows no live trading: the chart's live.enabled is false; choose mode paper"
            " or testnet",
        )
    if not request.owner_is_active:
        yield Refusal(
            reason="OwnerDisabled", message="spec.owner is disabled or has no account here"
        )
    yield from _unlimited(request.spec)
    yield from _beyond_caps(request.spec, caps)
    if request.permissions.get(WITHDRAWALS) is not False:
        yield Refusal(
            reason="WithdrawPermissionPresent",
            message="spec.credentials: the key may withdraw; make one without that right",
        )
    if caps.requires_ip_restrict and request.permissions.get(RESTRICTED) is not True:
        yield Refusal(
            reason="IpRestrictionMissing",
            message="spec.credentials: the key is of use from any address; restrict it to the bots' addresses at the"
            " exchange and store it anew (the chart's live.requireIpRestrict)",
        )
    yield from _beyond_grant(request, grant, now)


def _unlimited(spec: TradingBotSpec) -> Iterator[Refusal]:
    limits = spec.risk or RiskLimits()
    missing = [
        name
        for name, value in (
            ("maxDailyLoss", limits.max_daily_loss),
            ("maxDrawdownPercent", limits.max_drawdown_percent),
            ("maxPositionNotional", limits.max_position_notional),
            ("maxOpenOrders", limits.max_open_orders),
            ("maxOrdersPerMinute", limits.max_orders_per_minute),
        )
        if value is None
    ]
    if missing:
        yield Refusal(
            reason="RiskLimitsMissing", message=f"spec.risk lacks {', '.join(missing)}: set them"
        )


def _beyond_caps(spec: TradingBotSpec, caps: LiveCaps) -> Iterator[Refusal]:
    foreign = _symbols(spec) - caps.symbols
    if foreign:
        message = (
            f"spec.strategies: {_words(foreign)} is not among the symbols this platform allows live"
            " (the chart's live.symbols); remove it"
        )
        yield Refusal(reason="PlatformCapExceeded", message=message)
    most = caps.most_notional.get(spec.quote_asset)
    if most is None:
        message = (
            f"spec.quoteAsset: the chart's live.mostNotional names no amount of {spec.quote_asset}"
        )
        yield Refusal(reason="PlatformCapExceeded", message=message)
        return
    for text in _beyond(spec, most):
        message = f"{text} this platform allows per bot (the chart's live.mostNotional); lower it"
        yield Refusal(reason="PlatformCapExceeded", message=message)


def _beyond_grant(
    request: LiveRequest, grant: LiveGrant | None, now: datetime
) -> Iterator[Refusal]:
    anew = "grant live trading anew in the dashboard"
    spec = request.spec
    if grant is None:
        message = "spec.mode: the bot has no live grant; grant live trading in the dashboard"
        yield Refusal(reason="GrantMissing", message=message)
        return
    if grant.is_revoked:
        yield Refusal(reason="GrantRevoked", message=f"the live grant was revoked; {anew}")
    if grant.expires_at <= now:
        ended = grant.expires_at.isoformat(timespec="seconds")
        yield Refusal(reason="GrantExpired", message=f"the live grant expired at {ended}; {anew}")
    if grant.key_id != request.key_id:
        message = f"spec.credentials: the live grant is for another key; name that one or {anew}"
        yield Refusal(reason="GrantExceeded", message=message)
    foreign = _symbols(spec) - grant.symbols
    if foreign:
        message = (
            f"spec.strategies: the live grant does not cover {_words(foreign)}; remove it or {anew}"
        )
        yield Refusal(reason="GrantExceeded", message=message)
    if grant.quote_asset != spec.quote_asset:
        message = f"spec.quoteAsset: the live grant is for amounts of {grant.quote_asset}; {anew}"
        yield Refusal(reason="GrantExceeded", message=message)
    for text in _beyond(spec, grant.most_notional):
        yield Refusal(
            reason="GrantExceeded", message=f"{text} the live grant allows; lower it or {anew}"
        )


def _beyond(spec: TradingBotSpec, most: Decimal) -> Iterator[str]:
    capital = sum((one.capital for one in spec.strategies), Decimal())
    position = spec.risk.max_position_notional if spec.risk else None
    asset = spec.quote_asset
    if capital > most:
        yield f"spec.strategies: their capital together, {capital:f} {asset}, is more than the {most:f} {asset}"
    if position is not None and position > most:
        yield f"spec.risk.maxPositionNotional, {position:f} {asset}, is more than the {most:f} {asset}"


def _symbols(spec: TradingBotSpec) -> frozenset[str]:
    return frozenset(symbol for one in spec.strategies for symbol in one.symbols)


def _words(symbols: frozenset[str]) -> str:
    names: Sequence[str] = sorted(symbols)
    return ", ".join(names)
