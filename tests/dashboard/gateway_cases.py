"""What every gateway to TradingBots must do; the modules that run these cases give the fixtures.

`bots` is the gateway, `key` the bot they are about; `alice` and `bob` are signed in; `store` is where bots live.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import pytest

from botcore.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from botcore.resources.trading_bot import DesiredState
from botdashboard.ports import BotGateway
from botdashboard.views.records import BotKey
from tests.support.manifests import a_bot

__all__ = ["GatewayCases", "Store", "a_spec", "attempts", "watched"]


class Store(Protocol):
    """The place itself, for whoever else works there."""

    async def version_of(self, key: BotKey) -> str:
        """Return what every write changes."""
        ...

    async def write_status(self, key: BotKey, phase: str) -> None:
        """Write a status, as the operator does."""
        ...

    async def edit(self, key: BotKey, field: str, value: Any) -> None:
        """Change a field of the spec, as somebody else does."""
        ...

    async def hold(self, key: BotKey) -> None:
        """Let a deletion wait for the operator."""
        ...

    def end_session(self, session: bytes) -> None:
        """Sign someone out."""
        ...


def a_spec(owner: str = "alice", **changes: Any) -> dict[str, Any]:
    """Return the spec of a paper bot."""
    spec: dict[str, Any] = a_bot("trend", owner=owner, **changes)["spec"]
    return spec


def attempts(bots: BotGateway, actor: Any, key: BotKey, spec: dict[str, Any]) -> list[Any]:
    """Return everything one can try with a bot that is there, to be awaited one by one."""
    return [
        bots.get(actor, key),
        bots.apply(actor, key, spec, 1),
        bots.set_desired_state(actor, key, DesiredState.STOPPED),
        bots.delete(actor, key),
    ]


@asynccontextmanager
async def watched(bots: BotGateway) -> AsyncIterator[asyncio.Queue[BotKey | None]]:
    """Watch for the block; gives what is told, after the first look was asked for."""
    told: asyncio.Queue[BotKey | None] = asyncio.Queue()
    task = asyncio.create_task(bots.watch(told.put_nowait))
    try:
        async with asyncio.timeout(10):
            assert await told.get() is None
        yield told
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class GatewayCases:
    """The cases."""

    async def test_made_bot_has_the_defaults(self, bots, key, alice):
        made = await bots.create(alice, key, a_spec())

        assert made.generation == 1
        assert made.spec["desiredState"] == "Running"
        assert made.spec["onStop"] == {
            "orders": "Cancel",
            "positions": "Keep",
            "timeoutSeconds": 120,
        }
        assert await bots.list(alice) == (made,)
        assert await bots.get(alice, key) == made

    async def test_refusal_is_the_api_servers_word_for_word(self, bots, key, alice):
        spec = a_spec()
        spec["strategies"][0]["params"]["fast"] = 300

        with pytest.raises(InvalidInput) as refused:
            await bots.create(alice, key, spec)

        path = "spec.strategies[0].params.fast"
        assert str(refused.value) == (
            f'TradingBot.kbots.dev "trend" is invalid: {path}: Invalid value: 300: {path} in body should be'
            " less than or equal to 200"
        )

    @pytest.mark.parametrize("name", ["Trend", "a b", "../etc", "..", "x" * 51, ""])
    async def test_bad_name_is_refused_for_a_new_bot_and_found_nowhere(
        self, bots, key, alice, name
    ):
        bad = BotKey(namespace=key.namespace, name=name)

        with pytest.raises(InvalidInput):
            await bots.create(alice, bad, a_spec())
        for attempt in attempts(bots, alice, bad, a_spec()):
            with pytest.raises(NotFound):
                await attempt

    async def test_taken_name_is_a_conflict_even_if_it_is_anothers(self, bots, key, alice, bob):
        await bots.create(alice, key, a_spec())

        for actor in (alice, bob):
            with pytest.raises(Conflict, match=r'tradingbots\.kbots\.dev "trend" already exists'):
                await bots.create(actor, key, a_spec(owner=actor.name))

    async def test_change_of_what_was_read_is_taken(self, bots, key, alice):
        made = await bots.create(alice, key, a_spec())

        changed = await bots.apply(alice, key, dict(made.spec) | {"desiredState": "Paused"}, 1)

        assert (changed.generation, changed.spec["desiredState"]) == (2, "Paused")
        assert await bots.get(alice, key) == changed

    async def test_field_that_is_left_out_is_gone(self, bots, key, alice):
        made = await bots.create(
            alice, key, a_spec(risk={"maxOpenOrders": 3, "maxDailyLoss": "50"})
        )
        changed = dict(made.spec) | {"risk": {"maxOpenOrders": 4}}

        await bots.apply(alice, key, changed, 1)

        assert (await bots.get(alice, key)).spec == changed

    async def test_removed_strategy_is_gone(self, bots, key, alice):
        made = await bots.create(alice, key, a_spec())
        changed = dict(made.spec) | {"strategies": made.spec["strategies"][1:]}

        await bots.apply(alice, key, changed, 1)

        assert (await bots.get(alice, key)).spec == changed

    async def test_equal_spec_writes_nothing(self, bots, key, alice, store):
        made = await bots.create(alice, key, a_spec())
        before = await store.version_of(key)

        assert (await bots.apply(alice, key, made.spec, 1)).generation == 1
        assert await store.version_of(key) == before

    async def test_change_of_what_has_changed_meanwhile_is_a_conflict(
        self, bots, key, alice, store
    ):
        made = await bots.create(alice, key, a_spec())
        await store.edit(key, "desiredState", "Paused")

        with pytest.raises(Conflict, match="generation 2"):
            await bots.apply(alice, key, dict(made.spec) | {"risk": {"maxOpenOrders": 3}}, 1)

        found = (await bots.get(alice, key)).spec
        assert (found["desiredState"], found["risk"]) == ("Paused", made.spec["risk"])

    async def test_status_written_meanwhile_disturbs_no_change(self, bots, key, alice, store):
        made = await bots.create(alice, key, a_spec())
        await store.write_status(key, "Running")

        changed = await bots.apply(alice, key, dict(made.spec) | {"desiredState": "Paused"}, 1)

        assert (changed.generation, changed.status.phase) == (2, "Running")

    async def test_owner_stays(self, bots, key, alice):
        made = await bots.create(alice, key, a_spec())

        with pytest.raises(InvalidInput, match="owner is immutable"):
            await bots.apply(alice, key, dict(made.spec) | {"owner": "bob"}, 1)

    async def test_state_is_set_whatever_has_changed_meanwhile(self, bots, key, alice, store):
        await bots.create(alice, key, a_spec())
        await store.edit(key, "risk", {"maxOpenOrders": 3})

        await bots.set_desired_state(alice, key, DesiredState.STOPPED)

        found = await bots.get(alice, key)
        assert found.spec["desiredState"] == "Stopped"
        assert found.spec["risk"]["maxOpenOrders"] == 3

    async def test_deletion_is_asked_for_and_left_to_the_operator(self, bots, key, alice, store):
        await bots.create(alice, key, a_spec())
        await store.hold(key)

        await bots.delete(alice, key)
        await bots.delete(alice, key)

        assert (await bots.get(alice, key)).is_deleting

    async def test_anothers_bot_is_not_found(self, bots, key, alice, bob):
        made = await bots.create(alice, key, a_spec())

        assert await bots.list(bob) == ()
        for attempt in attempts(bots, bob, key, dict(made.spec) | {"owner": "bob"}):
            with pytest.raises(NotFound, match=r'^tradingbots\.kbots\.dev "trend" not found$'):
                await attempt
        assert await bots.get(alice, key) == made

    async def test_bot_that_is_not_there_is_not_found(self, bots, key, alice):
        for attempt in attempts(bots, alice, key, a_spec()):
            with pytest.raises(NotFound, match=r'^tradingbots\.kbots\.dev "trend" not found$'):
                await attempt

    async def test_bot_of_someone_else_cannot_be_made(self, bots, key, bob):
        with pytest.raises(NotAllowed):
            await bots.create(bob, key, a_spec(owner="alice"))

        assert await bots.list(bob) == ()

    async def test_ended_session_may_do_nothing(self, bots, key, alice, store):
        made = await bots.create(alice, key, a_spec())
        before = await store.version_of(key)
        store.end_session(alice.session)

        other = BotKey(namespace=key.namespace, name="other")
        for attempt in (
            bots.list(alice),
            bots.create(alice, other, a_spec()),
            *attempts(bots, alice, key, dict(made.spec) | {"desiredState": "Paused"}),
        ):
            with pytest.raises(NotAllowed):
                await attempt
        assert await store.version_of(key) == before

    async def test_watch_tells_within_two_seconds_who_changed(self, bots, key, alice, store):
        await bots.create(alice, key, a_spec())

        async with watched(bots) as told:
            await store.edit(key, "desiredState", "Paused")
            async with asyncio.timeout(2):
                while await told.get() != key:
                    pass
