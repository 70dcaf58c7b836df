"""The models mirror the CRD: each field with its type, bounds, default and text; each rule."""

from typing import Any

import pytest

from botcore.resources.rules import OWNER_IMMUTABLE, RULES
from botcore.resources.trading_bot import TradingBot
from tests.unit.botcore.resources.crd_judge import (
    CRD,
    SCHEMA,
    VERSION,
    all_rules,
    words,
)
from tests.unit.botcore.resources.crd_judge import RULES as RULES_KEY

MODELS = TradingBot.model_json_schema(by_alias=True)


def flat(schema: dict[str, Any], path: str = "") -> dict[str, dict[str, Any]]:
    """List every field by its path, with its own keywords only."""
    own = {k: v for k, v in schema.items() if k not in {"properties", "items", RULES_KEY}}
    if "additionalProperties" in own:
        own["additionalProperties"] = normal(own["additionalProperties"])
    result = {path: own}
    for name, field in schema.get("properties", {}).items():
        result |= flat(field, f"{path}.{name}")
    if "items" in schema:
        result |= flat(schema["items"], f"{path}[]")
    return result


def normal(schema: Any) -> Any:
    """Rewrite pydantic's schema the way a structural schema is written."""
    if not isinstance(schema, dict):
        return schema
    schema = resolved(dict(schema))
    if schema.get("default", ...) is None:
        del schema["default"]
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if "properties" in schema:
        schema["properties"] = {k: normal(v) for k, v in schema["properties"].items()}
    if "items" in schema:
        schema["items"] = normal(schema["items"])
    if not isinstance(schema.get("additionalProperties"), dict):
        schema.pop("additionalProperties", None)
    return {key: value for key, value in schema.items() if key not in {"title", "unit"}}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Put references and optional types in their place."""
    if "$ref" in schema:
        schema = MODELS["$defs"][schema.pop("$ref").rpartition("/")[2]] | schema
    if "anyOf" in schema:
        (typed,) = (one for one in schema.pop("anyOf") if one != {"type": "null"})
        schema = normal(typed) | schema
    return schema


def of_spec_and_status(fields: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Leave out what every object has: apiVersion, kind and metadata."""
    return {k: v for k, v in fields.items() if k.startswith((".spec", ".status"))}


def in_any_order(fields: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Ignore the order of required fields, which means nothing."""
    return {
        path: {k: sorted(v) if k == "required" else v for k, v in own.items()}
        for path, own in fields.items()
    }


IN_CRD = in_any_order(of_spec_and_status(flat(SCHEMA)))
IN_MODELS = in_any_order(of_spec_and_status(flat(normal(MODELS))))


def test_models_and_crd_have_the_same_fields():
    assert IN_MODELS.keys() == IN_CRD.keys()
    assert len(IN_CRD) > 60


@pytest.mark.parametrize("path", sorted(IN_CRD))
def test_field_is_the_same_in_models_and_crd(path: str):
    assert IN_MODELS[path] == IN_CRD[path]


def test_name_has_the_same_bounds_in_models_and_crd():
    ours = normal(MODELS)["properties"]["metadata"]["properties"]["name"]
    ours.pop("description")

    assert ours == SCHEMA["properties"]["metadata"]["properties"]["name"]


def test_rules_are_the_crds():
    ours = {
        f"{place}.{rule.field}".rstrip(".") + f": {rule.reason}: {rule.message}"
        for place, rules in RULES.items()
        for rule in rules
    }
    owner = OWNER_IMMUTABLE
    ours.add(f"spec.{owner.field}: {owner.reason}: {owner.message}")

    theirs = {f"{path}: {words(rule, schema)}" for path, rule, schema in all_rules()}
    assert ours == theirs


@pytest.mark.parametrize("path", sorted(IN_CRD))
def test_field_is_described_and_bounded(path: str):
    own = IN_CRD[path]

    assert own.get("description") or path.endswith("symbols[]")
    if own["type"] == "string":
        assert {"enum", "maxLength", "format"} & own.keys()
    if own["type"] == "array":
        assert {"maxItems", "x-kubernetes-list-type"} <= own.keys()


def test_printer_columns_point_at_fields():
    for column in VERSION["additionalPrinterColumns"]:
        path = column["jsonPath"].replace('[?(@.type=="Ready")]', "[]")
        assert path in IN_CRD or path == ".metadata.creationTimestamp"


def test_crd_is_named_after_its_group_and_plural():
    names = CRD["spec"]["names"]

    assert CRD["metadata"]["name"] == f"{names['plural']}.{CRD['spec']['group']}"
    assert names["shortNames"] == ["tb"]
    assert VERSION["subresources"] == {"status": {}}
