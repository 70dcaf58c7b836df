"""A market that does what a test says, with real orders in it."""

import json

import pytest

pytestmark = pytest.mark.e2e
BEGIN = 1_704_067_200_000


@pytest.fixture
def run_script(run_exchange, tmp_path):
    """Give a function that starts a scripted exchange."""

    def run(steps, *options):
        path = tmp_path / "script.json"
        path.write_text(json.dumps(steps), encoding="utf-8")
        return run_exchange("--source=scripted", f"--script={path}", *options)

    return run


def a_step(second, price, **values):
    return {
        "time": BEGIN + second * 1_000,
        "symbol": "BTCUSDT",
        "price": price,
        "quantity": "1",
        **values,
    }


async def test_order_takes_the_scripted_book(run_exchange):
    server = run_exchange("--source=scripted", "--symbols=BTCUSDT")
    client = await server.client(server.account("alice", USDT="100000"))
    try:
        levels = {"bids": [["99", "1"]], "asks": [["101", "0.5"], ["102", "3"]]}
        push = {"symbol": "BTCUSDT", "price": "100", "quantity": "1", **levels}
        server.admin("POST", "trades", push)
        while not (book := await client.get_order_book(symbol="BTCUSDT"))["bids"] or (
            book["bids"][0][0] != "99.00000000"
        ):
            pass

        order = await client.order_market_buy(symbol="BTCUSDT", quantity="1")

        fills = [(fill["price"], fill["qty"]) for fill in order["fills"]]
        assert fills == [("101.00000000", "0.50000000"), ("102.00000000", "0.50000000")]
        assert book["asks"] == [
            ["101.00000000", "0.50000000"],
            ["102.00000000", "3.00000000"],
        ]
        (trade,) = await client.get_recent_trades(symbol="BTCUSDT")
        assert (trade["price"], trade["isBuyerMaker"]) == ("100.00000000", False)
    finally:
        await client.close_connection()


def test_script_plays_by_the_clock(run_script):
    steps = [a_step(0, "100"), a_step(60, "90"), a_step(61, "110"), a_step(10**6, "1")]
    server = run_script(steps, "--speed=600")

    while len(rows := server.public("/api/v3/klines?symbol=BTCUSDT&interval=1m")[2]) < 4:
        pass

    assert [row[:5] for row in rows[:3]] == [
        [BEGIN, "100.00000000", "100.00000000", "100.00000000", "100.00000000"],
        [BEGIN + 60_000, "90.00000000", "110.00000000", "90.00000000", "110.00000000"],
        [BEGIN + 120_000, "110.00000000", "110.00000000", "110.00000000", "110.00000000"],
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": "100.001"},
        {"quantity": "0"},
        {"bids": [["101", "1"]], "asks": [["100", "1"]]},
        {"bids": "x"},
    ],
)
def test_malformed_push_is_refused(run_exchange, wrong):
    server = run_exchange("--source=scripted", "--symbols=BTCUSDT")
    push = {"symbol": "BTCUSDT", "price": "100", "quantity": "1", **wrong}

    with pytest.raises(OSError, match="400"):
        server.admin("POST", "trades", push)


def test_synthetic_market_takes_no_pushes(exchange):
    with pytest.raises(OSError, match="HTTP Error 4"):
        exchange.admin("POST", "trades", {"symbol": "BTCUSDT", "price": "100", "quantity": "1"})
