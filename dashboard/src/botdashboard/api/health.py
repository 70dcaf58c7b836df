"""The probes of the process, and that of a page which asks whether its session still lives."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from botdashboard.services.clock_watch import ClockWatch
from botdashboard.services.readiness import Readiness

__all__ = ["health_routes"]


def health_routes(readiness: Readiness, clock_watch: ClockWatch) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        if await readiness.is_ready():
            # Said and no more: whoever can't sign in with a code can still halt a bot in a session that is open.
            clock = f"off by {clock_watch.skew:+.0f} s" if clock_watch.is_off else "ok"
            return JSONResponse({"status": "ok", "clock": clock})
        return JSONResponse({"status": "the database does not answer"}, 503)

    @router.get("/session")
    async def session() -> Response:
        return Response(status_code=204)

    return router
