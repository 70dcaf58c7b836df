"""Attacks on the sockets of live pages with everything a log or a network could leak (SEC-48 to SEC-52)."""

from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.dashboard.sockets import LivePage, open_socket
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


@pytest.fixture
def victim(alice, alices_bot):
    with LivePage(alice, alices_bot.path) as page:
        yield page


def cookie_of(client):
    return f"kbots={client.cookies['kbots']}"


# SEC-44
def test_owner_presses_his_button(victim, alices_bot):
    victim.press("state-Paused")
    wait_until(lambda: alices_bot.spec()["desiredState"] == "Paused", "the bot is paused")

    victim.press("state-Running")
    wait_until(lambda: alices_bot.spec()["desiredState"] == "Running", "the bot runs again")


def test_leaked_address_opens_nothing_without_the_session(dashboard, victim, bob):
    ours, evil = dashboard.url, "https://evil.example"
    attempts = [
        (evil, ""),
        (evil, victim.cookie),
        (None, victim.cookie),
        (ours, ""),
        (ours, "kbots=made-up"),
        (ours, cookie_of(bob)),
    ]

    for origin, cookie in attempts:
        with pytest.raises(InvalidStatus) as refused:
            open_socket(dashboard.url, victim.client_id, origin=origin, cookie=cookie)
        assert refused.value.response.status_code == 403, (origin, cookie)


def test_join_of_anothers_page_is_written_down(dashboard, victim, bob):
    with pytest.raises(InvalidStatus):
        open_socket(dashboard.url, victim.client_id, origin=dashboard.url, cookie=cookie_of(bob))

    assert ("socket.page", "refused") in dashboard.database.rows(
        "select action, result from kbots.audit_log"
    )


def test_own_socket_drives_no_page_of_another(victim, bob, bobs_bot, alices_bot):
    with LivePage(bob, bobs_bot.path) as attacker:
        victim.press("state-Stopped", through=attacker)
        for kind in ("javascript_response", "ack", "log", "handshake"):
            attacker.send_event({"client_id": victim.client_id, "next_message_id": 9, "tab_id": "x", "level": "error",
                                 "message": "injected", "request_id": "x", "document_id": "d"}, kind)  # fmt: skip
        attacker.press("state-Paused")
        wait_until(
            lambda: bobs_bot.spec()["desiredState"] == "Paused", "the attacker's own button works"
        )

    assert alices_bot.spec()["desiredState"] == "Running"
    assert not any("alices-trend" in frame for frame in attacker.frames)


def test_another_tab_of_the_same_person_drives_only_itself(dashboard, alice, victim, alices_bot):
    with LivePage(alice, "/trades") as other:
        victim.press("state-Stopped", through=other)
        victim.press("state-Paused")
        wait_until(
            lambda: alices_bot.spec()["desiredState"] != "Running", "the page's own button works"
        )

    assert alices_bot.spec()["desiredState"] == "Paused"
    victim.press("state-Running")
    wait_until(lambda: alices_bot.spec()["desiredState"] == "Running", "the bot runs again")


# SEC-26
def test_page_of_an_ended_session_does_nothing_more(dashboard, alices_bot, alice):
    client = dashboard.sign_in("alice")
    page = LivePage(client, alices_bot.path)
    dashboard.database.rows(
        "delete from kbots.sessions where token_hash = %s returning 1",
        (dashboard.session_of(client),),
    )

    page.press("state-Stopped")

    page.wait_for('"/login"', seconds=10)
    with pytest.raises((ConnectionClosed, TimeoutError)):
        page.wait_for("never sent", seconds=3)
    assert alices_bot.spec()["desiredState"] == "Running"


def test_page_that_is_gone_tells_its_browser_to_reload(dashboard, alice):
    socket = open_socket(
        dashboard.url, "not-there-any-more", origin=dashboard.url, cookie=cookie_of(alice)
    )

    assert str(socket.recv(timeout=5)).startswith("0")
    socket.send("40")

    assert "Implicit handshake failed" in str(socket.recv(timeout=5))
    socket.close()


def test_too_long_message_ends_the_socket(alice):
    with LivePage(alice, "/") as page:
        page.send_event({"client_id": page.client_id, "args": ["x" * 70_000]})

        with pytest.raises(ConnectionClosed):
            page.wait_for("never sent", seconds=5)


# SEC-53
def test_socket_that_sends_too_fast_is_cut_off_and_one_at_a_steady_pace_is_not(
    dashboard, alice, alices_bot
):
    with LivePage(alice, alices_bot.path) as steady, LivePage(alice, alices_bot.path) as flood:
        event = flood.click_on("state-Paused") | {"client_id": "of nobody"}
        for _ in range(120):
            flood.send_event(event)
        flood.wait_until_cut_off()
        with suppress(ConnectionClosed):  # one who does not heed it is not heard any more
            flood.press("state-Stopped")
        for _ in range(40):
            steady.send_event(event)
        steady.press("state-Paused")
        wait_until(lambda: alices_bot.spec()["desiredState"] == "Paused", "the other goes on")
        steady.press("state-Running")
        wait_until(lambda: alices_bot.spec()["desiredState"] == "Running", "the bot runs again")

    assert "socket_too_fast" in dashboard.log.read_text()
