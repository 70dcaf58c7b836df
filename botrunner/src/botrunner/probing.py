"""What a runner's probes and metrics tell, put together from its parts."""

from botrunner.adapters.binance_venue import BinanceVenue
from botrunner.adapters.flight_recorder import FlightRecorder
from botrunner.adapters.metrics import BotMetrics
from botrunner.adapters.probe_server import Answer, ProbeServer, verdict
from botrunner.engine.health import Health
from botrunner.engine.loop import Engine
from botrunner.settings import RunnerSettings

__all__ = ["probes_of"]


def probes_of(
    settings: RunnerSettings,
    engine: Engine,
    venue: BinanceVenue,
    metrics: BotMetrics,
    recorder: FlightRecorder,
) -> ProbeServer:
    """Serve what machines ask about this process, from its start on; trading never waits for it."""
    health = Health(
        engine,
        is_market_live=lambda: not venue.health.is_stale,
        venue_now=venue.exchange.venue_now,
    )
    watch, limits, keeper = metrics.watch, venue.limits, engine.keeper
    watch("ready", "1 while it trades as it should", lambda: not health.obstacles())
    watch("market_stale", "1 while candles stay away", health.is_market_stale)
    watch(
        "degraded", "1 while it tells problems", lambda: bool(keeper.told and keeper.told.problems)
    )
    watch("request_weight_used", "Weight this IP used this minute", lambda: limits.used)
    watch("request_weight_limit", "Weight an IP may use a minute", lambda: limits.limit)
    watch("recorder_dropped_records", "Records left out since the start", lambda: recorder.dropped)
    return ProbeServer(
        host=settings.probe_host,
        port=settings.probe_port,
        port_file=settings.state_dir / "probe-port",
        pages={
            "/healthz": lambda: verdict(health.problems()),
            "/readyz": lambda: verdict(health.obstacles()),
            "/metrics": lambda: Answer(text=metrics.text(), content_type=metrics.content_type),
        },
    )
