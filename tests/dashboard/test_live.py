"""What is committed shows on open pages at once."""

import time

import pytest

from tests.dashboard.sockets import LivePage

pytestmark = pytest.mark.postgres


def test_fill_shows_within_a_second_of_its_commit(alice, alices_bot):
    with LivePage(alice, "/trades") as page:
        for _ in range(5):
            number = alices_bot.fill()
            committed = time.monotonic()
            page.wait_for(f"BTCUSDT/{number}", seconds=5)
            assert time.monotonic() - committed < 1


def test_cut_connections_are_made_anew_and_nothing_is_missed(dashboard, alice, alices_bot):
    with LivePage(alice, "/trades") as page:
        cut = dashboard.database.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'kbots-dashboard'"
        )
        number = alices_bot.fill()
        page.wait_for(f"BTCUSDT/{number}", seconds=10)

    assert len(cut) >= 3, "two listeners and the pool"


def test_anothers_fill_sends_nothing(alice, alices_bot, bobs_bot):
    with LivePage(alice, "/trades") as page:
        bobs_bot.fill(price="66123.45")
        number = alices_bot.fill(price="55123.45")
        page.wait_for(f"/{number}")

    assert not any("66,123.45" in frame for frame in page.frames)


def test_log_is_newest_first_and_goes_on_page_by_page(alice, alices_bot):
    while (number := alices_bot.fill()) < 60:
        pass
    first = alice.get("/trades").text
    link = first.split("/trades?before=", 1)[1].split("&quot;", 1)[0].split('"', 1)[0]

    second = alice.get(f"/trades?before={link}").text

    assert first.index(f"BTCUSDT/{number}") < first.index(f"BTCUSDT/{number - 1}")
    assert f"BTCUSDT/{number - 49}&" in first.replace('"', "&")
    assert f"BTCUSDT/{number - 50}&" not in first.replace('"', "&")
    assert f"BTCUSDT/{number - 50}&" in second.replace('"', "&")


@pytest.mark.parametrize(
    "query", ["before=nonsense", "before=1.2.3.4", "before=99999999999999999999.X.1", "bot=7"]
)
def test_made_up_address_is_not_there(alice, query):
    assert alice.get(f"/trades?{query}").status_code == 404


def test_heartbeat_and_state_show_on_the_bots_page(alice, alices_bot):
    with LivePage(alice, alices_bot.path) as page:
        with alices_bot.login.connect() as connection:
            connection.execute(
                "update kbots.heartbeats set state = 'Fenced', reason = 'no lease', at = now()"
            )
        page.wait_for("no lease")
        assert any("Fenced" in frame for frame in page.frames)


def test_halt_shows_and_is_cleared_by_its_owner(alice, alices_bot):
    with LivePage(alice, alices_bot.path) as page:
        page.press("halt")
        page.wait_for("This bot is halted")
        assert alices_bot.halts() == [("halted by hand", "alice")]
    with LivePage(alice, alices_bot.path) as page:
        page.press("clear-halt-bot")
        page.wait_for("Halt cleared")
    assert alices_bot.halts() == []
