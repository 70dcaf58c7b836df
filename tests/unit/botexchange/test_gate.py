"""When a lockstep replay may go on."""

import asyncio

import pytest

from botcore.domain.errors import NotFound
from botexchange.lockstep.gate import Gate, RunState


def connected(gate, name, uid=1):
    participant = gate.join(name)
    participant.market_connections += 1
    participant.subscriptions += 1
    participant.accounts.add(uid)
    return participant


def test_gate_opens_when_all_are_connected_and_idle():
    gate = Gate(2)
    connected(gate, "a")
    gate.report("a", 0, is_reset=False)
    assert (gate.state, gate.is_open()) == (RunState.WAITING, False)

    other = connected(gate, "b")
    assert (gate.state, gate.is_open()) == (RunState.RUNNING, False)
    gate.report("b", 0, is_reset=False)
    assert gate.is_open()

    other.pushed += 1
    assert not gate.is_open()
    gate.report("b", 1, is_reset=False)
    assert gate.is_open()
    other.market_connections -= 1
    assert (gate.state, gate.is_open()) == (RunState.WAITING, False)


def test_gate_stays_shut_while_a_request_is_handled():
    gate = Gate(1)
    connected(gate, "a", uid=7)
    gate.report("a", 0, is_reset=False)

    with gate.handling(7):
        assert not gate.is_open()
        with gate.handling(8):
            assert gate.participants["a"].requests == 1
    assert gate.is_open()


def test_reset_starts_both_counts_anew():
    gate = Gate(1)
    connected(gate, "a").pushed = 9

    gate.report("a", 0, is_reset=True)

    assert gate.is_open()


def test_nothing_is_released_to_one_that_is_back_before_it_has_reported():
    gate = Gate(1)
    one = connected(gate, "a")
    gate.report("a", 0, is_reset=False)
    one.market_connections -= 1
    one.left()

    one.market_connections += 1
    assert not gate.is_open()

    gate.report("a", 0, is_reset=True)
    assert gate.is_open()


def test_report_of_a_stranger_is_refused():
    with pytest.raises(NotFound):
        Gate(1).report("a", 0, is_reset=False)


async def test_waiting_ends_with_the_last_report():
    gate = Gate(1)
    connected(gate, "a")
    waiting = asyncio.create_task(gate.wait())
    await asyncio.sleep(0)
    assert not waiting.done()

    gate.report("a", 0, is_reset=False)

    await asyncio.wait_for(waiting, 1)
