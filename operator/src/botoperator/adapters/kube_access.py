"""How the API server is reached: with a pod's service account, or as KUBECONFIG says.

What kopf understands of either is what counts, since its watches need the same access; a kubeconfig whose user is a
command to run is none of it.
"""

import base64
import binascii
import os
import ssl
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from botcore.domain.errors import InvalidInput
from botoperator.settings import KubeEnvironment

__all__ = ["KubeAccess", "Token", "find_access", "read_kubeconfig"]

MOUNTED = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# The kubelet renews a mounted token an hour before it ends.
TOKEN_SECONDS = 60.0


class Token:
    """A bearer token: one that stays, or one in a file that is written anew from time to time."""

    def __init__(self, text: str = "", path: Path | None = None) -> None:
        """Take the text, or the file's."""
        self._text = text
        self._path = path
        self._read_at = -TOKEN_SECONDS

    def headers(self) -> Mapping[str, str]:
        """Answer what a request bears; nothing without a token.

        Raises:
            OSError: the file can't be read.
        """
        if self._path is not None and time.monotonic() - self._read_at >= TOKEN_SECONDS:
            self._text = self._path.read_text(encoding="ascii").strip()
            self._read_at = time.monotonic()
        return {"Authorization": f"Bearer {self._text}"} if self._text else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeAccess:
    """One API server, as one client reaches it."""

    server: str
    tls: ssl.SSLContext | None = None
    token: Token = field(default_factory=Token, repr=False)


def find_access(environment: KubeEnvironment, mounted: Path = MOUNTED) -> KubeAccess:
    """Choose the pod's service account if there is one, else what KUBECONFIG names.

    Raises:
        InvalidInput: there is neither, or it can't be used.
    """
    token, host = mounted / "token", environment.kubernetes_service_host
    if host and token.exists():
        shown = f"[{host}]" if ":" in host else host
        return KubeAccess(
            server=f"https://{shown}:{environment.kubernetes_service_port}",
            tls=ssl.create_default_context(cafile=mounted / "ca.crt"),
            token=Token(path=token),
        )
    if environment.kubeconfig is None:
        raise InvalidInput.of("KUBECONFIG", "is not set, and there is no service account")
    return read_kubeconfig(environment.kubeconfig)


def read_kubeconfig(path: Path) -> KubeAccess:
    """Read the current context of one file.

    Raises:
        InvalidInput: it can't be used.
    """
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        context = _named(config, "context", config["current-context"])
        cluster = _named(config, "cluster", context["cluster"])
        user = _named(config, "user", context["user"])
        return KubeAccess(
            server=str(cluster["server"]).rstrip("/"),
            tls=_tls(cluster, user, path.parent),
            token=_token(user, path.parent),
        )
    except (OSError, yaml.YAMLError, LookupError, TypeError, ValueError) as error:
        # The text of an error of YAML shows a part of the file, which may be a key.
        what = "is no YAML" if isinstance(error, yaml.YAMLError) else f"can't be used: {error}"
        raise InvalidInput.of("KUBECONFIG", f"{path} {what}") from None


def _named(config: Mapping[str, Any], kind: str, name: str) -> Mapping[str, Any]:
    for one in config[f"{kind}s"]:
        if one["name"] == name:
            found: Mapping[str, Any] = one[kind]
            return found
    raise LookupError(f"it has no {kind} {name}")


def _token(user: Mapping[str, Any], folder: Path) -> Token:
    if user.get("token"):
        return Token(str(user["token"]))
    return Token(path=folder / user["tokenFile"]) if user.get("tokenFile") else Token()


def _tls(
    cluster: Mapping[str, Any], user: Mapping[str, Any], folder: Path
) -> ssl.SSLContext | None:
    if not str(cluster["server"]).startswith("https:"):
        return None
    authority = _content(cluster, "certificate-authority", folder)
    context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    certificate = _content(user, "client-certificate", folder)
    key = _content(user, "client-key", folder)
    if certificate and key:
        _load(context, certificate, key)
    return context


def _content(source: Mapping[str, Any], name: str, folder: Path) -> bytes | None:
    """Read what stands in the file itself, or in another that it names."""
    if source.get(f"{name}-data"):
        try:
            return base64.b64decode(source[f"{name}-data"])
        except binascii.Error:
            raise ValueError(f"{name}-data is no base64") from None
    return (folder / source[name]).read_bytes() if source.get(name) else None


def _load(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    # Python takes them from files alone; this one is ours to read, and gone at once.
    number, name = tempfile.mkstemp()
    try:
        with os.fdopen(number, "wb") as file:
            file.write(certificate + b"\n" + key)
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
