"""Judges an answer by the models of Binance's own SDK: no field missing, none unknown, every type as declared."""

import logging

from pydantic import BaseModel

__all__ = ["Complaints", "check_shape", "raw_of"]

# Fields that appear only where they mean something; the models declare every field as optional.
CONDITIONAL = {
    "stopPrice", "icebergQty", "trailingDelta", "trailingTime", "strategyId", "strategyType", "preventedMatchId",
    "preventedQuantity", "usedSor", "workingFloor", "pegPriceType", "pegOffsetType", "pegOffsetValue", "peggedPrice",
    "expiryReason", "fills", "orderReports", "listStatus",
    # executionReport
    "d", "D", "j", "J", "v", "A", "B", "u", "U", "Cs", "pl", "pL", "pY", "b", "a", "k", "uS", "W", "V", "eR",
    "gP", "gOT", "gOV", "gp",
    # sent in SBE alone
    "priceExponent", "qtyExponent", "multiplierExponent",
    # of a rate limit in exchangeInfo there is no count yet
    "count",
    # WebSocket API: an answer has a result or an error
    "error", "rateLimits",
}  # fmt: skip

# Documented by Binance, forgotten by the models.
ALSO_THERE = {
    "stopPrice", "icebergQty", "strategyId", "strategyType", "trailingDelta", "trailingTime", "selfTradePreventionMode",
    "origClientOrderId", "rateLimits",
}  # fmt: skip


class Complaints(logging.Handler):
    """Collects what the SDK only logs: it falls back to raw answers where a model does not fit."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.texts = []
        logging.getLogger().addHandler(self)

    def emit(self, record):
        """Keep one line."""
        self.texts.append(record.getMessage())

    def take(self):
        """Give what was said since the last time."""
        texts, self.texts = self.texts, []
        return texts


def raw_of(response):
    """Give the JSON behind an answer."""
    function = response._data_function
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    for name in ("parsed", "ws_response"):
        if name in cells:
            return cells[name].cell_contents
    return response.data()


def check_shape(data, raw, *, but=()):
    """Raise on a field that is missing or unknown, or where no model fitted.

    `but` names fields that this answer rightly lacks.
    """
    found = {}
    _walk(data, raw, "", found)
    found = {path: what for path, what in found.items() if path.rpartition(".")[2] not in but}
    if found:
        raise AssertionError("; ".join(f"{what} {path}" for path, what in sorted(found.items())))


def _walk(value, raw, path, found):
    if isinstance(value, list) and isinstance(raw, list):
        for one, its in zip(value, raw, strict=True):
            _walk(one, its, f"{path}[]", found)
    elif isinstance(value, BaseModel) and "actual_instance" in type(value).model_fields:
        if isinstance(value.actual_instance, dict):
            found[path or "answer"] = "no model fits"
        _walk(value.actual_instance, raw, path, found)
    elif isinstance(value, BaseModel) and isinstance(raw, dict):
        _compare(value, raw, path, found)


def _compare(value, raw, path, found):
    fields = type(value).model_fields
    known = {field.alias or name: name for name, field in fields.items()}
    for unknown in raw.keys() - known.keys() - ALSO_THERE:
        found[f"{path}.{unknown}"] = "unknown"
    for alias, name in known.items():
        if alias in raw:
            _walk(getattr(value, name), raw[alias], f"{path}.{alias}", found)
        elif name != "additional_properties" and not _is_conditional(alias, fields[name]):
            found[f"{path}.{alias}"] = "missing"


def _is_conditional(alias, field):
    text = field.description or ""
    return alias in CONDITIONAL or "ppears" in text or "nly " in text
