"""The first admin's link: printed, single use, dead once there is an account (SEC-38)."""

import pytest

from tests.dashboard.process import PASSWORD

pytestmark = pytest.mark.postgres
FIELDS = {"name": "admin", "password": PASSWORD, "repeated": PASSWORD}


def test_first_admin_signs_in_with_his_link_and_nobody_does_twice(dashboard):
    link = dashboard.setup_link().removeprefix(dashboard.url)
    other = dashboard.setup_link().removeprefix(dashboard.url)
    client = dashboard.client()

    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200, "looking must not use it up"
    weak = client.post(link, data=FIELDS | {"password": "short", "repeated": "short"})
    assert weak.status_code == 422
    assert "at least 15 characters" in weak.text
    assert client.post(link, data=FIELDS | {"repeated": "another"}).status_code == 422
    assert client.post(link, data=FIELDS | {"name": "No Name!"}).status_code == 422
    assert client.post(link, data=FIELDS).headers["location"] == "/"
    assert client.get("/").status_code == 200

    assert dashboard.client().post(link, data=FIELDS | {"name": "eve"}).status_code == 404
    assert dashboard.client().post(other, data=FIELDS | {"name": "eve"}).status_code == 404
    assert dashboard.setup_link() == "an admin exists"
    assert dashboard.database.rows("select name, role from kbots.users") == [("admin", "admin")]


# SEC-37
def test_invitation_makes_one_account_of_its_role(dashboard):
    link = dashboard.invite("trader")
    dashboard.accept(link, "carol")

    again = dashboard.client().post(link, data=FIELDS | {"name": "mallory"})

    assert again.status_code == 404
    assert dashboard.database.rows("select role from kbots.users where name = 'carol'") == [
        ("trader",)
    ]


def test_taken_name_is_refused_and_the_link_stays_usable(dashboard):
    link = dashboard.invite()

    refused = dashboard.client().post(link, data=FIELDS)

    assert refused.status_code == 422
    assert "Is taken" in refused.text
    dashboard.accept(link, "dave")


# SEC-37
def test_made_up_and_old_links_are_refused(dashboard):
    old = dashboard.invite()
    with dashboard.database.connect() as connection:
        connection.execute("update kbots.invites set expires_at = now() where used_at is null")

    assert dashboard.client().get("/setup/made-up").status_code == 404
    assert dashboard.client().get(old).status_code == 404
    assert dashboard.client().post(old, data=FIELDS | {"name": "eve"}).status_code == 404


def test_nothing_is_written_where_it_was_started(dashboard):
    assert {one.name for one in dashboard.folder.iterdir()} == {
        "password",
        "secrets",
        "dashboard.log",
    }
