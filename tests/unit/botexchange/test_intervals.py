"""Where candles begin."""

from datetime import UTC, datetime

import pytest

from botcore.candles.intervals import open_after, open_of


def ms(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000


@pytest.mark.parametrize(
    ("interval", "opens", "following"),
    [
        ("1s", ms(2024, 2, 29, 13, 47, 12), ms(2024, 2, 29, 13, 47, 13)),
        ("1m", ms(2024, 2, 29, 13, 47), ms(2024, 2, 29, 13, 48)),
        ("15m", ms(2024, 2, 29, 13, 45), ms(2024, 2, 29, 14)),
        ("4h", ms(2024, 2, 29, 12), ms(2024, 2, 29, 16)),
        ("1d", ms(2024, 2, 29), ms(2024, 3, 1)),
        ("1w", ms(2024, 2, 26), ms(2024, 3, 4)),
        ("1M", ms(2024, 2, 1), ms(2024, 3, 1)),
    ],
)
def test_candle_opens_on_its_boundary(interval, opens, following):
    moment = ms(2024, 2, 29, 13, 47, 12) + 345

    assert open_of(interval, moment) == opens
    assert open_after(interval, opens) == following
    assert open_of(interval, following - 1) == opens
    assert open_of(interval, following) == following


@pytest.mark.parametrize("interval", ["1d", "3d", "1w", "1M"])
def test_candle_of_a_zone_opens_at_its_midnight(interval):
    zone = 8 * 3_600_000
    moment = ms(2024, 2, 29, 17, 5)

    opens = open_of(interval, moment, zone)

    assert opens + zone == open_of(interval, moment + zone)
    assert open_of(interval, open_after(interval, opens, zone), zone) > moment
