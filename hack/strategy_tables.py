"""Writes the parameter tables of docs/strategies.md from the models, between the marks that name them.

`python -m hack.strategy_tables` rewrites the file; a test compares.
"""

import re
from pathlib import Path

from botcore.resources.strategy_params import (
    ParameterDescription,
    StrategyType,
    describe_parameters,
    own_fields,
)

__all__ = ["DOCUMENT", "main", "written"]

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "strategies.md"
_MARK = re.compile(r"<!-- parameters: ([a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)


def written(text: str) -> str:
    """Answer the document with every marked table made anew."""
    return _MARK.sub(
        lambda mark: f"<!-- parameters: {mark[1]} -->\n{_table(mark[1])}<!-- end -->", text
    )


def main() -> None:
    """Rewrite the document."""
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


def _table(name: str) -> str:
    kind = StrategyType.DCA if name == "exits" else StrategyType(name)
    own = own_fields(kind)
    rows = [one for one in describe_parameters(kind) if (one.name in own) == (name != "exits")]
    head = (
        "| parameter | unit | range | default | what it does |\n| --- | --- | --- | --- | --- |\n"
    )
    return head + "".join(_row(one) for one in rows)


def _row(one: ParameterDescription) -> str:
    default = "required" if one.required else one.default or "none"
    cells = (f"`{one.name}`", one.unit or "-", _range(one), default, one.help)
    return f"| {' | '.join(cells)} |\n"


def _range(one: ParameterDescription) -> str:
    if one.options:
        return ", ".join(one.options)
    if one.minimum is not None:
        return f"{one.minimum} to {one.maximum}"
    return "more than 0" if one.kind == "decimal" else "-"


if __name__ == "__main__":
    main()
