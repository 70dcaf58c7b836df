"""What the string below a field of a model says about it.

pydantic would read it from the source as it makes the class: two fifths of that work at every start of every program,
of which only forms and documents ever show a word.
"""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from pydantic import BaseModel

__all__ = ["descriptions"]


@cache
def descriptions(model: type[BaseModel]) -> Mapping[str, str]:
    """Map the names of described fields in the manifest to their descriptions, inherited ones included."""
    told: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if kind is not BaseModel and issubclass(kind, BaseModel):
            told |= _below_fields(kind)
    fields = model.model_fields
    return {fields[name].alias or name: text for name, text in told.items() if name in fields}


def _below_fields(model: type[BaseModel]) -> dict[str, str]:
    (stated,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    lines = stated.body if isinstance(stated, ast.ClassDef) else []
    return {
        line.target.id: inspect.cleandoc(below.value.value)
        for line, below in pairwise(lines)
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }  # fmt: skip
