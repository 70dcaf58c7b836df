"""Which changes of a bot put more real money at risk: these need a step-up (SEC-42)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from botdashboard.views.merge import Difference

__all__ = ["riskier"]

_LIMITS = (
    "maxDailyLoss",
    "maxDrawdownPercent",
    "maxPositionNotional",
    "maxOpenOrders",
    "maxOrdersPerMinute",
    "maxStopLosses",
    "stopLossPauseMinutes",
    "stopLossWindowMinutes",
)
_SMALLER_IS_RISKIER = frozenset({"stopLossPauseMinutes", "stopLossWindowMinutes"})
_NOTHING: Mapping[str, Any] = {}


def riskier(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Answer what makes a bot riskier with real money, `yours` being the new value; nothing on paper.

    A limit that is taken away counts as raised. Markets are not here: the live grant names them.
    """
    if new.get("mode") != "live":
        return ()
    if old.get("mode") != "live":
        return (_change("mode", old.get("mode"), "live"),)
    limits, before = new.get("risk") or _NOTHING, old.get("risk") or _NOTHING
    found = [
        _change(f"risk.{name}", before.get(name), limits.get(name))
        for name in _LIMITS
        if _is_raised(name, before.get(name), limits.get(name))
    ]
    capital, capital_before = _capital(new), _capital(old)
    found += [
        _change(f"strategies.{name}.capital", capital_before.get(name), amount)
        for name, amount in capital.items()
        if Decimal(amount) > Decimal(capital_before.get(name, "0"))
    ]
    if new.get("credentials") != old.get("credentials"):
        found.append(_change("credentials", old.get("credentials"), new.get("credentials")))
    return tuple(found)


def _is_raised(name: str, old: Any, new: Any) -> bool:
    if old == new or old is None:
        return False  # what was without a limit can only become safer
    if new is None:
        return True
    grows = Decimal(str(new)) > Decimal(str(old))
    return not grows if name in _SMALLER_IS_RISKIER else grows


def _capital(spec: Mapping[str, Any]) -> dict[str, str]:
    return {str(one["name"]): str(one["capital"]) for one in spec.get("strategies", ())}


def _change(field: str, old: Any, new: Any) -> Difference:
    return Difference(field=field, yours=_text(new), theirs=_text(old))


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(str(one) for one in value.values())
    return "none" if value is None else str(value)
