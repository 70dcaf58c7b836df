"""bot.json and the credentials as the operator mounts them."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from botcore.domain.errors import InvalidInput
from botcore.resources.trading_bot import BotMode, DesiredState
from botrunner.adapters.binance_client import RelayEndpoints
from botrunner.adapters.config_files import (
    ConfigFile,
    database_address,
    read_key,
    read_key_check_config,
)

BODY: dict[str, Any] = {
    "bot": {"uid": "0b6e1f2a-1111-4222-8333-444455556666", "namespace": "n", "name": "alice", "owner": "alice"},
    "generation": 3,
    "spec": {
        "owner": "alice",
        "mode": "paper",
        "quoteAsset": "USDT",
        "paper": {"balances": {"USDT": "10000"}},
        "strategies": [
            {
                "name": "trend", "type": "ema-cross", "symbols": ["BTCUSDT"], "interval": "1h",
                "capital": "500", "params": {"fast": 12, "slow": 48},
            }
        ],
    },
    "venue": {
        "name": "binance", "environment": "paper", "restUrl": "http://127.0.0.1:9080/",
        "wsApiUrl": "ws://127.0.0.1:9080/ws-api/v3", "streamUrl": "ws://127.0.0.1:9080", "lockstep": None,
    },
    "database": {"host": "127.0.0.1", "port": 5432, "dbname": "kbots", "user": "bot_1"},
    "accountUid": "1001",
    "addedByANewerOperator": True,
}  # fmt: skip


def write(folder: Path, body: object) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    (folder / "bot.json").write_text(text, encoding="utf-8")


def without(*path: str) -> dict[str, Any]:
    body = deepcopy(BODY)
    inner = body
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]
    return body


@pytest.mark.parametrize("lockstep", [None, "alice"])
def test_relay_is_taken_unless_a_replay_hands_out_the_candles(
    tmp_path: Path, lockstep: str | None
) -> None:
    relay = {"restUrl": "http://r:9090/", "streamUrl": "ws://r:9090/"}
    write(tmp_path, BODY | {"venue": BODY["venue"] | {"lockstep": lockstep, "relay": relay}})

    found = ConfigFile(tmp_path).read().venue.endpoints.relay

    taken = RelayEndpoints(rest_url="http://r:9090", stream_url="ws://r:9090")
    assert found == (taken if lockstep is None else None)


def test_config_is_read_with_the_specs_defaults(tmp_path: Path) -> None:
    write(tmp_path, BODY)

    config = ConfigFile(tmp_path).read()

    assert (config.generation, config.account_uid) == (3, "1001")
    assert config.spec.desired_state is DesiredState.RUNNING
    assert config.venue.environment is BotMode.PAPER
    assert config.venue.endpoints.rest_url == "http://127.0.0.1:9080"
    assert config.venue.endpoints.participant is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "must be an object"),
        (without("venue", "restUrl"), "venue.restUrl: Field required"),
        (without("database"), "database: Field required"),
        (without("spec", "strategies"), "spec.strategies: Required value"),
        (BODY | {"generation": "x"}, "generation: "),
        (BODY | {"spec": None}, "spec.owner: Required value"),
    ],
)
def test_bad_config_names_what_is_wrong(tmp_path: Path, body: object, message: str) -> None:
    write(tmp_path, body)

    with pytest.raises(InvalidInput) as refused:
        ConfigFile(tmp_path).read()

    assert message in str(refused.value)


def test_missing_config_names_the_path(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"bot\.json: can't be read"):
        ConfigFile(tmp_path).read()


def test_only_changed_content_is_a_change(tmp_path: Path) -> None:
    write(tmp_path, BODY)
    file = ConfigFile(tmp_path)
    file.read()

    write(tmp_path, BODY)
    assert file.changed() is None
    write(tmp_path, BODY | {"generation": 4})
    changed = file.changed()

    assert changed is not None
    assert changed.generation == 4
    assert file.changed() is None


def test_malformed_change_is_told_once_and_the_next_good_one_is_taken(tmp_path: Path) -> None:
    write(tmp_path, BODY)
    file = ConfigFile(tmp_path)
    file.read()

    write(tmp_path, "{")
    with pytest.raises(InvalidInput):
        file.changed()
    assert file.changed() is None
    write(tmp_path, BODY)

    assert file.changed() is not None


def test_file_away_for_a_moment_is_no_change(tmp_path: Path) -> None:
    write(tmp_path, BODY)
    file = ConfigFile(tmp_path)
    file.read()

    (tmp_path / "bot.json").unlink()

    assert file.changed() is None


def test_key_check_needs_bot_and_venue_alone(tmp_path: Path) -> None:
    write(tmp_path, {"bot": BODY["bot"], "venue": BODY["venue"]})

    assert read_key_check_config(tmp_path).bot.name == "alice"


def test_credentials_are_read_from_their_files_and_never_shown(tmp_path: Path) -> None:
    write(tmp_path, BODY)
    for name, text in {
        "api-key": "k\n",
        "api-secret": "hush\n",
        "database-password": "quiet",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    key = read_key(tmp_path)
    address = database_address(ConfigFile(tmp_path).read(), tmp_path)

    assert (key.api_key, key.secret, address.password) == ("k", "hush", "quiet")
    assert "hush" not in repr(key)
    assert "quiet" not in repr(address)


def test_missing_credential_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="api-key"):
        read_key(tmp_path)
