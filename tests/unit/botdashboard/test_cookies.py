"""Cookies of sessions and of browsers that are known."""

from starlette.responses import Response

from botdashboard.api.plain import Cookie


def headers_of(cookie):
    response = Response()
    cookie.put(response, "t")
    cookie.put_mark(response, "m")
    return response.headers.getlist("set-cookie")


# SEC-18
def test_cookies_are_bound_to_the_host_and_closed_to_scripts_over_https():
    for one in headers_of(Cookie(is_secure=True)):
        assert one.startswith("__Host-kbots")
        parts = {part.strip().lower() for part in one.split(";")}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)


# SEC-18
def test_session_ends_with_the_browser_and_what_knows_it_does_not():
    session, mark = headers_of(Cookie(is_secure=False))

    assert "max-age" not in session.lower()
    assert "max-age" in mark.lower()
