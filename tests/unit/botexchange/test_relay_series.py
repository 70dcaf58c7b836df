"""Candles from frames and REST rows: whole, in order, the newest state of each."""

import itertools

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from botexchange.upstream.series import Row, Series, Taken, rest_rows, row_of_frame

LENGTH = 60_000


def a_row(number, trades=5, *, is_final=True):
    opens = number * LENGTH
    closes = opens + LENGTH - 1
    items = [opens, "1", "2", "0.5", "1.5", f"{trades}", closes, "9", trades, "1", "2", "0"]
    return Row(opens, closes, trades, is_final, orjson.dumps(items))


def a_frame(number, trades=5, *, is_final=True):
    items = orjson.loads(a_row(number, trades).text)
    names = ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")
    return {"k": {**dict(zip(names, items, strict=True)), "x": is_final, "f": 7, "L": 7}}


def test_frame_and_rest_row_of_one_candle_are_the_same_text():
    row = row_of_frame(a_frame(3))

    assert row is not None
    assert row.text == a_row(3).text
    assert (row.is_final, row.first_trade) == (True, 7)


@pytest.mark.parametrize(
    "data",
    [
        None, [], {}, {"k": 5}, {"k": {}}, {"k": {**a_frame(1)["k"], "t": "1"}},
        {"k": {**a_frame(1)["k"], "o": 1.5}}, {"k": {**a_frame(1)["k"], "x": "true"}},
        {"k": {**a_frame(1)["k"], "T": 0}},
    ],
)  # fmt: skip
def test_senseless_frame_is_no_candle(data):
    assert row_of_frame(data) is None


@pytest.mark.parametrize(
    "value",
    [
        {}, None, [1], [[1]], [orjson.loads(a_row(1).text)[:-1]],
        [orjson.loads(a_row(1).text), orjson.loads(a_row(3).text)],
        [orjson.loads(a_row(2).text), orjson.loads(a_row(1).text)],
    ],
)  # fmt: skip
def test_senseless_or_broken_rest_answer_is_refused(value):
    assert rest_rows(value) is None


def test_only_rows_with_a_successor_are_final():
    rows = rest_rows([orjson.loads(a_row(number).text) for number in (1, 2, 3)])
    older = rest_rows([orjson.loads(a_row(1).text)], final_before_ms=2 * LENGTH)

    assert rows is not None
    assert [row.is_final for row in rows] == [True, True, False]
    assert older is not None
    assert [row.is_final for row in older] == [True]


def test_frames_make_news_old_or_gap():
    series = Series()

    assert series.take(a_row(5, 3, is_final=False)) is Taken.NEWS
    assert series.take(a_row(5, 2, is_final=False)) is Taken.OLD
    assert series.take(a_row(6, 1, is_final=False)) is Taken.GAP
    assert series.take(a_row(5, 4)) is Taken.NEWS
    assert series.take(a_row(5, 4)) is Taken.OLD
    assert series.take(a_row(7)) is Taken.GAP
    assert series.take(a_row(6)) is Taken.NEWS
    assert [row.open_ms // LENGTH for row in series.rows] == [5, 6]


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(1, 4)), max_size=60),
    st.integers(2, 8),
)
def test_whatever_comes_rows_follow_each_other_and_never_get_older(steps, kept):
    """Frames and answers in any order: no gap inside, no candle loses trades or its end."""
    series = Series(kept)
    for is_rest, number, trades in steps:
        before = {row.open_ms: row for row in series.rows}
        if is_rest:
            series.merge([a_row(number, 4), a_row(number + 1, trades, is_final=False)])
        else:
            series.take(a_row(number, trades, is_final=trades == 4))

        rows = series.rows
        assert all(one.close_ms + 1 == two.open_ms for one, two in itertools.pairwise(rows))
        assert len(rows) <= kept
        for row in rows:
            old = before.get(row.open_ms)
            assert old is None or (row.trades >= old.trades and row.is_final >= old.is_final)


@given(st.integers(0, 25), st.integers(0, 25), st.integers(1, 30), st.booleans(), st.booleans())
def test_selection_is_what_rest_would_give(first, last, limit, has_first, has_last):
    """Against the plain rule over the whole history, wherever the series reaches."""
    history = [a_row(number) for number in range(5, 21)]
    series = Series()
    series.merge(history[6:])
    first_ms = first * LENGTH if has_first else None
    last_ms = last * LENGTH if has_last else None
    fitting = [
        row
        for row in history
        if (first_ms is None or row.open_ms >= first_ms)
        and (last_ms is None or row.open_ms <= last_ms)
    ]
    expected = fitting[-limit:] if first_ms is None else fitting[:limit]

    found = series.select(first_ms, last_ms, limit)

    assert found is None or found == expected
    if has_first and first_ms is not None and first_ms >= history[6].open_ms:
        assert found is not None
