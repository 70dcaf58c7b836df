"""Who is concerned by what, as the last look at each bot found it."""

from typing import Any

from botoperator.ports import BotKey
from botoperator.services.fleet import Fleet

ALICE, BOB, CAROL, DAVE = (BotKey("kbots-bots", name) for name in ("alice", "bob", "carol", "dave"))
STATUS = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}


def stored(uid: str, owner: str, sealed_key: str | None = None) -> dict[str, Any]:
    credentials = {"credentials": {"sealedKey": sealed_key}} if sealed_key else {}
    return {
        "metadata": {"uid": uid},
        "spec": {
            "owner": owner,
            "desiredState": "Running",
            "mode": "testnet" if sealed_key else "paper",
            "exchange": {"name": "binance", "market": "spot"},
            **credentials,
        },
    }


def a_fleet() -> Fleet:
    fleet = Fleet()
    fleet.learn(ALICE, stored("1", "alice", "key-1"), STATUS)
    fleet.learn(BOB, stored("2", "bob"), STATUS)
    fleet.learn(CAROL, stored("3", "alice"), {"phase": "Stopped"})
    return fleet


def test_bots_are_found_by_uid_owner_and_key() -> None:
    fleet = a_fleet()

    assert fleet.find("2") == BOB
    assert fleet.find("4") is None
    assert fleet.of_owner("alice") == (ALICE, CAROL)
    assert fleet.using_key("key-1") == (ALICE,)


def test_bots_with_a_secret_are_found_by_its_name_and_by_any_key_that_nobody_names() -> None:
    fleet = a_fleet()
    named = {**stored("2", "bob"), "spec": {"owner": "bob", "credentials": {"secretName": "mine"}}}
    fleet.learn(BOB, named, STATUS)

    assert fleet.using_secret("kbots-bots", "mine") == (BOB,)
    assert fleet.using_secret("elsewhere", "mine") == ()
    assert fleet.using_secret("kbots-bots", "other") == ()
    assert fleet.using_key("the-secrets-uid") == (BOB,)
    assert fleet.using_key("key-1") == (ALICE,)


def test_bots_are_counted_by_state_and_condition() -> None:
    fleet = a_fleet()

    assert fleet.states() == {
        ("Running", "Running", "binance/testnet"): 1,
        ("Running", "Running", "binance/paper"): 1,
        ("Running", "Stopped", "binance/paper"): 1,
    }
    assert fleet.conditions() == {("Ready", "True"): 2}


def test_recreated_bot_takes_its_predecessors_place() -> None:
    fleet = a_fleet()

    fleet.learn(ALICE, stored("5", "alice"), STATUS)

    assert (fleet.find("1"), fleet.find("5")) == (None, ALICE)
    assert fleet.using_key("key-1") == ()


def test_who_is_gone_is_left_out() -> None:
    fleet = a_fleet()

    fleet.forget(BOB)
    fleet.begin_list()
    fleet.end_list({ALICE: stored("1", "alice", "key-2")})

    assert (fleet.find("1"), fleet.find("2"), fleet.find("3")) == (ALICE, None, None)
    assert sum(fleet.states().values()) == 1
    assert fleet.using_key("key-2") == (ALICE,)


def test_list_outranks_no_look_that_came_after_it() -> None:
    fleet = a_fleet()

    fleet.begin_list()
    listed = {ALICE: stored("1", "alice", "key-1"), BOB: stored("2", "bob")}
    fleet.learn(DAVE, stored("4", "dave"), STATUS)
    fleet.learn(ALICE, stored("1", "alice", "key-2"), STATUS)
    fleet.forget(BOB)
    fleet.end_list(listed)

    assert fleet.find("4") == DAVE
    assert fleet.using_key("key-2") == (ALICE,)
    assert (fleet.find("2"), fleet.find("3")) == (None, None)

    fleet.begin_list()
    fleet.end_list(listed)

    assert (fleet.find("2"), fleet.find("4")) == (BOB, None)
