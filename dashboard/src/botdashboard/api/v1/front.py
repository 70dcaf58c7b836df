"""What every route of the API goes through: who acts, whether they may, and how a page is asked for."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.params import Depends as Dependency
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from starlette.requests import Request

from botcore.domain.errors import InvalidInput
from botdashboard.access.policy import Action, Actor
from botdashboard.api.plain import actor_of
from botdashboard.api.problems import PROBLEM_SCHEMA, PROBLEM_TYPE
from botdashboard.services.desk import Desk

__all__ = [
    "Acting",
    "ApiModel",
    "Before",
    "Limit",
    "Name",
    "Namespace",
    "api_router",
    "cursor_of",
    "needs",
]

T = TypeVar("T")
_NAME: Final = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
_REFUSALS: Final = {
    400: "The body is no JSON",
    401: "The token is missing or opens nothing",
    403: "Role or scopes do not allow it, or a person has to do it on a page",
    404: "There is no such thing for this person",
    409: "It was changed meanwhile, or the name is taken",
    413: "The body is too long",
    422: "A field is refused",
    429: "Too many wrong tokens",
    503: "It did not work now, nothing was changed",
}


class ApiModel(BaseModel):
    """JSON of the API: camelCase, money as text, nothing unknown."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", validate_by_name=True)


Acting = Annotated[Actor, Depends(actor_of)]
Namespace = Annotated[str, Path(pattern=_NAME)]
Name = Annotated[str, Path(pattern=_NAME)]
Limit = Annotated[int, Query(ge=1, le=500, description="Most items of the page")]
Before = Annotated[
    str | None,
    Query(max_length=80, description="The answer's `next`: the page goes on with older items"),
]


def api_router() -> APIRouter:
    """Begin a part of the API: its routes take a token, and say what they may be refused with."""
    content = {PROBLEM_TYPE: {"schema": PROBLEM_SCHEMA}}
    responses: dict[int | str, dict[str, Any]] = {
        status: {"description": words, "content": content} for status, words in _REFUSALS.items()
    }
    # The guard has judged the token already: this writes it into the map.
    return APIRouter(dependencies=[Security(HTTPBearer(auto_error=False))], responses=responses)


def cursor_of(before: str | None, read: Callable[[str], T]) -> T | None:
    """Read where a page begins; None is the first page.

    Raises:
        InvalidInput: it is no such place.
    """
    try:
        return read(before) if before else None
    except ValueError:
        raise InvalidInput.of("before", "is not what an answer had as `next`") from None


def needs(desk: Desk, action: Action) -> Sequence[Dependency]:
    """Have the policy judge role and scopes before a route reads anything."""

    async def check(request: Request) -> None:
        actor = actor_of(request)
        await desk.audit.require(actor, action, actor.name, request.url.path)

    return [Depends(check)]
