"""Hashing of passwords."""

import asyncio
import threading
import time

import bcrypt
import pytest

from botdashboard.access.passwords import AT_ONCE, Passwords

CHEAP = 4


@pytest.fixture
def passwords():
    return Passwords(b"pepper", cost=CHEAP)


# SEC-2
async def test_every_character_of_a_long_password_counts(passwords):
    first = "€" * 64
    stored = await passwords.hash(first)

    assert await passwords.verify(first, stored)
    assert not await passwords.verify(first + "€", stored)
    assert not await passwords.verify("€" * 63 + "£", stored)


async def test_nul_character_does_not_end_a_password(passwords):
    stored = await passwords.hash("before\0after")

    assert not await passwords.verify("before\0other", stored)


# SEC-3
async def test_stored_form_names_scheme_and_pepper_and_hides_the_password(passwords):
    stored = await passwords.hash("correct horse battery staple")

    assert stored.startswith("$kb1$")
    assert "correct" not in stored


async def test_hash_is_useless_without_its_pepper(passwords):
    stored = await passwords.hash("correct horse battery staple")

    assert not await Passwords(b"other", cost=CHEAP).verify("correct horse battery staple", stored)


# SEC-12
async def test_unknown_name_costs_a_check_and_is_never_right(passwords, monkeypatch):
    checked = []
    real = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda *given: checked.append(given) or real(*given))

    assert not await passwords.verify("anything", None)
    assert len(checked) == 1


def test_hash_of_a_smaller_cost_is_outdated():
    cheap, dear = Passwords(b"pepper", cost=CHEAP), Passwords(b"pepper", cost=CHEAP + 1)
    stored = asyncio.run(cheap.hash("correct horse battery staple"))

    assert dear.is_outdated(stored)
    assert not cheap.is_outdated(stored)


async def test_never_more_than_two_are_hashed_at_once(passwords, monkeypatch):
    lock, now, most = threading.Lock(), [0], [0]

    def slow(_password, _stored):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1
        return False

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    await asyncio.gather(*(passwords.verify("x", None) for _ in range(20)))

    assert most[0] == AT_ONCE
