"""A WebSocket client that can break every rule: the bytes of each frame are the caller's choice."""

import base64
import json
import os
import struct
from typing import NamedTuple

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = base64.b64encode(b"0123456789abcdef").decode()


class Frame(NamedTuple):
    """One frame to send, sound or not; `length` overrides what its header says."""

    unit: bytes
    times: int = 1
    opcode: int = TEXT
    fin: bool = True
    reserved: int = 0
    masked: bool = True
    length: int | None = None

    def encode(self):
        """Give the bytes."""
        payload = self.unit * self.times
        size = len(payload) if self.length is None else self.length
        first = self.fin << 7 | self.reserved << 4 | self.opcode
        bit = self.masked << 7
        if size < 126:
            head = struct.pack("!BB", first, bit | size)
        elif size < 65_536:
            head = struct.pack("!BBH", first, bit | 126, size)
        else:
            head = struct.pack("!BBQ", first, bit | 127, size)
        if not self.masked:
            return head + payload
        mask = os.urandom(4)
        key = (mask * (len(payload) // 4 + 1))[: len(payload)]
        mixed = int.from_bytes(payload) ^ int.from_bytes(key)
        return head + mask + mixed.to_bytes(len(payload))


class Socket:
    """One WebSocket connection over a plain socket."""

    def __init__(self, connection, path):
        self._connection, self._buffer = connection, b""
        self._connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        self.status = int(head.split(b" ")[1])

    def send(self, frame):
        """Send a frame."""
        self._connection.sendall(frame.encode())

    def receive(self):
        """Give opcode and payload of the next frame; ConnectionError at the end."""
        first, second = self._take(2)
        assert not second & 0x80, "a server's frame is masked"
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self._take(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._take(8))
        return first & 0x0F, self._take(size)

    def messages(self, last):
        """Give every JSON message up to the answer to `last`, and whether that came."""
        found = []
        try:
            while True:
                opcode, payload = self.receive()
                if opcode == CLOSE:
                    return found, False
                if opcode == TEXT:
                    message = json.loads(payload)
                    found.append(message)
                    if isinstance(message, dict) and message.get("id") == last:
                        return found, True
        except ConnectionError:
            return found, False

    def _take(self, size):
        while len(self._buffer) < size:
            self._more()
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _more(self):
        part = self._connection.recv(65_536)
        if not part:
            raise ConnectionResetError
        self._buffer += part
