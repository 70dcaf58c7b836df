"""Prometheus finds the bots, where it is wanted and understood."""

from collections.abc import Callable

from tests.cluster.chart import BOTS, of_kind, render

Command = Callable[..., str]


def test_bots_are_announced_to_prometheus_where_it_understands(helm: Command) -> None:
    wanted = (
        "--set",
        "metrics.podMonitor.enabled=true,metrics.podMonitor.labels.release=prometheus",
    )
    understood = ("--api-versions", "monitoring.coreos.com/v1")

    assert of_kind(render(helm, *understood), "PodMonitor") == []
    assert of_kind(render(helm, *wanted), "PodMonitor") == []
    [monitor] = of_kind(render(helm, *wanted, *understood), "PodMonitor", BOTS)
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["selector"] == {"matchLabels": {"app.kubernetes.io/name": "botrunner"}}
    [endpoint] = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint == {"port": "probes", "path": "/metrics", "interval": "30s"}
