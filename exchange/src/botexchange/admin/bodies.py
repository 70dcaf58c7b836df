"""Reads what an operator sends; what makes no sense is refused by the name of its field."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from botcore.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from botcore.matching.numbers import to_units
from botcore.matching.refusals import VenueError
from botexchange.ports import KeyPermissions

__all__ = [
    "Body",
    "answering",
    "balances_of",
    "flag",
    "permissions_of",
    "read_body",
    "shown_permissions",
    "text",
    "units",
    "whole",
]

Body = dict[str, object]
Handler = Callable[[web.Request], Awaitable[Body]]
_ASSET: Final = re.compile(r"^[A-Z0-9]{1,12}$")
_AMOUNT: Final = re.compile(r"^[0-9]{1,11}(\.[0-9]{1,8})?$")
MOST_UNITS: Final = 50_000_000_000 * 100_000_000  # leaves room for profits in 64 bits
_PERMISSIONS: Final = {
    "reading": "reading",
    "spotTrading": "spot_trading",
    "withdrawals": "withdrawals",
    "internalTransfer": "internal_transfer",
    "universalTransfer": "universal_transfer",
    "margin": "margin",
    "futures": "futures",
}


def answering(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Turn a handler's errors into answers."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await handler(request))
        except NotFound as error:
            return web.json_response({"error": str(error)}, status=404)
        except Conflict as error:
            return web.json_response({"error": str(error)}, status=409)
        except (InvalidInput, NotAllowed, VenueError, UnicodeError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return answer


async def read_body(request: web.Request) -> Body:
    """Read a JSON object; no body is an empty one."""
    if not request.can_read_body:
        return {}
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise InvalidInput.of("body", "must be a JSON object")
    return body


def text(body: Body, name: str, longest: int = 253) -> str:
    """Give a text that must be there."""
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise InvalidInput.of(name, f"must be a text of 1 to {longest} characters")
    return value


def whole(body: Body, name: str, default: int, most: int) -> int:
    """Give a whole number from 0 on."""
    value = body.get(name, default)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise InvalidInput.of(name, f"must be a whole number from 0 to {most}")
    return value


def flag(body: Mapping[str, object], name: str, *, default: bool) -> bool:
    """Give a boolean."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise InvalidInput.of(name, "must be true or false")
    return value


def units(value: object, name: str) -> int:
    """Read a plain decimal text into 1e-8 units."""
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise InvalidInput.of(name, "must be a plain decimal string")
    amount = to_units(value)
    if amount > MOST_UNITS:
        raise InvalidInput.of(name, "must be at most 50000000000")
    return amount


def balances_of(given: object) -> dict[str, int]:
    """Read balances such as {"USDT": "10000"}."""
    if not isinstance(given, dict) or not given:
        raise InvalidInput.of("balances", 'must be an object such as {"USDT": "10000"}')
    for asset in given:
        if not _ASSET.fullmatch(asset):
            raise InvalidInput.of(f"balances.{asset}", "must be 1 to 12 capital letters or digits")
    return {asset: units(amount, f"balances.{asset}") for asset, amount in given.items()}


def permissions_of(given: object, base: KeyPermissions) -> KeyPermissions:
    """Read a key's permissions; what is not named stays."""
    if not isinstance(given, dict) or not given.keys() <= {*_PERMISSIONS, "addresses"}:
        names = ", ".join([*_PERMISSIONS, "addresses"])
        raise InvalidInput.of("permissions", f"must be an object with some of {names}")
    addresses = given.get("addresses", list(base.addresses))
    if not isinstance(addresses, list) or not all(isinstance(one, str) for one in addresses):
        raise InvalidInput.of("permissions.addresses", "must be a list of IP addresses")
    flags = {
        field: flag(given, name, default=getattr(base, field))
        for name, field in _PERMISSIONS.items()
    }
    return KeyPermissions(**flags, addresses=tuple(addresses))


def shown_permissions(permissions: KeyPermissions) -> Body:
    """Show a key's permissions by the names they are set by."""
    flags = {name: getattr(permissions, field) for name, field in _PERMISSIONS.items()}
    return {**flags, "addresses": list(permissions.addresses)}
