"""The API server: JSON in, JSON out, and its refusals as the platform's errors.

The generated classes of the Kubernetes client are left alone: for one kind of resource they cost
more memory than the rest of the client.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiohttp import ClientConnectorError, ClientError
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.client.rest import RESTResponse
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from botcore.domain.errors import (
    Conflict,
    InvalidInput,
    InvariantBroken,
    NotFound,
    OutcomeUnknown,
    PlatformError,
    Problem,
    Transient,
)
from botcore.resources.meta import CRD_NAME

__all__ = ["Expired", "KubeApi", "Manifest", "open_api"]

ANSWER_WITHIN = 10.0  # seconds
WATCH_FOR = 40  # seconds, after which the server ends a watch in good order
WATCH_GRACE = 10  # seconds more, after which a watch that has not ended is dead
_JSON = "application/json"
_AWAY = "the cluster's API server does not answer"

Manifest = dict[str, Any]


class Expired(Transient):
    """The version to watch from is too old: list again."""


class KubeApi:
    """Calls of one client; fields that the server does not know are refused, not dropped."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def read(self, path: str, **query: str) -> Manifest:
        """Get an object or a list.

        Raises:
            NotFound: there is no such object.
            Transient: the server is away, or does not let this program read.
        """
        with _answered():
            response = await self._send("GET", path, query)
            return await _object_of(response, is_write=False)

    async def write(self, method: str, path: str, body: Manifest, **query: str) -> Manifest:
        """Send a POST, a DELETE or, as a merge patch, a PATCH.

        Raises:
            InvalidInput: the server refuses the object, in its words.
            NotFound: there is no such object.
            Conflict: the name is taken, or a precondition does not hold.
            Transient: the server is away, or does not let this program write.
            OutcomeUnknown: the answer is missing.
        """
        with _answered(is_write=True):
            response = await self._send(method, path, query, body)
            return await _object_of(response, is_write=True)

    async def watch(self, path: str, version: str) -> AsyncIterator[Manifest]:
        """Yield the events after a version, bookmarks too, until the server ends the watch.

        Raises:
            Expired: the version is too old.
            Transient: the server is away or fell silent.
        """
        query = {
            "watch": "true",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_FOR),
        }
        with _answered():
            response = await self._send("GET", path, query, within_seconds=WATCH_FOR + WATCH_GRACE)
            try:
                if response.status != 200:
                    await _object_of(response, is_write=False)
                async for line in response.response.content:
                    event: Manifest = json.loads(line)
                    if event["type"] == "ERROR":
                        raise _refusal(int(event["object"]["code"]), event["object"])
                    yield event
            finally:
                response.response.close()

    async def _send(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: Manifest | None = None,
        *,
        within_seconds: float | None = None,
    ) -> RESTResponse:
        kind = "application/merge-patch+json" if method == "PATCH" else _JSON
        request = await self._client.param_serialize(
            method,
            path,
            query_params=list(query.items()),
            header_params={"Accept": _JSON, "Content-Type": kind},
            body=body,
            auth_settings=["BearerToken"],
        )
        return await self._client.call_api(
            *request, _request_timeout=within_seconds or ANSWER_WITHIN
        )


@asynccontextmanager
async def open_api() -> AsyncIterator[KubeApi]:
    """Open a client as the pod's service account, or where there is no pod by KUBECONFIG.

    Raises:
        InvalidInput: there is neither.
    """
    configuration = Configuration()
    try:
        load_incluster_config(configuration)  # type: ignore[no-untyped-call] # of the library
    except ConfigException:
        try:
            await load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call] # as above
        except ConfigException as error:
            raise InvalidInput.of(
                "KBOTS_DASHBOARD_RESOURCES",
                f"kubernetes needs a service account's token or a KUBECONFIG: {error}",
            ) from error
    async with ApiClient(configuration) as client:
        yield KubeApi(client)


@contextmanager
def _answered(*, is_write: bool = False) -> Iterator[None]:
    try:
        yield
    except ClientConnectorError as error:
        raise Transient(_AWAY) from error
    except (ClientError, OSError, ValueError) as error:
        if is_write:
            raise OutcomeUnknown(_AWAY) from error
        raise Transient(_AWAY) from error


async def _object_of(response: RESTResponse, *, is_write: bool) -> Manifest:
    text = await response.read()  # type: ignore[no-untyped-call] # of the library
    if response.status < 400:
        found: Manifest = json.loads(text)
        return found
    # Whoever stands in between answers in a form of his own, which may say too much.
    is_status = text.startswith(b"{")
    status = json.loads(text) if is_status else {}
    if is_write and response.status in {500, 504}:
        raise OutcomeUnknown(_words(response.status, status))
    raise _refusal(response.status, status)


def _refusal(code: int, status: Manifest) -> PlatformError:
    words = _words(code, status)
    details = status.get("details") or {}
    match code:
        case 400 | 413 | 422:
            return _invalid(words, details)
        case 404 if details.get("name"):
            return NotFound(words)
        case 409:
            return Conflict(words)
        case 410:
            return Expired(words)
        case 401 | 403 | 404 | 429 | 500 | 502 | 503 | 504:
            return Transient(f"the cluster refuses: {words}")
        case _:
            return InvariantBroken(words)


def _words(code: int, status: Manifest) -> str:
    bare = f"it has no {CRD_NAME}" if code == 404 else f"the API server answered {code}"
    return str(status.get("message") or bare)


def _invalid(words: str, details: Manifest) -> InvalidInput:
    causes = details.get("causes")
    if not causes:
        return InvalidInput([Problem(field="", message=words)])
    problems = [Problem(field=one.get("field", ""), message=one["message"]) for one in causes]
    subject = f'{details.get("kind")}.{details.get("group")} "{details.get("name")}"'
    return InvalidInput(problems, subject=subject)
