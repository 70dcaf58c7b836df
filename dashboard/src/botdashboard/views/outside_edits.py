"""Who else changed a bot's spec, as far as the API server tells: managed fields say who, when and which fields.

A manager is a program's name, kubectl's for instance, and not a person's: the API server keeps no more. It keeps the
last write of each manager, to the second, and not what was there before.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["OutsideEdit", "outside_edits"]

_OURS: Final = frozenset({"kbots-dashboard", "kbots-operator"})
MOST_FIELDS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideEdit:
    """One manager's last write of the spec."""

    manager: str
    operation: str
    at: str
    """As the API server wrote it."""
    fields: tuple[str, ...]
    """What the manager has set, by its paths; the first ones of many."""


def outside_edits(managed_fields: Sequence[Mapping[str, Any]]) -> tuple[OutsideEdit, ...]:
    """Answer what others than our own programs wrote of the spec."""
    return tuple(
        OutsideEdit(
            manager=str(one.get("manager", "")),
            operation=str(one.get("operation", "")),
            at=str(one.get("time", "")),
            fields=tuple(sorted(_leaves(spec, "spec")))[:MOST_FIELDS],
        )
        for one in managed_fields
        if one.get("manager") not in _OURS
        and not one.get("subresource")
        and (spec := one.get("fieldsV1", {}).get("f:spec")) is not None
    )


def _leaves(tree: Mapping[str, Any], path: str) -> Iterator[str]:
    inner = {name: value for name, value in tree.items() if name != "."}
    if not inner:
        yield path
    for name, value in inner.items():
        yield from _leaves(value, f"{path}{_step(name)}")


def _step(name: str) -> str:
    kind, _, rest = name.partition(":")
    if kind != "k":
        return f".{rest}"
    try:
        keys = json.loads(rest)
    except ValueError:
        return f"[{rest}]"
    return f"[{', '.join(map(str, keys.values()))}]"
