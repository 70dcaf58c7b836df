"""How many frames a client of market streams may send."""

from botexchange.streams.channel import Pace


class Now:
    def __init__(self):
        self.value = 100.0

    def __call__(self):
        return self.value


def test_five_frames_a_second_may_go_on_for_ever():
    now = Now()
    pace = Pace(5, now)
    for _ in range(1_000):
        now.value += 0.2
        assert not pace.is_exceeded()


def test_six_frames_a_second_are_too_many_soon():
    now = Now()
    pace = Pace(5, now)
    sent = 0
    while not pace.is_exceeded():
        now.value += 1 / 6
        sent += 1

    assert 30 <= sent <= 70


def test_two_seconds_worth_may_come_at_once():
    now = Now()
    pace = Pace(5, now)
    assert [pace.is_exceeded() for _ in range(11)] == [False] * 10 + [True]
