"""Accounts and their keys, as their operator handles them."""

import secrets
from dataclasses import dataclass, replace

import structlog
from aiohttp import web

from botcore.domain.errors import InvalidInput, NotFound
from botcore.matching.accounts import Account
from botcore.matching.numbers import plain
from botexchange.admin.bodies import (
    Body,
    answering,
    balances_of,
    flag,
    permissions_of,
    read_body,
    shown_permissions,
    text,
    units,
)
from botexchange.auth import key_kind
from botexchange.ports import ApiKey, KeyKind, KeyPermissions, Owner
from botexchange.streams.user_events import balance_update
from botexchange.venue import Venue
from botexchange.wsapi.server import WsApi

__all__ = ["AccountsAdmin"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsAdmin:
    """Opens accounts, pays in and out, gives and takes keys."""

    venue: Venue
    ws_api: WsApi

    def routes(self) -> list[web.RouteDef]:
        """List what this part of the control port serves."""
        one, key = "/admin/v1/accounts/{name:.+}", "/admin/v1/keys/{key:[A-Za-z0-9]+}"
        return [
            web.get("/admin/v1/accounts", answering(self._list)),
            web.post("/admin/v1/accounts", answering(self._open)),
            web.post(f"{one}/reset", answering(self._reset)),
            web.post(f"{one}/transfer", answering(self._transfer)),
            web.get(one, answering(self._show)),
            web.patch(one, answering(self._change)),
            web.get("/admin/v1/keys", answering(self._list_keys)),
            web.post("/admin/v1/keys", answering(self._new_key)),
            web.patch(key, answering(self._change_key)),
            web.delete(key, answering(self._revoke_key)),
        ]

    async def _list(self, _request: web.Request) -> Body:
        accounts = self.venue.engine.accounts.values()
        return {"accounts": [{"name": one.name, "uid": one.uid} for one in accounts]}

    async def _open(self, request: web.Request) -> Body:
        body = await read_body(request)
        name, public_key = text(body, "name"), _public_key(body)
        owner, is_new = await self.venue.open_account(
            name, balances_of(body.get("balances")), public_key
        )
        if is_new:
            _log.info("account_opened", account=name, uid=owner.uid)
        return {"uid": owner.uid, **_shown_secret(owner.api_key), "created": is_new}

    async def _show(self, request: web.Request) -> Body:
        return await self._shown(await self._owner(request.match_info["name"]))

    async def _reset(self, request: web.Request) -> Body:
        owner = await self._owner(request.match_info["name"])
        body = await read_body(request)
        balances = balances_of(body["balances"]) if "balances" in body else owner.initial
        self.venue.set_balances(owner.uid, balances)
        await self.venue.durable()
        return await self._shown(owner)

    async def _transfer(self, request: web.Request) -> Body:
        """Pay in, or out with a minus sign; the account's streams hear of it (balanceUpdate)."""
        owner = await self._owner(request.match_info["name"])
        body = await read_body(request)
        asset, amount = text(body, "asset", 12), text(body, "amount", 24)
        balances_of({asset: amount.removeprefix("-")})
        signed = units(amount.removeprefix("-"), "amount") * (-1 if amount[0] == "-" else 1)
        self.venue.transfer(owner.uid, asset, signed)
        await self.venue.durable()
        event = balance_update(asset, signed, self.venue.now_ms())
        self.venue.users.publish(owner.uid, event)
        return await self._shown(owner)

    async def _change(self, request: web.Request) -> Body:
        owner = await self._owner(request.match_info["name"])
        body = await read_body(request)
        account = self._account(owner)
        discount = flag(body, "discount", default=account.discount)
        account.can_trade = flag(body, "canTrade", default=account.can_trade)
        account.discount = discount
        await self.venue.store.put_account(account)
        return await self._shown(owner)

    async def _list_keys(self, request: web.Request) -> Body:
        owner = await self._owner(request.query.get("name", ""))
        found = [key for key in self.venue.keys.values() if key.uid == owner.uid]
        return {"keys": [_shown_key(key) for key in found]}

    async def _new_key(self, request: web.Request) -> Body:
        body = await read_body(request)
        owner, public_key = await self._owner(text(body, "name")), _public_key(body)
        key = ApiKey(
            key=secrets.token_hex(32),
            uid=owner.uid,
            kind=(key_kind(public_key) if public_key else None) or KeyKind.HMAC,
            secret=public_key or secrets.token_hex(32),
            permissions=permissions_of(body.get("permissions", {}), KeyPermissions()),
            created_ms=self.venue.now_ms(),
        )
        await self.venue.store.put_key(key)
        self.venue.keys[key.key] = key
        return {"uid": owner.uid, **_shown_secret(key), **_shown_key(key)}

    async def _change_key(self, request: web.Request) -> Body:
        body = await read_body(request)
        key = self._key(request)
        changed = replace(key, permissions=permissions_of(body.get("permissions"), key.permissions))
        await self.venue.store.put_key(changed)
        self.venue.keys[key.key] = changed
        return _shown_key(changed)

    async def _revoke_key(self, request: web.Request) -> Body:
        key = self._key(request)
        await self.venue.store.delete_key(key.key)
        self.venue.keys.pop(key.key, None)
        self.ws_api.revoke(key.key)
        _log.info("key_revoked", uid=key.uid)
        return {}

    def _key(self, request: web.Request) -> ApiKey:
        key = self.venue.keys.get(request.match_info["key"])
        if key is None:
            raise NotFound("no such key")
        return key

    async def _owner(self, name: str) -> Owner:
        owner = await self.venue.store.owner(name)
        if owner is None:
            raise NotFound(f"no account {name}")
        return owner

    def _account(self, owner: Owner) -> Account:
        return self.venue.engine.accounts[owner.uid]

    async def _shown(self, owner: Owner) -> Body:
        account = self._account(owner)
        return {
            "name": account.name,
            "uid": owner.uid,
            "balances": {
                asset: {
                    "free": plain(account.free.get(asset, 0)),
                    "locked": plain(account.locked.get(asset, 0)),
                }
                for asset in account.assets()
            },
            "openOrders": len(self.venue.engine.open_orders(owner.uid)),
            "fills": await self.venue.store.count_trades(owner.uid),
            "discount": account.discount,
            "canTrade": account.can_trade,
        }


def _public_key(body: Body) -> str | None:
    pem = body.get("publicKey")
    if pem is None:
        return None
    if not isinstance(pem, str) or key_kind(pem) is None:
        raise InvalidInput.of(
            "publicKey", "must be the PEM of an Ed25519 or RSA (2048 to 4096 bits) public key"
        )
    return pem


def _shown_secret(key: ApiKey) -> Body:
    return {"apiKey": key.key, "apiSecret": key.secret if key.kind is KeyKind.HMAC else None}


def _shown_key(key: ApiKey) -> Body:
    permissions = shown_permissions(key.permissions)
    return {"apiKey": key.key, "kind": key.kind, "permissions": permissions}
