"""Judge manifests by crds/tradingbots.yaml itself: its schema by jsonschema, its rules by CEL."""

import copy
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import celpy
import jsonschema
import yaml

CRD_FILE = Path(__file__).parents[4] / "crds" / "tradingbots.yaml"
CRD: dict[str, Any] = yaml.safe_load(CRD_FILE.read_text(encoding="utf-8"))
VERSION: dict[str, Any] = CRD["spec"]["versions"][0]
SCHEMA: dict[str, Any] = VERSION["schema"]["openAPIV3Schema"]

RULES = "x-kubernetes-validations"
REASONS = {"FieldValueRequired": "Required value", "FieldValueForbidden": "Forbidden"}


def with_defaults(value: Any, schema: dict[str, Any] = SCHEMA) -> Any:
    """Fill in the CRD's defaults as the API server does; nulls of known fields are dropped."""
    if isinstance(value, list):
        return [with_defaults(item, schema.get("items", {})) for item in value]
    if not isinstance(value, dict):
        return value
    fields = schema.get("properties", {})
    result = {k: v for k, v in value.items() if not (v is None and k in fields)}
    for name, field in fields.items():
        if name not in result and "default" in field:
            result[name] = copy.deepcopy(field["default"])
        if name in result:
            result[name] = with_defaults(result[name], field)
    return result


def schema_errors(manifest: dict[str, Any]) -> list[str]:
    """Find what the schema refuses, unknown fields and repeated keys included."""
    value = with_defaults(manifest)
    found = [error.message for error in _validator().iter_errors(value)]
    return found + list(_repeated(value, SCHEMA))


def rule_errors(manifest: dict[str, Any], old: dict[str, Any] | None) -> list[str]:
    """Evaluate every CEL rule; answers in the words of the API server."""
    before = None if old is None else with_defaults(old)
    return list(_broken(with_defaults(manifest), before, SCHEMA, ""))


@functools.cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(_strict(SCHEMA))


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    result = {key: value for key, value in schema.items() if not key.startswith("x-")}
    if "properties" in result:
        result["properties"] = {k: _strict(v) for k, v in schema["properties"].items()}
        result["additionalProperties"] = schema is SCHEMA["properties"]["metadata"]
    if "items" in result:
        result["items"] = _strict(schema["items"])
    return result


def _children(value: Any, schema: dict[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    if isinstance(value, dict):
        for name, field in schema.get("properties", {}).items():
            if name in value:
                yield f".{name}", value[name], field
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield f"[{index}]", item, schema["items"]


def _repeated(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    if isinstance(value, list) and "x-kubernetes-list-type" in schema:
        keys = schema.get("x-kubernetes-list-map-keys", ())
        names = [[item.get(k) for k in keys] if isinstance(item, dict) else item for item in value]
        yield from (f"{name} twice" for i, name in enumerate(names) if name in names[:i])
    for _, child, field in _children(value, schema):
        yield from _repeated(child, field)


def _broken(value: Any, old: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    for rule in schema.get(RULES, ()):
        if "oldSelf" in rule["rule"] and old is None:
            continue
        if not _holds(rule["rule"], value, old):
            yield f"{path}{rule.get('fieldPath', '')}: {words(rule, schema)}".removeprefix(".")
    for step, child, field in _children(value, schema):
        before = old.get(step[1:]) if isinstance(old, dict) else None
        yield from _broken(child, before, field, path + step)


def words(rule: dict[str, Any], schema: dict[str, Any]) -> str:
    """Write a broken rule as the API server does."""
    shown = REASONS.get(rule.get("reason", ""), f'Invalid value: "{schema["type"]}"')
    return f"{shown}: {rule['message']}"


def all_rules(
    schema: dict[str, Any] = SCHEMA, path: str = ""
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """List every rule with its path, and the schema it stands in."""
    for rule in schema.get(RULES, ()):
        yield f"{path}{rule.get('fieldPath', '')}".removeprefix("."), rule, schema
    for name, field in schema.get("properties", {}).items():
        yield from all_rules(field, f"{path}.{name}")
    if "items" in schema:
        yield from all_rules(schema["items"], f"{path}[]")


def _holds(rule: str, value: Any, old: Any) -> bool:
    context = {"self": celpy.json_to_cel(value)}
    if "oldSelf" in rule:
        context["oldSelf"] = celpy.json_to_cel(old)
    return bool(_program(rule).evaluate(context))


@functools.cache
def _program(rule: str) -> celpy.Runner:
    environment = celpy.Environment()
    return environment.program(environment.compile(rule))
