"""How the operator finds its API server: by its service account, or by a kubeconfig, and what it says if it can't."""

import base64
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from botcore.domain.errors import InvalidInput
from botoperator.adapters import kube_access
from botoperator.adapters.kube_access import Token, find_access, read_kubeconfig
from botoperator.settings import KubeEnvironment


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A certificate that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("pair")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-subj", "/CN=it", "-keyout", str(folder / "key")),
            *("-out", str(folder / "crt")),
        ],
        check=True,
        capture_output=True,
    )
    return (folder / "crt").read_bytes(), (folder / "key").read_bytes()


def write(path: Path, cluster: dict[str, Any], user: dict[str, Any]) -> Path:
    context = {"cluster": "there", "user": "me"}
    config = {
        "current-context": "it",
        "contexts": [{"name": "other", "context": {}}, {"name": "it", "context": context}],
        "clusters": [{"name": "there", "cluster": cluster}],
        "users": [{"name": "me", "user": user}],
    }
    path.write_text(yaml.safe_dump(config))
    return path


def test_kubeconfig_with_a_clients_certificate_within_it(
    tmp_path: Path, pair: tuple[bytes, bytes]
) -> None:
    certificate, key = (base64.b64encode(one).decode() for one in pair)
    cluster = {"server": "https://10.0.0.1:6443/", "certificate-authority-data": certificate}
    user = {"client-certificate-data": certificate, "client-key-data": key}

    access = read_kubeconfig(write(tmp_path / "config", cluster, user))

    assert access.server == "https://10.0.0.1:6443"
    assert access.tls is not None
    assert access.tls.verify_mode is ssl.CERT_REQUIRED
    assert [one["serialNumber"] for one in access.tls.get_ca_certs()]
    assert access.token.headers() == {}


def test_kubeconfig_that_names_other_files_and_a_token(
    tmp_path: Path, pair: tuple[bytes, bytes]
) -> None:
    (tmp_path / "ca.crt").write_bytes(pair[0])
    cluster = {"server": "https://10.0.0.1:6443", "certificate-authority": "ca.crt"}

    access = read_kubeconfig(write(tmp_path / "config", cluster, {"token": "abc"}))

    assert access.tls is not None
    assert access.tls.get_ca_certs()
    assert access.token.headers() == {"Authorization": "Bearer abc"}
    assert "abc" not in repr(access)


def test_service_account_outranks_a_kubeconfig(tmp_path: Path, pair: tuple[bytes, bytes]) -> None:
    (tmp_path / "token").write_text("abc\n")
    (tmp_path / "ca.crt").write_bytes(pair[0])
    environment = KubeEnvironment(
        kubernetes_service_host="fd00::1", kubernetes_service_port=6443, kubeconfig=tmp_path
    )

    access = find_access(environment, tmp_path)

    assert access.server == "https://[fd00::1]:6443"
    assert access.token.headers() == {"Authorization": "Bearer abc"}


def test_token_in_a_file_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    token = Token(path=path)
    first = token.headers()
    path.write_text("second")

    kept = token.headers()
    monkeypatch.setattr(kube_access, "TOKEN_SECONDS", 0.0)

    assert kept == first == {"Authorization": "Bearer first"}
    assert token.headers() == {"Authorization": "Bearer second"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("current-context: it\ncontexts: []", "has no context it"),
        ("a: [secret", "is no YAML"),
        ("", "can't be used"),
        (None, "can't be used"),
    ],
)
def test_kubeconfig_that_can_not_be_used_is_named_and_not_shown(
    tmp_path: Path, text: str | None, said: str
) -> None:
    path = tmp_path / "config"
    if text is not None:
        path.write_text(text)

    with pytest.raises(InvalidInput) as refused:
        find_access(KubeEnvironment(kubeconfig=path), tmp_path)

    assert "KUBECONFIG" in str(refused.value)
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)


def test_neither_account_nor_kubeconfig_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is not set"):
        find_access(KubeEnvironment(), tmp_path)
