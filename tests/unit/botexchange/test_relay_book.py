"""The local book and the tape: documented algorithms, whatever upstream sends."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botexchange.upstream.book import Applied, Book
from botexchange.upstream.tape import Tape


def snapshot(number, bids=(("100", "1"),), asks=(("101", "1"),)):
    return {"lastUpdateId": number, "bids": [*map(list, bids)], "asks": [*map(list, asks)]}


def event(first, last, bids=(), asks=()):
    return {"U": first, "u": last, "b": [*map(list, bids)], "a": [*map(list, asks)]}


def test_events_before_the_snapshot_wait_and_are_applied():
    book = Book()
    assert book.apply(event(8, 10, bids=[("99", "5")])) is Applied.IGNORED
    assert book.apply(event(11, 12, bids=[("100", "0.00000000")])) is Applied.IGNORED

    assert book.start(snapshot(9))

    answer = json.loads(book.answer(5) or b"")
    assert answer == {"lastUpdateId": 12, "bids": [["99", "5"]], "asks": [["101", "1"]]}


def test_snapshot_older_than_the_first_event_is_refused():
    book = Book()
    book.apply(event(8, 10))

    assert not book.start(snapshot(6))
    assert book.start(snapshot(7))


def test_gap_is_noticed_and_old_events_are_ignored():
    book = Book()
    book.start(snapshot(9))

    assert book.apply(event(5, 9)) is Applied.IGNORED
    assert book.apply(event(8, 10)) is Applied.DONE
    assert book.apply(event(12, 13)) is Applied.GAP


def test_book_that_is_cut_says_when_it_is_not_deep_enough():
    bids = [(f"{1_000 - number}", "1") for number in range(1_000)]
    asks = [(f"{2_000 + number}", "1") for number in range(1_000)]
    book = Book()
    book.start(snapshot(1, [bid for bid in bids if bid[0] != "0"], asks))

    assert book.answer(1_000) is not None
    book.apply(event(2, 2, bids=[("1000", "0")], asks=[("2000", "0"), ("9000", "5")]))

    assert book.answer(1_000) is None
    top = json.loads(book.answer(2) or b"")
    assert (top["bids"][0][0], top["asks"][0][0]) == ("999", "2001")


@pytest.mark.parametrize(
    "bad",
    [
        {}, {"U": 1}, {"U": "1", "u": 2}, {"U": 10, "u": 11, "b": 5, "a": []},
        {"U": 10, "u": 11, "b": [["x", "1"]], "a": []}, {"U": 10, "u": 11, "b": [[1, 2]], "a": []},
        {"U": 10, "u": 11, "b": [["1"]], "a": []}, {"U": 10, "u": 11, "b": [["-1", "1"]], "a": []},
    ],
)  # fmt: skip
def test_senseless_event_counts_as_a_gap_and_changes_nothing(bad):
    book = Book()
    book.start(snapshot(9))
    before = book.answer(5)

    assert book.apply(bad) is Applied.GAP
    assert book.answer(5) == before


@pytest.mark.parametrize("bad", [None, {}, {"lastUpdateId": "1"}, {"lastUpdateId": 1, "bids": 3}])
def test_senseless_snapshot_is_refused(bad):
    assert not Book().start(bad)


changes = st.lists(
    st.tuples(st.booleans(), st.integers(1, 30), st.integers(0, 5)), min_size=1, max_size=5
)


@given(st.lists(changes, max_size=30), st.integers(0, 30))
def test_replayed_events_give_the_book_they_describe(steps, at):
    """A snapshot taken anywhere, and every event from the beginning: the same book."""
    truth: tuple[dict[int, int], dict[int, int]] = ({1: 1}, {100: 1})
    events, shots = [], [snapshot(0, [("1", "1")], [("100", "1")])]
    for number, step in enumerate(steps, 1):
        sides: tuple[list[tuple[str, str]], ...] = ([], [])
        for is_ask, price, quantity in step:
            level = price + 100 * is_ask
            truth[is_ask][level] = quantity
            sides[is_ask].append((str(level), str(quantity)))
        events.append(event(number, number, *sides))
        live = [[(p, q) for p, q in side.items() if q] for side in truth]
        shots.append(snapshot(number, *([(str(p), str(q)) for p, q in side] for side in live)))
    book = Book()
    taken = min(at, len(steps))
    for one in events[:taken]:
        book.apply(one)
    assert book.start(shots[taken])
    for one in events:
        assert book.apply(one) is not Applied.GAP

    bids, asks = book.levels(100)
    scale = 100_000_000
    assert bids == sorted(((p * scale, q * scale) for p, q in truth[0].items() if q), reverse=True)
    assert asks == sorted((p * scale, q * scale) for p, q in truth[1].items() if q)


def test_tape_tells_missing_from_repeated():
    tape = Tape()

    assert tape.missing_before(5) == 0
    assert tape.missing_before(5) is None
    assert tape.missing_before(8) == 2
    tape.skip_to(8)
    assert tape.missing_before(8) == 0
