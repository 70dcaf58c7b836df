"""Exchange keys: taken in and sealed, listed and revoked; never given back."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field, SecretStr, ValidationError

from botcore.domain.errors import InvalidInput, Problem
from botdashboard.access.policy import Action
from botdashboard.api.v1.front import Acting, ApiModel, api_router, needs
from botdashboard.services.desk import Desk
from botdashboard.services.keys import PlainKey, PlainSecret
from botdashboard.services.proofs import Proof

__all__ = ["key_routes"]

Secret = Annotated[SecretStr, Field(max_length=4096)]
# What the forms of the pages call a field, and the API.
_FIELDS: Final = {
    "api_key": "apiKey", "api_secret": "apiSecret", "current": "password", "code": "code",
}  # fmt: skip


class Key(ApiModel):
    """A stored key, as far as anybody may know it again."""

    id: UUID
    label: str
    environment: str
    api_key_last4: str
    status: str
    reason: str
    permissions: dict[str, Any]
    verified_at: datetime | None
    created_at: datetime


class KeyList(ApiModel):
    """All of a person's keys."""

    items: list[Key]


class NewKey(ApiModel):
    """A key to be sealed, and the step-up that adding one needs on the pages, too."""

    label: str
    environment: str
    api_key: Secret
    api_secret: Secret
    password: Secret
    """Of the account."""
    code: Secret = SecretStr("")
    """Of the second factor, where it is on."""


_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": NewKey.model_json_schema(by_alias=True)}},
    }
}


def key_routes(desk: Desk) -> APIRouter:
    """Make the routes."""
    router = api_router()

    @router.get("/keys", dependencies=needs(desk, Action.VIEW_KEY))
    async def list_keys(actor: Acting) -> KeyList:
        rows = await desk.keys.list(actor)
        return KeyList(items=[Key.model_validate(one, from_attributes=True) for one in rows])

    @router.post(
        "/keys", status_code=201, dependencies=needs(desk, Action.ADD_KEY), openapi_extra=_BODY
    )
    async def add_key(actor: Acting, request: Request) -> Response:
        # What it is sealed with is read before the key is: then nothing is awaited in between.
        target = await desk.keys.target(actor)
        new = _parsed(await request.body())
        plain = PlainKey(
            label=new.label.strip(),
            environment=new.environment,
            secret=PlainSecret(
                api_key=new.api_key.get_secret_value().strip(),
                api_secret=new.api_secret.get_secret_value().strip(),
            ),
        )
        proof = Proof(password=new.password.get_secret_value(), code=new.code.get_secret_value())
        try:
            await desk.keys.add(actor, target, plain, proof)
        except InvalidInput as error:
            raise InvalidInput(
                Problem(field=_FIELDS.get(one.field, one.field), message=one.message)
                for one in error.problems
            ) from None
        return Response(status_code=201)

    @router.delete("/keys/{key_id}", status_code=204, dependencies=needs(desk, Action.REVOKE_KEY))
    async def revoke_key(actor: Acting, key_id: UUID) -> None:
        await desk.keys.revoke(actor, key_id)

    return router


def _parsed(body: bytes) -> NewKey:
    try:
        return NewKey.model_validate_json(body)
    except ValidationError as error:
        problems = [
            Problem(field=".".join(map(str, one["loc"])) or "body", message=one["msg"])
            for one in error.errors(include_input=False, include_context=False, include_url=False)
        ]
    raise InvalidInput(problems)  # without the cause, which holds what was sent
