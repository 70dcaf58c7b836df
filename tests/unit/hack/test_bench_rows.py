"""What a bench prints, and what it takes for good."""

import math

import pytest

from hack.bench.rows import Row, at_least, at_most, below


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (at_least("a", 3, 3, "x"), "row=a value=3 unit=x bar=>=3 ok=true"),
        (at_most("a", 80, 80, "MB"), "row=a value=80 unit=MB bar=<=80 ok=true"),
        (at_most("a", 80.5, 80, "MB"), "row=a value=80.5 unit=MB bar=<=80 ok=false"),
        (below("a", 5, 5, "ms"), "row=a value=5 unit=ms bar=<5 ok=false"),
        (at_least("a", 12_345.6, 3, "x"), "row=a value=12346 unit=x bar=>=3 ok=true"),
    ],
)
def test_line_tells_value_bar_and_verdict(row: Row, line: str) -> None:
    assert str(row) == line


@pytest.mark.parametrize("make", [at_least, at_most, below])
def test_figure_that_could_not_be_measured_misses_every_bar(make: object) -> None:
    assert not make("a", math.nan, 3, "x").is_ok  # type: ignore[operator]
