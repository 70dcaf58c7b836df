"""The API server, in JSON and in the platform's errors."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from botcore.domain.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    PlatformError,
    Problem,
    QuotaExceeded,
    Transient,
)
from botoperator.adapters.kube_library import (
    ApiClient,
    ConfigException,
    Configuration,
    load_incluster_config,
    load_kube_config,
)

__all__ = [
    "APPLY_PATCH",
    "JSON_PATCH",
    "MERGE_PATCH",
    "METADATA_ALONE",
    "KubeClient",
    "Writes",
    "open_client",
]

# Headers: what a body is, and what is asked for.
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
APPLY_PATCH = {"Content-Type": "application/apply-patch+yaml"}  # JSON is YAML
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
METADATA_ALONE = {
    "Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json"
}
JSON = {"Accept": "application/json"}

OnAnswer = Callable[[str, str, int], None]

CONNECT_SECONDS, REQUEST_SECONDS = 5.0, 15.0
CHUNK = 250
LONGEST_MESSAGE = 500
# The API server has no code for it. What is used changes with every try, so that it is left out.
QUOTA = re.compile(r"exceeded (quota: [^,]+),.*limited: (.+)$")


async def _at_once() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """What is awaited before a write, and told of the state that it led to."""

    before: Callable[[], Awaitable[None]] = _at_once
    after: Callable[[Mapping[str, Any]], None] = lambda _answer: None


class KubeClient:
    """Sends single requests; models of the client library are left aside, manifests are plain JSON anyway."""

    def __init__(
        self,
        api: ApiClient,
        on_answer: OnAnswer = lambda _verb, _resource, _code: None,
        writes: Writes | None = None,
    ) -> None:
        """Tell every answer to `on_answer` (method, plural, status; 0 where none came)."""
        self._api = api
        self._on_answer = on_answer
        self._writes = writes or Writes()

    def within(self, writes: Writes) -> "KubeClient":
        """Answer the same client with writes that wait for their turn, and are told."""
        return KubeClient(self._api, self._on_answer, writes)

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = REQUEST_SECONDS,
    ) -> dict[str, Any]:
        """Send one request and read the object it answers.

        Raises:
            NotFound, Conflict, InvalidInput, NotAllowed: as the API server says.
            Transient: it is away, too slow or too busy; a write may have happened.
        """
        if method != "GET":
            await self._writes.before()
        prepared = await self._api.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={**JSON, **(headers or {})},
            body=body,
            auth_settings=["BearerToken"],
        )
        status = 0
        try:
            status, data = await self._send(prepared, seconds)
        finally:
            self._on_answer(method.lower(), _plural(path), status)
        if status >= 400:
            raise _refusal(status, data)
        answer: dict[str, Any] = json.loads(data)
        if method in {"POST", "PATCH"}:
            self._writes.after(answer)
        return answer

    async def _send(
        self, prepared: tuple[Any, Any, Any, Any, Any], seconds: float
    ) -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(total=seconds, connect=CONNECT_SECONDS)
        try:
            response = await self._api.call_api(*prepared, _request_timeout=timeout)
            return response.status, await response.read()  # type: ignore[no-untyped-call]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            what = str(error) or type(error).__name__
            raise Transient(f"the API server does not answer: {what}") from error

    async def find(self, path: str) -> dict[str, Any] | None:
        """Read one object; None if it is not there."""
        try:
            return await self.request("GET", path)
        except NotFound:
            return None

    async def list_objects(
        self, path: str, labels: str = "", headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """List every object of a kind, without who wrote which field.

        In chunks of one consistent moment: with no resourceVersion asked for, the newest.

        Raises:
            Transient: it is away, or the moment is too long ago for the next chunk.
        """
        query = {"limit": str(CHUNK)} | ({"labelSelector": labels} if labels else {})
        while True:
            answer = await self.request("GET", path, query=query, headers=headers)
            items, after = answer.pop("items") or [], answer["metadata"].get("continue")
            items.reverse()
            while items:
                item = items.pop()
                item["metadata"].pop("managedFields", None)
                yield item
            if not after:
                return
            query = {**query, "continue": after}


@asynccontextmanager
async def open_client(
    on_answer: OnAnswer = lambda _verb, _resource, _code: None,
) -> AsyncIterator[KubeClient]:
    """Connect with the pod's service account, or, outside a cluster, as KUBECONFIG says.

    Raises:
        InvalidInput: there is neither.
    """
    configuration = Configuration()
    try:
        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except ConfigException:
        try:
            await load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except ConfigException as error:
            raise InvalidInput.of(
                "KUBECONFIG", f"no service account and no usable kubeconfig: {error}"
            ) from None
    configuration.client_session_kwargs = {
        # Packing a long list costs either side more than the way between them.
        "headers": {"Accept-Encoding": "identity"},
        # For every request a thread would look for a proxy, which the watches go without as well.
        "trust_env": False,
    }
    async with ApiClient(configuration) as api:
        yield KubeClient(api, on_answer)


def _plural(path: str) -> str:
    """Name what a path leads to: /api/v1/namespaces/x/pods/y and .../pods are `pods`, .../y/status `pods/status`."""
    parts = path.strip("/").split("/")
    inner = parts[2 if parts[0] == "api" else 3 :]
    if inner[0] == "namespaces" and len(inner) > 2:
        inner = inner[2:]
    return "/".join([inner[0], *inner[2:]])


def _refusal(status: int, data: bytes) -> PlatformError:
    try:
        answer = json.loads(data)
        message = str(answer["message"])[:LONGEST_MESSAGE]
        causes = (answer.get("details") or {}).get("causes") or ()
    except (ValueError, KeyError, TypeError):
        message, causes = f"the API server answered {status}", ()
    match status:
        case 401 | 403:
            return _forbidden(message)
        case 404:
            return NotFound(message)
        case 409:
            return Conflict(message)
        case 422 if any(cause.get("field") == "metadata.uid" for cause in causes):
            return Conflict(f"another object has this name by now: {message}")
        case _ if status in {408, 410, 429} or status >= 500:
            return Transient(message)
        case _:
            return InvalidInput([Problem(field="", message=message)])


def _forbidden(message: str) -> PlatformError:
    quota = QUOTA.search(message)
    if quota is None:
        return NotAllowed(message)
    return QuotaExceeded(f"the namespace takes no more: {quota[1]} allows {quota[2]}")
