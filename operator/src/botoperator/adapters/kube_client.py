"""The API server, in JSON and in the platform's errors."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from botcore.domain.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    PlatformError,
    Problem,
    Transient,
)

__all__ = ["APPLY_PATCH", "JSON_PATCH", "MERGE_PATCH", "KubeClient", "open_client"]

# Headers: what a body is, and what is asked for.
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
APPLY_PATCH = {"Content-Type": "application/apply-patch+yaml"}  # JSON is YAML
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
# A list of names and labels instead of whole objects: small, and no Secret's data is read.
METADATA_LIST = {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}

CONNECT_SECONDS, REQUEST_SECONDS = 5.0, 15.0
CHUNK = 500
LONGEST_MESSAGE = 500


class KubeClient:
    """Sends single requests; models of the client library are left aside, manifests are plain JSON anyway."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

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
        timeout = aiohttp.ClientTimeout(total=seconds, connect=CONNECT_SECONDS)
        try:
            prepared = await self._api.param_serialize(
                method,
                path,
                query_params=list((query or {}).items()),
                header_params={"Accept": "application/json", **(headers or {})},
                body=body,
                auth_settings=["BearerToken"],
            )
            response = await self._api.call_api(*prepared, _request_timeout=timeout)
            data: bytes = await response.read()  # type: ignore[no-untyped-call]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            what = str(error) or type(error).__name__
            raise Transient(f"the API server does not answer: {what}") from error
        if response.status >= 400:
            raise _refusal(response.status, data)
        answer: dict[str, Any] = json.loads(data)
        return answer

    async def find(self, path: str) -> dict[str, Any] | None:
        """Read one object; None if it is not there."""
        try:
            return await self.request("GET", path)
        except NotFound:
            return None

    async def list_metadata(self, path: str, labels: str = "") -> AsyncIterator[dict[str, Any]]:
        """List the metadata of every object of a kind, in chunks."""
        query = {"limit": str(CHUNK)} | ({"labelSelector": labels} if labels else {})
        while True:
            answer = await self.request("GET", path, query=query, headers=METADATA_LIST)
            for item in answer["items"] or ():
                yield item["metadata"]
            after = answer["metadata"].get("continue")
            if not after:
                return
            query = {**query, "continue": after}


@asynccontextmanager
async def open_client() -> AsyncIterator[KubeClient]:
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
    async with ApiClient(configuration) as api:
        yield KubeClient(api)


def _refusal(status: int, data: bytes) -> PlatformError:
    try:
        answer = json.loads(data)
        message = str(answer["message"])[:LONGEST_MESSAGE]
        causes = (answer.get("details") or {}).get("causes") or ()
    except (ValueError, KeyError, TypeError):
        message, causes = f"the API server answered {status}", ()
    match status:
        case 401 | 403:
            return NotAllowed(message)
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
