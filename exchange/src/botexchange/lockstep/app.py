"""The two endpoints of the lockstep protocol."""

from aiohttp import web

from botcore.domain.errors import NotFound
from botexchange.lockstep.gate import Gate
from botexchange.venue import Venue

__all__ = ["lockstep_routes"]


def lockstep_routes(gate: Gate, venue: Venue) -> list[web.RouteDef]:
    """Serve POST /lockstep/v1/idle and GET /lockstep/v1."""

    async def idle(request: web.Request) -> web.Response:
        try:
            body = await request.json()
            name, frames = str(body["participant"]), int(body["frames"])
            gate.report(name, frames, is_reset=bool(body.get("reset")))
        except (ValueError, TypeError, KeyError, AttributeError):
            return web.json_response({"error": "participant and frames are needed"}, status=400)
        except NotFound as error:
            return web.json_response({"error": str(error)}, status=404)
        return web.json_response({"pushed": gate.participants[name].pushed})

    async def status(_request: web.Request) -> web.Response:
        participants = {
            name: {
                "connected": one.is_connected,
                "idle": one.is_idle,
                "pushed": one.pushed,
                "processed": one.processed,
            }
            for name, one in gate.participants.items()
        }
        return web.json_response(
            {
                "state": gate.state,
                "released": gate.released,
                "time": venue.now_ms(),
                "participants": participants,
            }
        )

    return [web.post("/lockstep/v1/idle", idle), web.get("/lockstep/v1", status)]
