"""Records of the trading core: it makes a dozen for every candle, so that they must be cheap."""

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

__all__ = ["record", "replace"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a class a keyword-only dataclass that nobody changes once it is made.

    The type checker holds it frozen, as it does with `frozen=True`; at run time nothing does, which
    makes a record two to three times cheaper to build than a frozen one.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)


if TYPE_CHECKING:
    # The checker knows this name, and so which fields there are.
    from dataclasses import replace
else:

    def replace(one: T, /, **changes: Any) -> T:
        """Give a record with some fields changed; without slots at a tenth of the usual price."""
        if not hasattr(one, "__dict__"):
            return dataclasses.replace(one, **changes)
        changed = object.__new__(type(one))
        values = changed.__dict__
        values.update(one.__dict__)
        count = len(values)
        values.update(changes)
        if len(values) != count:
            raise TypeError(f"{type(one).__name__} has not all of the fields {sorted(changes)}")
        return changed
