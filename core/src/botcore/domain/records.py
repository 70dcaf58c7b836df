"""Records of the trading core: it makes a dozen for every candle, so that they must be cheap."""

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

__all__ = ["is_record", "record", "replace"]

T = TypeVar("T")
_KINDS: set[type] = set()


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a class a keyword-only dataclass that nobody changes once it is made.

    The type checker holds it frozen, as it does with `frozen=True`; at run time nothing does, which
    makes a record two to three times cheaper to build than a frozen one.
    """
    made = dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)
    _KINDS.add(made)
    return made


def is_record(kind: type) -> bool:
    """Tell whether values of a class never change: frozen, by Python or by the type checker."""
    frozen = dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen  # type: ignore[attr-defined]  # not in the stubs
    return frozen or kind in _KINDS


if TYPE_CHECKING:
    # The checker knows this name, and so which fields there are.
    from dataclasses import replace
else:

    def replace(one: T, /, **changes: Any) -> T:
        """Give a record with some fields changed; without slots at a tenth of the usual price."""
        before, kind = getattr(one, "__dict__", None), type(one)
        if before is None or len(before) != len(kind.__dataclass_fields__):
            return dataclasses.replace(one, **changes)  # slots, or figures kept beside the fields
        changed = object.__new__(kind)
        values = changed.__dict__
        values.update(before)
        values.update(changes)
        if len(values) != len(before):
            raise TypeError(f"{kind.__name__} has not all of the fields {sorted(changes)}")
        return changed
