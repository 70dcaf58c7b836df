"""Public endpoints: parameters, shapes, refusals; the WebSocket API answers the same."""

import json

import aiohttp
import pytest

pytestmark = pytest.mark.e2e
DAY = 86_400_000
ALL = {"symbols": '["BTCUSDT","ETHBTC"]'}
FULL = {
    *("symbol", "priceChange", "priceChangePercent", "weightedAvgPrice", "openPrice", "highPrice"),
    *("lowPrice", "lastPrice", "volume", "quoteVolume", "openTime", "closeTime", "firstId"),
    *("lastId", "count"),
}
MINI = FULL - {"priceChange", "priceChangePercent", "weightedAvgPrice"}
DAILY = FULL | {
    *("prevClosePrice", "lastQty", "bidPrice", "bidQty", "askPrice", "askQty"),
}


def get(server, path):
    status, _, answer = server.public(f"/api/v3/{path}")
    assert status == 200, answer
    return answer


def test_symbol_shows_every_filter(exchange):
    info = get(exchange, "exchangeInfo?symbol=BTCUSDT")
    (symbol,) = info["symbols"]

    filters = {one.pop("filterType"): one for one in symbol["filters"]}
    assert set(filters) == {
        *("PRICE_FILTER", "LOT_SIZE", "ICEBERG_PARTS", "MARKET_LOT_SIZE", "TRAILING_DELTA"),
        *("PERCENT_PRICE_BY_SIDE", "NOTIONAL", "MAX_NUM_ORDERS", "MAX_NUM_ORDER_LISTS"),
        *("MAX_NUM_ALGO_ORDERS", "MAX_NUM_ICEBERG_ORDERS", "MAX_NUM_ORDER_AMENDS"),
    }
    assert filters["TRAILING_DELTA"]["maxTrailingBelowDelta"] == 2_000
    for flag in ("icebergAllowed", "otoAllowed", "allowTrailingStop", "amendAllowed"):
        assert symbol[flag] is True
    assert symbol["permissionSets"] == [["SPOT"]]
    assert "sors" not in info


def test_symbols_are_selected(exchange):
    def names(query):
        return [one["symbol"] for one in get(exchange, f"exchangeInfo?{query}")["symbols"]]

    assert len(names("")) == 10
    assert names('symbols=["ETHBTC","BTCUSDT"]') == ["ETHBTC", "BTCUSDT"]
    assert len(names("permissions=SPOT")) == len(names('permissions=["SPOT","MARGIN"]')) == 10
    assert names("permissions=MARGIN") == []
    assert len(names("symbolStatus=TRADING")) == 10
    assert names("symbolStatus=HALT") == []
    info = get(exchange, "exchangeInfo?symbol=BTCUSDT&showPermissionSets=false")
    assert info["symbols"][0]["permissionSets"] == []


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("ticker/24hr", DAILY),
        ("ticker/tradingDay", FULL),
        ("ticker", FULL),
        ("ticker/price", {"symbol", "price"}),
        ("ticker/bookTicker", {"symbol", "bidPrice", "bidQty", "askPrice", "askQty"}),
    ],
)
def test_ticker_is_an_object_for_one_symbol_and_a_list_for_several(exchange, path, keys):
    one = get(exchange, f"{path}?symbol=BTCUSDT")
    several = get(exchange, f'{path}?symbols=["BTCUSDT","ETHBTC"]')

    assert set(one) == keys
    assert [set(each) for each in several] == [keys, keys]
    if path not in {"ticker", "ticker/tradingDay"}:
        assert len(get(exchange, path)) == 10
    if keys >= MINI:
        assert set(get(exchange, f"{path}?symbol=BTCUSDT&type=MINI")) == MINI


def test_tickers_are_their_candles(exchange):
    ticker = get(exchange, "ticker?symbol=BTCUSDT&windowSize=3h")
    begin, end = ticker["openTime"], ticker["closeTime"]
    rows = get(exchange, f"klines?symbol=BTCUSDT&interval=1m&startTime={begin}&endTime={end}")

    assert begin % 60_000 == 0
    assert 3 * 3_600_000 <= end - begin < 3 * 3_600_000 + 60_000
    assert ticker["openPrice"] == rows[0][1]
    assert float(ticker["highPrice"]) == max(float(row[2]) for row in rows)
    assert float(ticker["lowPrice"]) == min(float(row[3]) for row in rows)
    assert ticker["count"] <= sum(row[8] for row in rows) <= ticker["count"] + 5
    trades = get(exchange, f"historicalTrades?symbol=BTCUSDT&fromId={ticker['firstId']}&limit=1")
    assert begin <= trades[0]["time"] < begin + 1_000


def test_average_price_is_that_of_five_minutes_from_the_start(run_exchange):
    server = run_exchange("--source=synthetic", "--seed=7")
    average = get(server, "avgPrice?symbol=BTCUSDT")
    end = average["closeTime"]
    rows = get(server, "trades?symbol=BTCUSDT&limit=305")
    mine = [row for row in rows if end - 300_000 <= row["time"] <= end]
    volume = sum(float(row["qty"]) for row in mine)
    worth = sum(float(row["quoteQty"]) for row in mine)

    assert len(mine) >= 300
    assert float(average["price"]) == pytest.approx(worth / volume, rel=1e-9)


def test_candles_follow_zone_start_end_and_limit(exchange):
    def opens(query):
        return [row[0] for row in get(exchange, f"klines?symbol=BTCUSDT&{query}")]

    now = get(exchange, "time")["serverTime"]
    noon = now // DAY * DAY - 10 * DAY
    assert len(opens("interval=1s")) == 500
    assert len(opens("interval=1M&limit=1000")) > 200
    assert opens(f"interval=1h&startTime={noon}&limit=2") == [noon, noon + 3_600_000]
    assert opens(f"interval=1h&endTime={noon}&limit=2") == [noon - 3_600_000, noon]
    assert opens(f"interval=1h&startTime={noon}&endTime={noon + 1}") == [noon]
    assert opens(f"interval=1h&startTime={noon}000&endTime={noon}001") == [noon], "microseconds"
    for zone, hours in (("8", 8), ("-03:00", -3), ("05:45", 5.75)):
        (found,) = opens(f"interval=1d&limit=1&timeZone={zone}&endTime={noon}")
        assert (found + hours * 3_600_000) % DAY == 0
    assert get(exchange, "klines?symbol=BTCUSDT&interval=1d&limit=3&endTime=" + str(noon)) == get(
        exchange, "uiKlines?symbol=BTCUSDT&interval=1d&limit=3&endTime=" + str(noon)
    )


@pytest.mark.parametrize("interval", ["1s", "15m", "1d", "1w", "1M"])
def test_candles_from_the_start_of_time_are_the_oldest(exchange, interval):
    query = f"klines?symbol=BTCUSDT&interval={interval}&startTime=0&limit="

    first, second = get(exchange, f"{query}2")

    assert get(exchange, f"{query}1") == [first]
    assert get(exchange, f"{query}1&endTime={first[0]}") == [first]
    assert get(exchange, f"{query}1&endTime={first[0] - 1}") == []
    following = f"klines?symbol=BTCUSDT&interval={interval}&limit=1&startTime={first[6] + 1}"
    assert get(exchange, following) == [second]


@pytest.mark.parametrize("interval", ["15m", "1h", "1d", "3d", "1w", "1M"])
def test_candles_begin_when_the_symbol_was_listed(run_exchange, tmp_path, interval):
    listed = {"BTCUSDT": 1_600_000_000_000 // 900_000, "ETHUSDT": 1_650_004_200_000 // 900_000}
    files = []
    for symbol, begin in listed.items():
        rows = [f"{(begin + index) * 900_000},10,12,9,11,5" for index in range(4 * 24 * 40)]
        path = tmp_path / f"{symbol}-15m.csv"
        path.write_text("\n".join(["time,open,high,low,close,volume", *rows, ""]), encoding="utf-8")
        files.append(f"--csv={path}")
    server = run_exchange("--source=replay", *files, "--start=2022-05-20", data=None)

    for symbol, begin in listed.items():
        query = f"klines?symbol={symbol}&interval={interval}&startTime=0&limit="
        (row,) = get(server, f"{query}1")
        assert row[0] <= begin * 900_000 <= row[6]
        assert get(server, f"{query}1000")[0] == row


def test_trades_can_be_paged_by_id_and_by_time(exchange):
    newest = get(exchange, "trades?symbol=ETHUSDT&limit=20")
    first = newest[0]["id"]
    assert [one["id"] for one in newest] == list(range(first, first + 20))
    assert set(newest[0]) == {
        *("id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isBestMatch"),
    }

    by_id = get(exchange, f"aggTrades?symbol=ETHUSDT&fromId={first}&limit=20")
    begin, end = newest[0]["time"], newest[-1]["time"]
    by_time = get(exchange, f"aggTrades?symbol=ETHUSDT&startTime={begin}&endTime={end}")
    until = get(exchange, f"aggTrades?symbol=ETHUSDT&endTime={end}&limit=20")

    assert by_id == by_time == until
    assert set(by_id[0]) == {*("a", "p", "q", "f", "l", "T", "m", "M")}
    assert [one["p"] for one in by_id] == [one["price"] for one in newest]
    assert get(exchange, "historicalTrades?symbol=ETHUSDT&fromId=0&limit=1")[0]["id"] == 0
    assert get(exchange, f"historicalTrades?symbol=ETHUSDT&fromId={first + 10**9}") == []


@pytest.mark.parametrize(
    ("path", "code", "text"),
    [
        ("depth", -1102, "'symbol'"),
        ("depth?symbol=NOUSDT", -1121, "Invalid symbol."),
        ("depth?symbol=BTCUSDT&symbolStatus=HALT", -1220, "symbolStatus"),
        ("depth?symbol=BTCUSDT&symbolStatus=X", -1122, "Invalid symbolStatus."),
        ("depth?symbol=BTCUSDT&symbolStatus=CANCEL_ONLY", -1122, "Invalid symbolStatus."),
        ("klines?symbol=BTCUSDT", -1102, "'interval'"),
        ("klines?symbol=BTCUSDT&interval=1H", -1120, "Invalid interval."),
        ("klines?symbol=BTCUSDT&interval=1h&timeZone=15", -1130, "timeZone"),
        ("klines?symbol=BTCUSDT&interval=1h&timeZone=-13", -1130, "timeZone"),
        ("klines?symbol=BTCUSDT&interval=1h&timeZone=1%0A", -1130, "timeZone"),
        ("klines?symbol=BTCUSDT&interval=1h&startTime=-1", -1100, "startTime"),
        ("aggTrades?symbol=BTCUSDT&fromId=1&startTime=2", -1128, "Combination"),
        ("aggTrades?symbol=BTCUSDT&fromId=x", -1100, "fromId"),
        ("ticker?windowSize=1h", -1102, "symbol"),
        ("ticker?symbol=BTCUSDT&windowSize=60m", -1130, "windowSize"),
        ("ticker?symbol=BTCUSDT&windowSize=8d", -1130, "windowSize"),
        ("ticker?symbol=BTCUSDT&type=BIG", -1139, "Invalid ticker type."),
        ("ticker/tradingDay", -1102, "symbol"),
        ("ticker/24hr?symbol=BTCUSDT&symbols=[]", -1128, "Combination"),
        ('ticker/price?symbols=["BTCUSDT","BTCUSDT"]', -1151, "multiple times"),
        ("exchangeInfo?symbol=BTCUSDT&permissions=SPOT", -1128, "Combination"),
        ("exchangeInfo?symbol=BTCUSDT&symbolStatus=TRADING", -1128, "Combination"),
        ("exchangeInfo?permissions=[", -1130, "permissions"),
        ("referencePrice?symbol=BTCUSDT", -2043, "doesn't have a reference price"),
        ("referencePrice/calculation?symbol=BTCUSDT", -2043, "doesn't have a reference price"),
        ("referencePrice", -1102, "'symbol'"),
    ],
)
def test_refusal_has_binances_code(exchange, path, code, text):
    status, _, answer = exchange.public(f"/api/v3/{path}")

    assert (status, answer["code"]) == (400, code)
    assert text in answer["msg"]


@pytest.mark.parametrize(
    ("path", "weight"),
    [
        ("ping", 1),
        ("exchangeInfo", 20),
        ("depth?symbol=BTCUSDT&limit=100", 5),
        ("depth?symbol=BTCUSDT&limit=101", 25),
        ("depth?symbol=BTCUSDT&limit=5000", 250),
        ("trades?symbol=BTCUSDT", 25),
        ("aggTrades?symbol=BTCUSDT", 4),
        ("klines?symbol=BTCUSDT&interval=1d&limit=1", 2),
        ("ticker/24hr?symbol=BTCUSDT", 2),
        ("ticker/24hr", 80),
        ("ticker/price?symbol=BTCUSDT", 2),
        ("ticker/bookTicker", 4),
        ('ticker?symbols=["BTCUSDT","ETHUSDT"]', 8),
        ("executionRules", 40),
    ],
)
def test_weight_is_as_documented(run_exchange, path, weight):
    """TR-56."""
    _, headers, _ = run_exchange("--seed=7").public(f"/api/v3/{path}")

    assert int(headers["X-MBX-USED-WEIGHT-1M"]) == weight


TWINS = [
    ("exchangeInfo", "exchangeInfo", {"symbols": ["BTCUSDT"]}),
    ("trades.historical", "historicalTrades", {"symbol": "BTCUSDT", "fromId": 9, "limit": 2}),
    ("trades.aggregate", "aggTrades", {"symbol": "BTCUSDT", "fromId": 9, "limit": 2}),
    ("klines", "klines", {"symbol": "BTCUSDT", "interval": "1d", "endTime": 10**12}),
    ("uiKlines", "uiKlines", {"symbol": "BTCUSDT", "interval": "1d", "endTime": 10**12}),
    ("executionRules", "executionRules", {}),
    ("ping", "ping", {}),
]
METHODS = {
    "depth": {"symbol": "BTCUSDT", "limit": 5},
    "trades.recent": {"symbol": "BTCUSDT"},
    "avgPrice": {"symbol": "BTCUSDT"},
    "ticker.24hr": {"symbol": "BTCUSDT"},
    "ticker.tradingDay": {"symbols": ["BTCUSDT"]},
    "ticker": {"symbol": "BTCUSDT", "windowSize": "7d"},
    "ticker.price": {},
    "ticker.book": {"symbols": ["BTCUSDT", "ETHBTC"]},
    "time": {},
}


async def test_websocket_api_answers_the_same(exchange):
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://127.0.0.1:{exchange.port}/ws-api/v3") as socket,
    ):

        async def ask(method, params):
            await socket.send_json({"id": 1, "method": method, "params": params})
            return json.loads(await socket.receive_str())

        for method, path, params in TWINS:
            query = "&".join(
                f"{name}={json.dumps(value) if isinstance(value, list) else value}"
                for name, value in params.items()
            )
            answer, rest = await ask(method, params), get(exchange, f"{path}?{query}")
            for one in (answer["result"], rest):
                if isinstance(one, dict):
                    one.pop("serverTime", None)
                    one.pop("rateLimits", None)  # each names the limits of its own door
            assert answer["result"] == rest
        for method, params in METHODS.items():
            assert (await ask(method, params))["status"] == 200, method
        assert (await ask("referencePrice", {"symbol": "BTCUSDT"}))["error"]["code"] == -2043
