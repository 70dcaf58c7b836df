"""Parameters of any request, and what is refused about them."""

import pytest

from botcore.matching.refusals import VenueError
from botexchange.api.params import Params, missing, parse_form


def refusal(call):
    with pytest.raises(VenueError) as refused:
        call()
    return refused.value.code, refused.value.message


def test_query_wins_over_body():
    assert parse_form("a=1&b=2", "b=3&c=4") == {"a": "1", "b": "2", "c": "4"}


@pytest.mark.parametrize(("query", "body"), [("a=1&a=1", ""), ("", "a=1&a=2")])
def test_name_twice_in_one_place_is_refused(query, body):
    assert refusal(lambda: parse_form(query, body))[0] == -1101


def test_parameter_that_nothing_reads_is_refused():
    known, also = frozenset({"symbol", "limit"}), frozenset({"timestamp"})

    def check(*sent):
        return lambda: Params(dict.fromkeys(sent, "1")).check_names(known, also)

    check()()
    check("symbol", "limit", "timestamp")()
    assert refusal(check("symbol", "depth")) == (
        -1104,
        "Not all sent parameters were read; read '1' parameter(s) but was sent '2'.",
    )
    assert refusal(check("symbol", "limit", "timestamp", "depth")) == (
        -1101,
        "Too many parameters; expected '3' and received '4'.",
    )


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("1", 100_000_000),
        ("0.00000001", 1),
        ("1.100000000000", 110_000_000),
        ("92233720368.54775807", (1 << 63) - 1),
    ],
)
def test_decimal_is_read_in_units(text, units):
    assert Params({"price": text}).decimal("price") == units


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", -1105, "Parameter 'price' was empty."),
        ("1e3", -1100, "legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'"),
        ("-1", -1100, "Illegal characters found in parameter 'price'"),
        ("1\n", -1100, "Illegal characters"),
        ("٣", -1100, "Illegal characters"),
        (".5", -1100, "Illegal characters"),
        ("0.000000001", -1111, "Parameter 'price' has too much precision."),
        ("92233720368.54775808", -1108, "Parameter 'price' overflowed."),
    ],
)
def test_wrong_decimal_is_refused(text, code, message):
    found, words = refusal(lambda: Params({"price": text}).decimal("price"))

    assert found == code
    assert message in words


@pytest.mark.parametrize(
    ("text", "code"),
    [("", -1105), ("1.0", -1100), ("-1", -1100), ("1\n", -1100), ("9223372036854775808", -1108)],
)
def test_wrong_integer_is_refused(text, code):
    assert refusal(lambda: Params({"orderId": text}).integer("orderId"))[0] == code


def test_instant_may_be_in_microseconds():
    params = Params({"startTime": "1700000000123456", "endTime": "1700000000123"})

    assert params.instant("startTime") == params.instant("endTime") == 1_700_000_000_123
    assert params.instant("other") is None


@pytest.mark.parametrize("symbol", ["BTCUSDT", "A-B_C.D", "1000CATUSDT", "这是测试币456"])
def test_symbol_takes_any_script(symbol):
    assert Params({"symbol": symbol}).symbol() == symbol


@pytest.mark.parametrize("symbol", ["btcusdt", "BTC/USDT", "BTC USDT", "BTCUSDT\n", "A" * 51])
def test_symbol_with_other_characters_is_refused(symbol):
    code, message = refusal(Params({"symbol": symbol}).symbol)

    assert code == -1100
    assert "legal range is '^[\\w\\-._&&[^a-z]]{1,50}$'" in message


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"symbol": "A", "symbols": '["B"]'}, -1128),
        ({"symbols": "A"}, -1100),
        ({"symbols": '{"A":1}'}, -1100),
        ({"symbols": '["A",1]'}, -1100),
        ({"symbols": '["A", "B"]'}, -1100),
        ({"symbols": '["a"]'}, -1100),
        ({"symbols": "[" * 100_000}, -1100),
        ({"symbols": '["A","B","A"]'}, -1151),
        ({"symbols": ""}, -1105),
    ],
)
def test_wrong_symbols_are_refused(values, code):
    assert refusal(Params(values).symbols)[0] == code


@pytest.mark.parametrize("text", ["a b", "ä", "a.b", "x" * 37, "id\n"])
def test_client_id_has_few_characters(text):
    code, message = refusal(
        lambda: Params({"newClientOrderId": text}).client_id("newClientOrderId")
    )

    assert code == -1100
    assert "'^[a-zA-Z0-9-_]{1,36}$'" in message


@pytest.mark.parametrize("text", ["yes", "1", "True", "TRUE"])
def test_flag_is_true_or_false(text):
    assert refusal(lambda: Params({"omitZeroBalances": text}).flag("omitZeroBalances"))[0] == -1100


def test_json_values_are_read_as_they_are_signed():
    params = Params.from_json({"a": True, "b": 1, "c": "x", "d": None, "e": ["A"]})

    assert (params.text("a"), params.text("b"), params.text("c")) == ("true", "1", "x")
    assert not params.has("d")
    assert params.text("e") == '["A"]'


def test_missing_parameters_are_named():
    assert refusal(lambda: Params({}).required("side")) == (
        -1102,
        "Mandatory parameter 'side' was not sent, was empty/null, or malformed.",
    )
    assert missing("origClientOrderId", "orderId").message == (
        "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
    )
