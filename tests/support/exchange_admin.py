"""What tests ask of the paper exchange by its admin port, wherever it runs."""

import http.client
import json
import urllib.parse
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.support.platform import ExchangeTruth

__all__ = ["ExchangeAdmin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeAdmin:
    """The admin port on this machine."""

    port: int

    def truth(self, account: str) -> ExchangeTruth:
        """Ask for everything of one account, named namespace/name; one that is not open yet has nothing."""
        found = self.ask("GET", f"/admin/v1/orders?name={urllib.parse.quote(account, safe='')}")
        if found is None:
            return ExchangeTruth(orders=[], trades=[], balances={})
        shown = self.ask("GET", f"/admin/v1/accounts/{account}")
        assert shown is not None
        return ExchangeTruth(
            orders=found["orders"],
            trades=found["trades"],
            balances={
                asset: Decimal(amount["free"]) + Decimal(amount["locked"])
                for asset, amount in shown["balances"].items()
            },
        )

    def open_account(self, name: str) -> dict[str, Any]:
        """Open an account with 10000 USDT; returns its key."""
        opened = self.ask(
            "POST", "/admin/v1/accounts", {"name": name, "balances": {"USDT": "10000"}}
        )
        assert opened is not None
        return opened

    def new_key(self, account: str) -> dict[str, Any]:
        """Give an account a further key; returns it."""
        made = self.ask("POST", "/admin/v1/keys", {"name": account})
        assert made is not None
        return made

    def revoke_key(self, api_key: str) -> None:
        """Take a key from its account."""
        self.ask("DELETE", f"/admin/v1/keys/{api_key}")

    def shock(self, symbol: str, percent: str) -> None:
        """Move the market at once."""
        self.ask("POST", "/admin/v1/shock", {"symbol": symbol, "percent": percent})

    def fault(self, **fault: object) -> None:
        """Make the exchange misbehave."""
        self.ask("POST", "/admin/v1/faults", fault)

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """Send one request; None for what is not there, any other refusal fails the test."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Content-Type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == 404 and method == "GET":
                return None
            assert answer.status == 200, f"{method} {path}: {answer.status} {text!r}"
            return dict(json.loads(text))
        finally:
            connection.close()
