"""How the models nest, for walks along a manifest."""

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from botcore.resources.meta import ResourceModel

__all__ = ["field_names", "nested_model", "nested_models"]


def field_names(model: type[ResourceModel]) -> dict[str, Any]:
    """Map each field's name in the manifest to its description by pydantic."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def nested_model(annotation: Any) -> type[ResourceModel] | None:
    """Find the model in an annotation such as `tuple[StrategySpec, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, ResourceModel):
        return annotation
    found = (nested_model(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)


@cache
def nested_models(model: type[ResourceModel]) -> Mapping[str, type[ResourceModel]]:
    """Map the fields that hold models to them; kept, since a full look asks it for every bot."""
    found = {name: nested_model(field.annotation) for name, field in field_names(model).items()}
    return {name: child for name, child in found.items() if child is not None}
