"""Names of market streams."""

import pytest

from botexchange.streams.frames_topics import TopicKind, parse_topic


@pytest.mark.parametrize(
    ("stream", "kind", "every_ms"),
    [
        ("btcusdt@trade", TopicKind.TRADE, 0),
        ("btcusdt@aggTrade", TopicKind.AGG_TRADE, 0),
        ("btcusdt@bookTicker", TopicKind.BOOK_TICKER, 0),
        ("btcusdt@kline_1s", TopicKind.KLINE, 1_000),
        ("btcusdt@kline_1M", TopicKind.KLINE, 2_000),
        ("btcusdt@kline_1d@+08:00", TopicKind.KLINE, 2_000),
        ("btcusdt@depth", TopicKind.DEPTH, 1_000),
        ("btcusdt@depth@100ms", TopicKind.DEPTH, 100),
        ("btcusdt@depth5", TopicKind.LEVELS, 1_000),
        ("btcusdt@depth20@100ms", TopicKind.LEVELS, 100),
        ("btcusdt@depth10@1000ms", TopicKind.LEVELS, 1_000),
        ("btcusdt@miniTicker", TopicKind.MINI_TICKER, 1_000),
        ("btcusdt@ticker", TopicKind.TICKER, 1_000),
        ("btcusdt@ticker_4h", TopicKind.WINDOW, 1_000),
        ("btcusdt@avgPrice", TopicKind.AVERAGE, 1_000),
        ("!miniTicker@arr", TopicKind.MINI_TICKER, 1_000),
        ("!miniTicker@arr@1000ms", TopicKind.MINI_TICKER, 1_000),
        ("!miniTicker@arr@3000ms", TopicKind.MINI_TICKER, 3_000),
        ("!ticker_1d@arr", TopicKind.WINDOW, 1_000),
        ("这是测试币456usdt@trade", TopicKind.TRADE, 0),
    ],
)
def test_stream_is_known(stream, kind, every_ms):
    topic = parse_topic(stream)

    assert (topic.kind, topic.every_ms, topic.stream) == (kind, every_ms, stream)
    assert topic.symbol == ("" if stream.startswith("!") else stream.partition("@")[0].upper())


@pytest.mark.parametrize(
    "stream",
    [
        *("", "btcusdt", "BTCUSDT@trade", "btcusdt@", "btcusdt@Trade", "btcusdt@depth7"),
        *("btcusdt@depth@10ms", "btcusdt@kline_", "btcusdt@kline_1x", "btcusdt@kline_1d@08:00"),
        *("btcusdt@kline_1d@+15:00", "!ticker@arr", "!miniTicker", "!nothing@arr", "!@arr"),
        *("!miniTicker@arr@2000ms", "!ticker_1d@arr@1000ms", "!miniTicker@arr@"),
        *("btcusdt@ticker_2h", "btcusdt@trade\n", "btcusdt@depth20@100ms\n", "@trade@trade"),
    ],
)
def test_other_names_are_no_streams(stream):
    assert parse_topic(stream) is None


def test_zone_of_a_kline_is_read():
    assert parse_topic("btcusdt@kline_1d@+08:30").span_ms == 30_600_000
    assert parse_topic("btcusdt@kline_1d@-03:00").span_ms == -10_800_000
