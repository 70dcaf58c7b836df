"""A runner's probes and metrics, read as the kubelet and Prometheus read them."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

__all__ = ["Probes", "Sample", "parsed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One figure with its labels."""

    name: str
    labels: Mapping[str, str]
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """The address of one runner's probes; of a runner on this host, found in its state folder."""

    state: Path

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text of a page; (0, why) while nobody answers."""
        try:
            port = int((self.state / "probe-port").read_text())
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def is_alive(self) -> bool:
        """Tell whether the kubelet would let it live."""
        return self.get("/healthz")[0] == 200

    def is_ready(self) -> bool:
        """Tell whether it recovered, holds its lease and sees the market."""
        return self.get("/readyz")[0] == 200

    def samples(self) -> list[Sample]:
        """Read every figure; a text is up to a second old."""
        status, text = self.get("/metrics")
        assert status == 200, text
        return parsed(text)

    def value(self, name: str, **labels: str) -> Decimal:
        """Return the sum of a figure's samples that bear these labels; 0 if there is none."""
        return sum(
            (
                one.value
                for one in self.samples()
                if one.name == f"kbots_{name}" and labels.items() <= one.labels.items()
            ),
            Decimal(0),
        )


def parsed(text: str) -> list[Sample]:
    """Read Prometheus' text format."""
    return [
        Sample(name=one.name, labels=one.labels, value=Decimal(str(one.value)))
        for family in text_string_to_metric_families(text)
        for one in family.samples
    ]
