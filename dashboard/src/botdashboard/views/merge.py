"""Two people change one bot: what differs, and one's changes on top of the other's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Difference", "apply_on_top", "changed_part", "differences", "merge_patch", "merged"]

Leaves = dict[tuple[str, ...], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that both or the other has changed."""

    field: str
    yours: str
    theirs: str


def differences(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """Answer what the other changed since `base`, beside what stands in my form."""
    before, own, other = _leaves(base), _leaves(mine), _leaves(theirs)
    return tuple(
        Difference(field=".".join(path), yours=_text(own.get(path)), theirs=_text(other.get(path)))
        for path in sorted({*before, *other})
        if before.get(path) != other.get(path)
    )


def apply_on_top(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    """Answer theirs with just those fields changed that I changed since `base`."""
    before, own, result = _leaves(base), _leaves(mine), _leaves(theirs)
    for path in {*before, *own}:
        if before.get(path) == own.get(path):
            continue
        if path in own:
            result[path] = own[path]
        else:
            result.pop(path, None)
    return _tree(result)


def merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the JSON merge patch (RFC 7386) that makes `new` of `old`; it names what differs only."""
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if value == before:
            continue
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            patch[key] = merge_patch(before, value)
        else:
            patch[key] = value
    return patch


def merged(old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Answer what a JSON merge patch (RFC 7386) makes of `old`."""
    result = dict(old)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            before = result.get(key)
            result[key] = merged(before if isinstance(before, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def changed_part(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Answer the top fields of a spec that differ, before and after, as the audit log keeps them."""
    changed = [one for one in {**old, **new} if old.get(one) != new.get(one)]
    return {
        "before": {one: old[one] for one in changed if one in old},
        "after": {one: new[one] for one in changed if one in new},
    }


def _leaves(spec: Mapping[str, Any]) -> Leaves:
    found: Leaves = {}
    _walk(spec, (), found)
    return found


def _walk(value: Any, path: tuple[str, ...], found: Leaves) -> None:
    if path == ("strategies",):
        value = {one["name"]: one for one in value}
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            _walk(inner, (*path, str(key)), found)
    else:
        found[path] = list(value) if isinstance(value, (list, tuple)) else value


def _tree(leaves: Leaves) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path, value in leaves.items():
        place = root
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = value
    if "strategies" in root:
        # A strategy that one removed and the other changed has lost its name: it stays removed.
        root["strategies"] = [one for one in root["strategies"].values() if "name" in one]
    return root


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)
