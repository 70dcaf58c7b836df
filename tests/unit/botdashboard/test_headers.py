"""What every response carries."""

import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from botdashboard.api.headers import SecurityHeaders


def live(_request):
    return HTMLResponse(
        "<script>a</script><script defer>b</script>", headers={"X-NiceGUI-Content": "page"}
    )


def plain(_request):
    return PlainTextResponse("x")


@pytest.fixture
async def client():
    routes = [Route("/live", live), Route("/plain", plain)]
    app = SecurityHeaders(Starlette(routes=routes), is_https=True)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as found:
        yield found


# SEC-60
async def test_every_script_of_a_live_page_gets_the_nonce_of_its_response(client):
    first, second = await client.get("/live"), await client.get("/live")

    nonces = set(re.findall(r'<script nonce="([^"]+)"', first.text))
    assert first.text.count("nonce=") == 2
    assert len(nonces) == 1
    assert f"'nonce-{nonces.pop()}'" in first.headers["content-security-policy"]
    assert first.text != second.text


async def test_plain_page_runs_no_script(client):
    policy = (await client.get("/plain")).headers["content-security-policy"]

    assert "script-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


# SEC-59, SEC-61
@pytest.mark.parametrize("path", ["/live", "/plain", "/missing"])
async def test_every_answer_carries_the_fixed_headers(client, path):
    headers = (await client.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "max-age=31536000" in headers["strict-transport-security"]
