"""Prometheus finds bots and operator, where it is wanted and understood."""

from collections.abc import Callable

import pytest

from tests.cluster.chart import BOTS, SYSTEM, of_kind, render

Command = Callable[..., str]


@pytest.mark.parametrize(
    ("namespace", "name", "port"), [(BOTS, "botrunner", "probes"), (SYSTEM, "operator", "health")]
)
def test_they_are_announced_to_prometheus_where_it_understands(
    helm: Command, namespace: str, name: str, port: str
) -> None:
    wanted = (
        "--set",
        "metrics.podMonitor.enabled=true,metrics.podMonitor.labels.release=prometheus",
    )
    understood = ("--api-versions", "monitoring.coreos.com/v1")

    assert of_kind(render(helm, *understood), "PodMonitor") == []
    assert of_kind(render(helm, *wanted), "PodMonitor") == []
    [monitor] = of_kind(render(helm, *wanted, *understood), "PodMonitor", namespace)
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["selector"] == {"matchLabels": {"app.kubernetes.io/name": name}}
    [endpoint] = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint == {"port": port, "path": "/metrics", "interval": "30s"}


def test_alerts_are_made_where_they_are_wanted_and_understood(helm: Command) -> None:
    wanted = (
        "--set",
        "metrics.prometheusRule.enabled=true,metrics.prometheusRule.labels.release=prometheus",
    )
    understood = ("--api-versions", "monitoring.coreos.com/v1")

    assert of_kind(render(helm, *understood), "PrometheusRule") == []
    assert of_kind(render(helm, *wanted), "PrometheusRule") == []
    [rule] = of_kind(render(helm, *wanted, *understood), "PrometheusRule", SYSTEM)
    assert rule["metadata"]["labels"]["release"] == "prometheus"
    [group] = rule["spec"]["groups"]
    alerts = {one["alert"]: one for one in group["rules"]}
    assert alerts["KbotsDoubleRun"]["labels"] == {"severity": "critical"}
    assert alerts["KbotsResyncLate"]["expr"].endswith("> 600")
    assert "{{ $value }}" in alerts["KbotsBotsHalted"]["annotations"]["summary"]
    assert all({"summary", "action"} == one["annotations"].keys() for one in group["rules"])
