"""The probe of the process, and that of a page which asks whether its session still lives."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

__all__ = ["health_routes"]


def health_routes() -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @router.get("/session")
    async def session() -> Response:
        return Response(status_code=204)

    return router
