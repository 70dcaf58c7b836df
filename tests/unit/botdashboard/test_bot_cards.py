"""A bot as its card."""

from datetime import timedelta

import pytest

from botdashboard.views.bots import bot_cards, halts_of
from tests.unit.botdashboard.samples import NOW, UID, a_halt, a_record, a_status, some_figures


def card_of(record=None, figures=None, halts=()):
    return bot_cards([record or a_record()], [figures] if figures else [], halts, NOW)[0]


def test_card_shows_wanted_actual_and_figures():
    card = card_of(figures=some_figures())

    assert (card.mode, card.wanted, card.actual, card.actual_tone) == (
        "PAPER",
        "Running",
        "Running",
        "good",
    )
    assert card.equity == "10,010.50 USDT"
    assert (card.today, card.today_tone) == ("▼ \u22123.25 USDT", "loss")
    assert (card.total, card.total_tone) == ("▲ +10.50 USDT", "gain")
    assert card.positions == "1"
    assert card.href == "/bots/kbots-bots/trend"


def test_bot_that_never_ran_has_no_figures_rather_than_zeros():
    card = card_of()

    assert (card.actual, card.equity, card.today, card.heartbeat) == (
        "Pending",
        "\u2013",
        "\u2013",
        "none yet",
    )


def test_silent_bot_is_not_called_running_by_its_last_word():
    silent = some_figures(heartbeat_at=NOW - timedelta(seconds=16))

    card = card_of(a_record(status=a_status()), silent)

    assert (card.actual, card.actual_tone) == ("No heartbeat", "warn")
    assert card.heartbeat == "16 s ago, silent"


@pytest.mark.parametrize("state", ["Fenced", "Halted"])
def test_state_that_needs_a_person_is_bad(state):
    assert card_of(figures=some_figures(state=state)).actual_tone == "bad"


@pytest.mark.parametrize(
    ("scope", "subject", "stops"),
    [
        ("bot", str(UID), True),
        ("bot", "another", False),
        ("owner", "alice", True),
        ("owner", "bob", False),
        ("all", "*", True),
    ],
)
def test_halt_stops_the_bots_it_names(scope, subject, stops):
    assert bool(halts_of(a_record(), [a_halt(scope, subject)])) is stops


def test_halt_outranks_the_state_and_gives_its_reason():
    card = card_of(figures=some_figures(), halts=[a_halt()])

    assert (card.actual, card.actual_tone) == ("Halted", "bad")
    assert card.note == "Halted by alice: too wild"


def test_conditions_are_good_as_they_should_be():
    status = a_status(Ready="True", Degraded="False", Halted="True", LeaseHeld="Unknown")

    card = card_of(a_record(status=status), some_figures())

    assert [(one.text, one.tone) for one in card.conditions] == [
        ("Ready", "good"),
        ("not Degraded", "good"),
        ("Halted", "bad"),
        ("LeaseHeld unknown", "warn"),
    ]
    assert card.note == "about Halted"


def test_saved_settings_are_not_called_in_force_before_they_are():
    assert card_of(figures=some_figures(generation=2)).update == "generation 3 saved, 2 in force"
    assert card_of(figures=some_figures(generation=3)).update == "generation 3 in force"
    assert "not taken" in card_of().update


def test_bot_that_is_being_deleted_is_wanted_deleted():
    assert card_of(a_record(is_deleting=True)).wanted == "Deleted"
