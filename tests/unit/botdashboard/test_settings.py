"""Settings from the environment."""

import subprocess
import sys

import pytest

from botcore.domain.errors import InvalidInput
from botdashboard.settings import PREFIX, DashboardSettings


def load(**values):
    given = {"PASSWORD_FILE": "/nowhere", "SECRETS_DIR": "/nowhere"} | values
    return DashboardSettings.load(PREFIX, {PREFIX + name: text for name, text in given.items()})


def test_loopback_origin_has_its_other_spelling():
    assert load(PORT="8123").origins == {"http://127.0.0.1:8123", "http://localhost:8123"}


def test_public_origin_stands_alone():
    settings = load(PUBLIC_ORIGIN="https://bots.example/")

    assert settings.origins == {"https://bots.example"}
    assert settings.is_https


def test_name_that_only_begins_like_loopback_gets_no_second_spelling():
    assert load(PUBLIC_ORIGIN="http://localhost.evil.example").origins == {
        "http://localhost.evil.example"
    }


def test_missing_setting_is_named():
    with pytest.raises(InvalidInput, match="KBOTS_DASHBOARD_PASSWORD_FILE"):
        DashboardSettings.load(PREFIX, {PREFIX + "SECRETS_DIR": "/nowhere"})


def test_password_that_is_not_there_is_named_by_its_file():
    with pytest.raises(InvalidInput, match="/nowhere"):
        load().database()


def test_addresses_of_the_bots_are_addresses():
    assert load().egress == ()
    assert load(EGRESS_ADDRESSES="192.0.2.7, 2001:DB8::1").egress == (
        "192.0.2.7",
        "2001:db8::1",
    )  # TR-70
    with pytest.raises(InvalidInput, match=r"bots\.example"):
        load(EGRESS_ADDRESSES="192.0.2.7,bots.example").egress  # noqa: B018 it raises


def test_bots_live_in_the_table_unless_said_otherwise():
    assert load().resources == "table"
    assert load(RESOURCES="kubernetes").resources == "kubernetes"
    with pytest.raises(InvalidInput, match="KBOTS_DASHBOARD_RESOURCES"):
        load(RESOURCES="cluster")


def test_host_without_a_cluster_loads_no_kubernetes_client():
    look = "import sys, botdashboard.main; sys.exit('kubernetes' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", look], check=False, timeout=60).returncode == 0
