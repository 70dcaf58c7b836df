"""Bots: what is wanted of them, and what is; the rules are those of the pages."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Response
from pydantic import Field

from botcore.resources.trading_bot import DesiredState
from botdashboard.access.policy import Action
from botdashboard.api.v1.front import Acting, ApiModel, Name, Namespace, api_router, needs
from botdashboard.services.desk import Desk
from botdashboard.views.records import BotKey, BotRecord

__all__ = ["bot_routes"]

_ACTIONS: Final = {
    "run": DesiredState.RUNNING,
    "pause": DesiredState.PAUSED,
    "flat": DesiredState.FLAT,
    "stop": DesiredState.STOPPED,
}
IfMatch = Annotated[
    str,
    Header(
        pattern=r'^"[0-9]{1,18}"$',
        description="The ETag that was read: a bot somebody has changed since is not written over",
    ),
]
Spec = Annotated[
    dict[str, Any], Field(description="`spec` of a TradingBot, as its resource has it")
]


class Bot(ApiModel):
    """A bot: `spec` is what is wanted, `status` how what is compares with it."""

    namespace: str
    name: str
    uid: UUID
    generation: int
    """Rises with every change of the spec; it is the ETag."""
    created_at: datetime
    is_deleting: bool
    spec: dict[str, Any]
    status: dict[str, Any]


class BotList(ApiModel):
    """All of a person's bots."""

    items: list[Bot]


class NewBot(ApiModel):
    """A bot to be made."""

    name: str = Field(max_length=50)
    spec: Spec


class NewSpec(ApiModel):
    """A spec in place of another, or a JSON merge patch of it."""

    spec: Spec


def bot_routes(desk: Desk) -> APIRouter:
    """Make the routes."""
    router = api_router()

    @router.get("/bots", dependencies=needs(desk, Action.VIEW_BOT))
    async def list_bots(actor: Acting) -> BotList:
        return BotList(items=[_bot(one) for one in await desk.bots.records(actor)])

    @router.get("/bots/{namespace}/{name}", dependencies=needs(desk, Action.VIEW_BOT))
    async def get_bot(actor: Acting, namespace: Namespace, name: Name, response: Response) -> Bot:
        record = await desk.bots.record(actor, BotKey(namespace=namespace, name=name))
        return _tagged(record, response)

    @router.post("/bots", status_code=201, dependencies=needs(desk, Action.CREATE_BOT))
    async def create_bot(actor: Acting, new: NewBot, response: Response) -> Bot:
        key = BotKey(namespace=desk.namespace, name=new.name)
        return _tagged(await desk.bots.create(actor, key, new.spec), response)

    _add_changes(router, desk)
    return router


def _add_changes(router: APIRouter, desk: Desk) -> None:
    @router.put("/bots/{namespace}/{name}", dependencies=needs(desk, Action.CHANGE_BOT))
    async def replace_spec(
        actor: Acting, namespace: Namespace, name: Name, new: NewSpec, if_match: IfMatch,
        response: Response,
    ) -> Bot:  # fmt: skip
        key = BotKey(namespace=namespace, name=name)
        made = await desk.bots.apply(actor, key, new.spec, _generation(if_match))
        return _tagged(made, response)

    @router.patch("/bots/{namespace}/{name}", dependencies=needs(desk, Action.CHANGE_BOT))
    async def patch_spec(
        actor: Acting, namespace: Namespace, name: Name, new: NewSpec, if_match: IfMatch,
        response: Response,
    ) -> Bot:  # fmt: skip
        key = BotKey(namespace=namespace, name=name)
        made = await desk.bots.patch(actor, key, new.spec, _generation(if_match))
        return _tagged(made, response)

    @router.delete(
        "/bots/{namespace}/{name}", status_code=202, dependencies=needs(desk, Action.DELETE_BOT)
    )
    async def delete_bot(actor: Acting, namespace: Namespace, name: Name) -> Response:
        await desk.bots.delete(actor, BotKey(namespace=namespace, name=name), name)
        return Response(status_code=202)

    @router.post(
        "/bots/{namespace}/{name}/actions/{action}",
        status_code=204,
        dependencies=needs(desk, Action.SET_STATE),
    )
    async def act(
        actor: Acting,
        namespace: Namespace,
        name: Name,
        action: Literal["run", "pause", "flat", "stop"],
    ) -> None:
        key = BotKey(namespace=namespace, name=name)
        await desk.bots.set_state(actor, key, _ACTIONS[action])


def _generation(tag: str) -> int:
    return int(tag.strip('"'))


def _tagged(record: BotRecord, response: Response) -> Bot:
    response.headers["etag"] = f'"{record.generation}"'
    return _bot(record)


def _bot(record: BotRecord) -> Bot:
    return Bot(
        namespace=record.key.namespace,
        name=record.key.name,
        uid=record.uid,
        generation=record.generation,
        created_at=record.created_at,
        is_deleting=record.is_deleting,
        spec=dict(record.spec),
        status=record.status.to_manifest(),
    )
