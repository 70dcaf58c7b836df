"""Secrets and ConfigMaps as private folders of one host."""

import json
import shutil
from pathlib import Path

from botcore.domain.errors import Conflict, NotFound
from botoperator.adapters.private_files import make_private, publish_folder
from botoperator.plan.manifests import Kind, Manifest, decode_data, encode_data

__all__ = ["LocalObjects"]

META = ".manifest.json"
MODES = {Kind.SECRET: 0o400, Kind.CONFIG_MAP: 0o600}


class LocalObjects:
    """Each object is a link to a folder with one file for each key; a pod mounts it by another link."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, kind: Kind, namespace: str, name: str) -> Path:
        """Tell where an object's files are."""
        return self._root / namespace / "objects" / kind.value.lower() / name

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """Read an object; one whose writing a power cut broke is none."""
        folder = self.path(kind, namespace, name)
        try:
            body = json.loads((folder / META).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        data = {
            path.name: path.read_text(encoding="utf-8")
            for path in sorted(folder.iterdir())
            if path.name != META
        }
        return Manifest(body={**body, "data": encode_data(data) if kind is Kind.SECRET else data})

    def create(self, manifest: Manifest) -> None:
        """Write a new object.

        Raises:
            Conflict: it is there.
        """
        if self.get(manifest.kind, manifest.namespace, manifest.name) is not None:
            raise Conflict(f"{manifest.kind} {manifest.name} exists")
        self._write(manifest)

    def patch(self, manifest: Manifest) -> None:
        """Replace an object's data, labels and annotations.

        Raises:
            NotFound: it is not there.
        """
        there = self.get(manifest.kind, manifest.namespace, manifest.name)
        if there is None:
            raise NotFound(f"{manifest.kind} {manifest.name} is not there")
        self._write(manifest)

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        """Remove an object and every version of it."""
        link = self.path(kind, namespace, name)
        link.unlink(missing_ok=True)
        for version in link.parent.glob(f".{name}.*"):
            shutil.rmtree(version, ignore_errors=True)

    def list(self) -> tuple[Manifest, ...]:
        """List every object."""
        found = (
            self.get(kind, link.parents[2].name, link.name)
            for kind in MODES
            for link in self._root.glob(f"*/objects/{kind.value.lower()}/*")
            if not link.name.startswith(".")
        )
        return tuple(one for one in found if one is not None)

    def _write(self, manifest: Manifest) -> None:
        link = self.path(manifest.kind, manifest.namespace, manifest.name)
        make_private(link.parent)
        is_secret = manifest.kind is Kind.SECRET
        files = decode_data(manifest.data) if is_secret else dict(manifest.data)
        body = {key: value for key, value in manifest.body.items() if key != "data"}
        publish_folder(link, {**files, META: json.dumps(body)}, MODES[manifest.kind])
