"""A page and its socket without a browser: what the browser sends, and everything it gets."""

import html
import json
import secrets
from typing import Any, Self

import httpx
from websockets.sync.client import ClientConnection, connect

__all__ = ["LivePage", "client_id_of", "open_socket"]


def client_id_of(text: str) -> str:
    """Read a page's own id from its HTML."""
    return text.split("'client_id': '", 1)[1].split("'", 1)[0]


def open_socket(
    url: str, client_id: str, *, origin: str | None, cookie: str = ""
) -> ClientConnection:
    """Shake hands as a browser would for this page; raises what the server refuses with."""
    query = f"client_id={client_id}&next_message_id=0&implicit_handshake=true&tab_id={secrets.token_hex(8)}"
    query += f"&document_id={secrets.token_hex(8)}&EIO=4&transport=websocket"
    address = f"{url.replace('http', 'ws', 1)}/_nicegui_ws/socket.io/?{query}"
    headers = {"Cookie": cookie} if cookie else {}
    return connect(address, origin=origin, additional_headers=headers, open_timeout=5, proxy=None)


class LivePage:
    """A page that is open in somebody's browser."""

    def __init__(self, client: httpx.Client, path: str) -> None:
        self._url = str(client.base_url).rstrip("/")
        answer = client.get(path)
        assert answer.status_code == 200, answer.text[:300]
        self.html = answer.text
        self.client_id = client_id_of(self.html)
        raw = self.html.split("String.raw`", 1)[1].split("`", 1)[0]
        self.elements: dict[str, dict[str, Any]] = json.loads(html.unescape(raw))
        self.frames: list[str] = []
        self.cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        self.socket = open_socket(self._url, self.client_id, origin=self._url, cookie=self.cookie)
        self._until(lambda frame: frame.startswith("0"))
        self.socket.send("40")
        self._until(lambda frame: frame.startswith("40"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def wait_for(self, text: str, seconds: float = 5) -> str:
        """Wait until the server sends a frame with this text."""
        return self._until(lambda frame: text in frame, seconds)

    def wait_until_cut_off(self) -> None:
        """Wait until the server ends the connection, as a browser understands it."""
        self._until(lambda frame: frame == "1")

    def press(self, name: str, *, through: "LivePage | None" = None) -> None:
        """Click the element of this test id; `through` sends it over another page's socket."""
        (through or self).send_event(self.click_on(name))

    def click_on(self, name: str) -> dict[str, Any]:
        """Make the event of a click, as the browser would."""
        number, element = next(
            (number, one)
            for number, one in self.elements.items()
            if one.get("props", {}).get("data-testid") == name
        )
        listener = next(one for one in element["events"] if one["type"] == "click")
        return {
            "id": int(number),
            "client_id": self.client_id,
            "listener_id": listener["listener_id"],
            "args": ["{}"],
        }

    def send_event(self, event: dict[str, Any], kind: str = "event") -> None:
        """Send an event as it is."""
        self.socket.send("42" + json.dumps([kind, event]))

    def _until(self, wanted: Any, seconds: float = 5) -> str:
        while True:
            frame = self.socket.recv(timeout=seconds)
            text = frame if isinstance(frame, str) else frame.decode()
            if text == "2":  # a ping; a browser that does not answer is cut off
                self.socket.send("3")
                continue
            self.frames.append(text)
            if wanted(text):
                return text
