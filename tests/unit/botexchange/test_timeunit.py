"""Microseconds: which numbers of an answer or frame are times."""

import json

import pytest

from botcore.matching.refusals import VenueError
from botexchange.timeunit import frame_in_micros, in_micros, is_micro

NOW = 1_700_000_000_123
MICROS = NOW * 1_000


def test_times_of_an_order_are_converted_and_its_ids_are_not():
    order = {
        "orderId": 1_700_000_000_000,
        "time": NOW,
        "updateTime": NOW,
        "workingTime": -1,
        "fills": [{"tradeId": 1_700_000_000_001, "price": "1.00000000"}],
        "isWorking": True,
    }

    assert in_micros(order) == {**order, "time": MICROS, "updateTime": MICROS}


def test_candles_of_an_answer_end_on_their_last_microsecond():
    row = [NOW, "1", "2", "3", "4", "5", NOW + 59_999, "6", 7, "8", "9", "0"]

    (shown,) = in_micros([row])

    assert shown == [MICROS, *row[1:6], (NOW + 60_000) * 1_000 - 1, *row[7:]]


@pytest.mark.parametrize(
    ("frame", "times"),
    [
        ({"e": "trade", "E": NOW, "t": NOW, "T": NOW, "p": "1.0"}, {"E", "T"}),
        ({"e": "executionReport", "E": NOW, "T": NOW, "t": NOW, "O": NOW, "C": "", "i": NOW,
          "I": NOW, "W": NOW, "D": NOW, "x": "NEW", "j": NOW}, {"E", "T", "O", "W", "D"}),
        ({"e": "24hrTicker", "E": NOW, "O": NOW, "C": NOW, "F": NOW, "L": NOW, "n": 5}, set("EOC")),
        ({"e": "outboundAccountPosition", "E": NOW, "u": NOW, "B": []}, {"E", "u"}),
        ({"e": "depthUpdate", "E": NOW, "U": NOW, "u": NOW}, {"E"}),
        ({"u": NOW, "s": "BTCUSDT", "b": "1"}, set()),
        ({"e": "referencePrice", "s": "BTCUSDT", "r": "1", "t": NOW}, {"t"}),
    ],
)  # fmt: skip
def test_only_the_times_of_a_frame_are_converted(frame, times):
    shown = json.loads(frame_in_micros(json.dumps(frame).encode()))

    assert {name for name in frame if shown[name] != frame[name]} == times
    assert all(shown[name] == MICROS for name in times)


def test_candle_inside_a_kline_event_is_converted():
    candle = {"t": NOW, "T": NOW + 59_999, "f": NOW, "L": NOW, "x": False, "i": "1m"}
    frame = {"e": "kline", "E": NOW, "k": candle}

    shown = json.loads(frame_in_micros(json.dumps(frame).encode()))

    assert shown["E"] == MICROS
    assert shown["k"] == {**candle, "t": MICROS, "T": (NOW + 60_000) * 1_000 - 1}


def test_unit_is_read_and_nonsense_refused():
    assert is_micro("MICROSECOND")
    assert is_micro("microsecond")
    assert not is_micro(None)
    assert not is_micro("MILLISECOND")
    with pytest.raises(VenueError) as refused:
        is_micro("SECOND")
    assert refused.value.code == -1194
