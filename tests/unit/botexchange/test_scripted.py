"""A market that does what its script and its pushes say."""

import json

import pytest

from botcore.domain.errors import InvalidInput, NotAllowed
from botcore.matching.numbers import to_units
from botexchange.market.script import read_script
from botexchange.market.scripted import ScriptedSource
from botexchange.market.source import CandleRange, Push

BEGIN = 1_704_067_200_000
MINUTE = 60_000


def a_push(price, *, at=BEGIN, quantity="1", symbol="BTCUSDT", bids=None, asks=None):
    return Push(
        symbol=symbol,
        time_ms=at,
        price=to_units(price),
        quantity=to_units(quantity),
        bids=bids,
        asks=asks,
    )


def levels(*pairs):
    return tuple((to_units(price), to_units(quantity)) for price, quantity in pairs)


SCRIPT = [
    a_push("100", at=BEGIN),
    a_push("90", at=BEGIN + 1_000, quantity="2"),
    a_push("95", at=BEGIN + 3 * MINUTE, bids=levels(("94", "1")), asks=levels(("96", "2"))),
]


def test_trades_come_as_written():
    source = ScriptedSource(SCRIPT)

    ticks = list(source.ticks(BEGIN - 1, BEGIN + 3 * MINUTE))

    assert [(tick.time_ms, tick.price // 10**8) for tick in ticks] == [
        (BEGIN, 100),
        (BEGIN + 1_000, 90),
        (BEGIN + 3 * MINUTE, 95),
    ]
    assert source.next_ms(BEGIN) == BEGIN + 1_000
    assert source.next_ms(BEGIN + 3 * MINUTE) is None
    assert [one.is_buyer_maker for one in source.trades("BTCUSDT", 0, 10, 1 << 60)] == [
        False,
        True,
        False,
    ]
    assert [one.id for one in source.trades("BTCUSDT", 2, 1, 1 << 60)] == [2]


def test_candles_are_the_trades_and_flat_without_any():
    source = ScriptedSource(SCRIPT)
    wanted = CandleRange(
        symbol="BTCUSDT",
        interval="1m",
        first_ms=0,
        last_ms=BEGIN + 3 * MINUTE,
        position_ms=BEGIN + 3 * MINUTE,
    )

    found = source.candles(wanted)

    rows = [(*(value // 10**8 for value in one.bar), one.trades) for one in found]
    assert rows == [
        (100, 100, 90, 90, 3, 2),
        (90, 90, 90, 90, 0, 0),
        (90, 90, 90, 90, 0, 0),
        (95, 95, 95, 95, 1, 1),
    ]
    assert (found[0].quote, found[0].taker) == (to_units("280"), to_units("1"))


def test_book_lasts_until_the_next_step():
    source = ScriptedSource(SCRIPT)

    assert source.books(BEGIN) == {}
    book = source.books(BEGIN + 3 * MINUTE)["BTCUSDT"]
    assert (book.bids, book.asks) == ([*levels(("94", "1"))], [*levels(("96", "2"))])
    source.push(a_push("97", at=BEGIN + 4 * MINUTE))
    assert source.books(BEGIN + 4 * MINUTE) == {}


def test_push_in_the_past_happens_next():
    source = ScriptedSource([], ("BTCUSDT", "ETHUSDT"))
    assert list(source.ticks(0, BEGIN)) == []

    source.push(a_push("100", at=BEGIN - 5))

    assert [tick.time_ms for tick in source.ticks(BEGIN, BEGIN + 10)] == [BEGIN + 1]
    assert source.last("ETHUSDT", BEGIN).price == to_units("3000")


@pytest.mark.parametrize(
    ("push", "problem"),
    [
        (a_push("100", symbol="XRPUSDT", at=BEGIN + MINUTE * 9), "symbol"),
        (a_push("100", at=BEGIN), "time"),
        (a_push("100.001", at=BEGIN + MINUTE * 9), "price"),
        (a_push("0", at=BEGIN + MINUTE * 9), "price"),
        (a_push("1", at=BEGIN + MINUTE * 9, quantity="0"), "quantity"),
        (
            a_push("1", at=BEGIN + MINUTE * 9, bids=levels(("2", "1")), asks=levels(("2", "1"))),
            "bids",
        ),
        (
            a_push("1", at=BEGIN + MINUTE * 9, bids=levels(("1", "1"), ("2", "1")), asks=()),
            "bids",
        ),
    ],
)
def test_push_that_can_not_happen_is_refused(push, problem):
    source = ScriptedSource(SCRIPT)
    before = list(source.ticks(0, 1 << 60))

    with pytest.raises(InvalidInput, match=problem):
        source.push(push)

    assert list(source.ticks(0, 1 << 60)) == before


def test_scripted_market_is_not_shocked():
    with pytest.raises(NotAllowed):
        ScriptedSource(SCRIPT).shock("BTCUSDT", 0, 1)


def test_json_and_csv_say_the_same(tmp_path):
    rows = [
        {"time": BEGIN, "symbol": "BTCUSDT", "price": 100.5, "quantity": "0.1"},
        {
            "time": BEGIN + 1,
            "symbol": "BTCUSDT",
            "price": "101",
            "quantity": 1,
            "bids": [["100", "1"], ["99", 2]],
            "asks": [["102", "0.5"]],
        },
    ]
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "a.csv").write_text(
        "time,symbol,price,quantity,bids,asks\n"
        f"{BEGIN},BTCUSDT,100.5,0.1,,\n"
        f"{BEGIN + 1},BTCUSDT,101,1,100:1 99:2,102:0.5\n",
        encoding="utf-8",
    )

    script = read_script(tmp_path / "a.json")

    assert script == read_script(tmp_path / "a.csv")
    assert script[1].bids == levels(("100", "1"), ("99", "2"))
    assert len(list(ScriptedSource(script).ticks(0, BEGIN + 1))) == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{}"),
        ("a.json", "nonsense"),
        ("a.json", '[{"time": 1}]'),
        ("a.json", '[{"time": 1, "symbol": "BTCUSDT", "price": "1e5", "quantity": 1}]'),
        ("a.json", "[1]"),
        ("a.csv", "time,symbol,price,quantity\nx,BTCUSDT,1,1\n"),
        ("a.csv", "time,symbol,price,quantity,bids\n1,BTCUSDT,1,1,5\n"),
        ("missing.csv", None),
    ],
)
def test_malformed_script_is_refused(tmp_path, name, text):
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInput, match=r"step|list|read"):
        read_script(tmp_path / name)
