"""The parts of the Kubernetes client library that the operator uses.

Importing any part of the library imports its synchronous client as well, with its watches, its informers and a client
that learns kinds from the API server: megabytes of the operator's memory, and a second of its start on a slow machine,
that nobody calls here.
"""

from botcore.runtime.lean_imports import hidden

__all__ = [
    "ApiClient",
    "ConfigException",
    "Configuration",
    "load_incluster_config",
    "load_kube_config",
]

_SYNCHRONOUS = (
    "client",
    "config",
    "dynamic",
    "informer",
    "leaderelection",
    "stream",
    "utils",
    "watch",
)
_UNUSED = ("dynamic", "leaderelection", "stream", "watch")

with hidden(
    *(f"kubernetes.{name}" for name in _SYNCHRONOUS),
    *(f"kubernetes.aio.{name}" for name in _UNUSED),
):
    from kubernetes.aio.client import ApiClient, Configuration
    from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
