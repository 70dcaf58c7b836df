"""The write budget, in virtual time."""

import asyncio

from botoperator.services.write_budget import WriteBudget
from tests.support.virtual_time import run_virtual


def taken(budget: WriteBudget, count: int) -> list[float]:
    """When each of so many writers that come at once may write."""
    times: list[float] = []

    async def take() -> None:
        await budget.take()
        times.append(asyncio.get_running_loop().time())

    async def main() -> None:
        await asyncio.sleep(100)
        await asyncio.gather(*(take() for _ in range(count)))

    run_virtual(main())
    return [round(one - 100, 6) for one in times]


def test_one_second_of_writes_goes_at_once_and_the_rest_at_the_pace() -> None:
    waits: list[float] = []

    times = taken(WriteBudget(50, waits.append), 150)

    assert times[:50] == [0.0] * 50
    assert times[50] == 0.02
    assert times[149] == 2.0
    assert len(waits) == 100
    assert round(max(waits), 6) == 2.0


def test_who_came_first_writes_first_and_nothing_is_saved_up_beyond_a_second() -> None:
    budget = WriteBudget(2)
    order: list[int] = []

    async def take(number: int) -> None:
        await budget.take()
        order.append(number)

    async def main() -> float:
        await asyncio.sleep(1_000)
        await asyncio.gather(*(take(number) for number in range(6)))
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == 1_002
    assert order == list(range(6))


def test_no_budget_is_no_limit() -> None:
    assert taken(WriteBudget(0), 1_000) == [0.0] * 1_000
