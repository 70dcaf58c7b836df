"""Tenants' namespaces that are away: one that somebody deleted keeps nobody else's bots waiting."""

import asyncio
from collections.abc import Collection

import structlog

from botcore.domain.errors import NotAllowed, PlatformError, Transient
from botoperator.adapters.kube_client import KubeClient
from botoperator.adapters.kube_resources import KubeResources

__all__ = ["end_when_one_comes", "tenants_away"]

log = structlog.get_logger(__name__)


async def tenants_away(client: KubeClient, tenants: Collection[str]) -> frozenset[str]:
    """Find the namespaces in which the operator may do nothing: its rights go with a namespace.

    Raises:
        Transient: the API server does not answer now.
    """
    away = frozenset([one for one in tenants if not await _is_served(client, one)])
    for namespace in sorted(away):
        log.error(
            "tenant_not_served", namespace=namespace, hint="the namespace or its Role is gone"
        )
    return away


async def end_when_one_comes(client: KubeClient, away: Collection[str], seconds: float) -> None:
    """Look every so often; what is watched is settled at the start, so that a newcomer needs another.

    Raises:
        Transient: one is there now.
    """
    while away:
        await asyncio.sleep(seconds)
        for namespace in away:
            try:
                is_there = await _is_served(client, namespace)
            except PlatformError:
                continue  # the API server is away, which is noticed elsewhere
            if is_there:
                raise Transient(f"the tenant's namespace {namespace} is there now: starting anew")


async def _is_served(client: KubeClient, namespace: str) -> bool:
    try:
        await KubeResources(client, [namespace]).list()
    except NotAllowed:
        return False
    return True
