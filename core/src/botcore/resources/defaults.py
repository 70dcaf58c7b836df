"""Defaults, filled in as the API server does."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from botcore.resources.meta import ResourceModel
from botcore.resources.model_tree import field_names, nested_models
from botcore.resources.trading_bot import TradingBot

__all__ = ["apply_defaults"]


def apply_defaults(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the manifest with the CRD's defaults where a field is missing or null.

    A nested default needs its parent to be there, unless the parent has a default itself.
    """
    return _object(TradingBot, manifest)


def _object(model: type[ResourceModel], given: Mapping[str, Any]) -> dict[str, Any]:
    fields = field_names(model)
    result = {key: value for key, value in given.items() if value is not None or key not in fields}
    for name, field in fields.items():
        if name not in result and not field.is_required() and field.default is not None:
            result[name] = _plain(field.default)
    for name, child in nested_models(model).items():
        if name in result:
            result[name] = _nested(child, result[name])
    return result


def _nested(model: type[ResourceModel], value: Any) -> Any:
    if isinstance(value, Mapping):
        return _object(model, value)
    if isinstance(value, (list, tuple)):
        return [_nested(model, item) for item in value]
    return value


def _plain(default: Any) -> Any:
    if isinstance(default, ResourceModel):
        return default.to_manifest()
    return default.value if isinstance(default, Enum) else default
