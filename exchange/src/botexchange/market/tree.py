"""The seeded market as a tree: a day's bar splits into shorter ones that add up to it.

Every bar is a pure function of seed, symbol and time, found from above in a few steps.
So history needs no storage, never ends, and all intervals agree with each other.
Prices are 1e-8 units, volumes whole lots; all arithmetic is on integers, hence exact anywhere.
"""

import struct
from hashlib import blake2b
from itertools import accumulate, pairwise

from botexchange.market.candles import Bar

__all__ = ["day_bar", "draws", "path", "split"]

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


def draws(seed: int, *key: str | int) -> tuple[int, ...]:
    """Draw 32 numbers below 65536 that depend on nothing but the seed and the key."""
    text = ":".join(map(str, (seed, *key))).encode()
    return struct.unpack(">32H", blake2b(text, digest_size=64).digest())


def day_bar(seed: int, symbol: str, day: int, reference: int, volume: int) -> Bar:
    """Make the bar of one day since 1970; `volume` is a usual day's, in lots."""
    opened = _day_price(seed, symbol, day, reference)
    closed = _day_price(seed, symbol, day + 1, reference)
    up, down, amount, *_ = draws(seed, symbol, "day", day)
    high = max(opened, closed) + reference * DAY_REACH * up // FULL // 1_000_000
    low = min(opened, closed) - reference * DAY_REACH * down // FULL // 1_000_000
    return Bar(opened, high, low, closed, volume // 2 + volume * amount // FULL)


def split(bar: Bar, parts: int, numbers: tuple[int, ...]) -> list[Bar]:
    """Split a bar into shorter ones that add up to it exactly.

    The first number picks the regime: calm splits follow the bar's direction, wild ones swing
    within it, which makes trends and turns on every interval.
    """
    span = bar.high - bar.low
    swing = 2 + numbers[0] % 4  # quarters of the span
    walk = list(accumulate(number - FULL // 2 for number in numbers[1 : 1 + parts]))
    points = [bar.open]
    for index in range(1, parts):
        straight = bar.open + (bar.close - bar.open) * index // parts
        noise = (walk[index - 1] - walk[-1] * index // parts) * span * swing // (FULL * 2)
        points.append(min(max(straight + noise, bar.low), bar.high))
    points.append(bar.close)
    tops = [max(pair) for pair in pairwise(points)]
    bottoms = [min(pair) for pair in pairwise(points)]
    highest, lowest = tops.index(max(tops)), bottoms.index(min(bottoms))
    volumes = _share(bar.volume, [FULL // 2 + number for number in numbers[8 : 8 + parts]])
    children = []
    for index in range(parts):
        over = numbers[14 + index] * span // (FULL * 5)
        under = numbers[20 + index] * span // (FULL * 5)
        high = bar.high if index == highest else min(tops[index] + over, bar.high)
        low = bar.low if index == lowest else max(bottoms[index] - under, bar.low)
        children.append(Bar(points[index], high, low, points[index + 1], volumes[index]))
    return children


def path(bar: Bar, count: int, numbers: tuple[int, ...]) -> list[tuple[int, int]]:
    """List the trades of a bar, price and volume: from open to close over high and low."""
    half = count // 2
    turns = [1 + numbers[0] % (half - 1), half + numbers[1] % (half - 1)]
    extremes = (bar.high, bar.low) if numbers[2] % 2 else (bar.low, bar.high)
    knots = [(0, bar.open), (turns[0], extremes[0]), (turns[1], extremes[1])]
    knots.append((count - 1, bar.close))
    prices: list[int] = []
    for (begin, start), (end, stop) in pairwise(knots):
        steps = range(end - begin)
        prices.extend(start + (stop - start) * step // (end - begin) for step in steps)
    prices.append(bar.close)
    volumes = _share(bar.volume, [1] * count)
    return list(zip(prices, volumes, strict=True))


def _day_price(seed: int, symbol: str, day: int, reference: int) -> int:
    swing = 0
    for period, reach in SWINGS:
        node, offset = divmod(day, period)
        begin = draws(seed, symbol, "swing", period, node)[0] - FULL // 2
        end = draws(seed, symbol, "swing", period, node + 1)[0] - FULL // 2
        swing += (begin * (period - offset) + end * offset) * reach * 2 // (period * FULL)
    return reference + reference * swing // 1_000_000


def _share(total: int, weights: list[int]) -> list[int]:
    """Share whole lots by weight; the last share takes what is left over."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    shares[-1] += total - sum(shares)
    return shares
