"""The probe: the process answers; what it needs is told by its pages."""

from fastapi import APIRouter
from starlette.responses import JSONResponse

__all__ = ["health_routes"]


def health_routes() -> APIRouter:
    """Make the route."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    return router
