"""The seeded market as a tree: a day's node splits into shorter ones that add up to it.

Every node is a pure function of seed, symbol and time, found from above in a few steps.
So history needs no storage, never ends, and all intervals agree with each other.
Prices are 1e-8 units, volumes whole lots; all arithmetic is on integers, hence exact anywhere.
Half of what moves a symbol moves all of them (the draws named "market").
"""

import struct
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate, pairwise
from typing import NamedTuple

__all__ = ["Node", "day_node", "day_price", "draws", "mixed_draws", "split"]

FULL = 65_536
# How far (1e-6) the price swings around its reference, by period in days: small swings over
# days, large ones over months, and never out of bounds.
SWINGS = (
    (1, 12_000),
    (2, 17_000),
    (4, 24_000),
    (8, 34_000),
    (16, 48_000),
    (32, 68_000),
    (64, 96_000),
    (128, 136_000),
)
DAY_REACH = 25_000  # how far (1e-6) a day's high and low may lie outside open and close


class Node(NamedTuple):
    """One bar of the tree: prices, volume, and how much of it buyers took (lots)."""

    open: int
    high: int
    low: int
    close: int
    volume: int
    taker: int


def draws(seed: int, *key: str | int) -> tuple[int, ...]:
    """Draw 32 numbers below 65536 that depend on nothing but the seed and the key."""
    text = ":".join(map(str, (seed, *key))).encode()
    return struct.unpack(">32H", blake2b(text, digest_size=64).digest())


@lru_cache(maxsize=1_024)
def _market_draws(seed: int, level: int, parent: int) -> tuple[int, ...]:
    return draws(seed, "market", level, parent)


def mixed_draws(seed: int, symbol: str, level: int, parent: int) -> tuple[int, ...]:
    """Draw for a split: the regime is the whole market's, the walk partly, the rest its own."""
    common, own = _market_draws(seed, level, parent), draws(seed, symbol, level, parent)
    walk = [(3 * common[place] + 2 * own[place]) // 5 for place in range(1, 8)]
    return (common[0], *walk, *own[8:])


def day_price(seed: int, symbol: str, day: int, reference: int) -> int:
    """Give the price at the beginning of a day since 1970: the market's swing and its own."""
    swing = _swing(seed, "market", day) * 3 // 4 + _swing(seed, symbol, day) // 2
    return reference + reference * swing // 1_000_000


def day_node(seed: int, symbol: str, day: int, prices: list[int], volume: int) -> Node:
    """Make the node of one day over these prices; `volume` is a usual day's, in lots."""
    opened, closed = prices[0], prices[-1]
    up, down, amount, taken, *_ = draws(seed, symbol, "day", day)
    reach = DAY_REACH if len(prices) == 2 else DAY_REACH // 10  # hourly prices say most of it
    high = max(prices) + opened * reach * up // FULL // 1_000_000
    low = min(prices) - opened * reach * down // FULL // 1_000_000
    whole = volume // 2 + volume * amount // FULL
    return Node(opened, high, low, closed, whole, whole * (2 * FULL + taken) // (5 * FULL))


def split(
    node: Node, parts: int, numbers: tuple[int, ...], points: list[int] | None = None
) -> list[Node]:
    """Split a node into shorter ones that add up to it exactly.

    The first number picks the regime: calm splits follow the node's direction, wild ones swing
    within it, which makes trends and turns on every interval. Given points (the prices
    between the parts) are kept within the node.
    """
    inner = _wander(node, parts, numbers) if points is None else points
    prices = [node.open, *(min(max(one, node.low), node.high) for one in inner), node.close]
    tops = [max(pair) for pair in pairwise(prices)]
    bottoms = [min(pair) for pair in pairwise(prices)]
    highest, lowest = tops.index(max(tops)), bottoms.index(min(bottoms))
    volumes = _share(node.volume, [FULL // 2 + number for number in numbers[8 : 8 + parts]])
    takers = _takers(node, volumes, numbers)
    children = []
    for index in range(parts):
        # A share of the room that is left, so that neighbours do not end at the same price.
        above = (node.high - tops[index]) * numbers[14 + index] // (FULL * 2)
        below = (bottoms[index] - node.low) * numbers[20 + index] // (FULL * 2)
        high = node.high if index == highest else tops[index] + above
        low = node.low if index == lowest else bottoms[index] - below
        children.append(
            Node(prices[index], high, low, prices[index + 1], volumes[index], takers[index])
        )
    return children


def _within(price: int, low: int, high: int) -> int:
    """Reflect a price at the bounds: one that is cut off there would stand still."""
    span = high - low
    if not span:
        return low
    offset = (price - low) % (2 * span)
    return low + min(offset, 2 * span - offset)


def _wander(node: Node, parts: int, numbers: tuple[int, ...]) -> list[int]:
    """Walk from open to close: a straight line with noise that ends at zero."""
    scale = (node.high - node.low) * (2 + numbers[0] % 4)
    rise = node.close - node.open
    walk = list(accumulate(number - FULL // 2 for number in numbers[1 : 1 + parts]))
    wandered = (
        node.open
        + rise * index // parts
        + (walk[index - 1] - walk[-1] * index // parts) * scale // (FULL * 2)
        for index in range(1, parts)
    )
    return [_within(price, node.low, node.high) for price in wandered]


def _takers(node: Node, volumes: list[int], numbers: tuple[int, ...]) -> list[int]:
    """Share what buyers took, with parts above and below the node's own share.

    Opposite parts differ by the same amount, so that no part leaves a quarter to three
    quarters of its volume, however deep the tree goes.
    """
    even = [volume * node.taker // node.volume for volume in volumes] if node.volume else volumes
    takers = list(even)
    for index in range(len(volumes) // 2):
        other = -1 - index
        room = min(
            min(even[one] - volumes[one] // 4, volumes[one] * 3 // 4 - even[one])
            for one in (index, other)
        )
        change = max(room, 0) * (numbers[26 + index] - FULL // 2) // FULL
        takers[index] += change
        takers[other] -= change
    takers[-1] += node.taker - sum(takers)
    return takers


@lru_cache(maxsize=8_192)
def _node_of_swing(seed: int, name: str, period: int, node: int) -> int:
    return draws(seed, name, "swing", period, node)[0] - FULL // 2


def _swing(seed: int, name: str, day: int) -> int:
    swing = 0
    for period, reach in SWINGS:
        node, offset = divmod(day, period)
        begin = _node_of_swing(seed, name, period, node)
        end = _node_of_swing(seed, name, period, node + 1)
        swing += (begin * (period - offset) + end * offset) * reach * 2 // (period * FULL)
    return swing


def _share(total: int, weights: list[int]) -> list[int]:
    """Share whole lots by weight; the last share takes what is left over."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    shares[-1] += total - sum(shares)
    return shares
