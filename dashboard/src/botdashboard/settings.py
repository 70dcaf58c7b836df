"""Settings of the dashboard, from KBOTS_DASHBOARD_*."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from botcore.domain.errors import InvalidInput
from botcore.ledger.connect import DatabaseAddress
from botcore.runtime.settings import EnvSettings, read_secret_file

__all__ = ["PREFIX", "DashboardSettings"]

PREFIX = "KBOTS_DASHBOARD_"


class DashboardSettings(EnvSettings):
    """What the dashboard needs to know before it starts."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8080
    """Port to listen on."""
    public_origin: str = ""
    """Where people reach it, as scheme://host:port; default: http:// and the address above."""
    forwarded_allow_ips: str = "127.0.0.1"
    """Peers whose X-Forwarded-For is believed (SEC-16), separated by commas."""
    database_host: str = "127.0.0.1"
    database_port: int = 5432
    database_name: str = "kbots"
    database_user: str = "kbots_dashboard"
    password_file: Path
    """File with the password of the database user."""
    secrets_dir: Path
    """Folder of the password pepper; both are made if they are not there, for this program's eyes only."""
    resources: Literal["table", "kubernetes"] = "table"
    """Where TradingBots live: a table of the database, or the API server of the pod's cluster or of KUBECONFIG."""
    egress_addresses: str = ""
    """Addresses the bots' requests come from, separated by commas: what people restrict their keys to (TR-70)."""
    namespace: str = "kbots-bots"
    """Namespace of the bots that are made in the dashboard."""
    tenants: str = ""
    """Namespaces in which one person alone has bots, on Kubernetes: `kbots-alice=alice,kbots-bob=bob`."""

    @property
    def owners(self) -> Mapping[str, str]:
        """The tenants' namespaces, each with its owner."""
        pairs = (part.partition("=") for part in self.tenants.split(",") if part.strip())
        return {namespace.strip(): owner.strip() for namespace, _, owner in pairs}

    @property
    def origin(self) -> str:
        """The origin people use, without a slash at its end."""
        return (self.public_origin or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def is_https(self) -> bool:
        """Whether cookies may be marked Secure."""
        return urlsplit(self.origin).scheme == "https"

    @property
    def origins(self) -> frozenset[str]:
        """The origins a request may come from; on loopback both spellings of it."""
        twins = {"http://127.0.0.1": "http://localhost", "http://localhost": "http://127.0.0.1"}
        found = {self.origin}
        for name, twin in twins.items():
            if self.origin == name or self.origin.startswith(f"{name}:"):
                found.add(twin + self.origin.removeprefix(name))
        return frozenset(found)

    @property
    def egress(self) -> tuple[str, ...]:
        """The bots' addresses; none if nobody named them.

        Raises:
            InvalidInput: one is no IP address.
        """
        return tuple(
            _address(one.strip()) for one in self.egress_addresses.split(",") if one.strip()
        )

    def database(self) -> DatabaseAddress:
        """Read the password and name the database.

        Raises:
            InvalidInput: the password file can't be read.
        """
        return DatabaseAddress(
            host=self.database_host,
            port=self.database_port,
            dbname=self.database_name,
            user=self.database_user,
            password=read_secret_file(self.password_file),
            application_name="kbots-dashboard",
        )


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise InvalidInput.of(f"{PREFIX}EGRESS_ADDRESSES", f"{text} is no IP address") from error
