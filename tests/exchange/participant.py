"""The smallest client that can take part in a lockstep replay."""

import asyncio
import hmac
import json
from urllib.parse import urlencode

import aiohttp


class Participant:
    """Reads closed candles and user events one by one and reports when it has dealt with them."""

    def __init__(self, server, name, account, streams="btcusdt@kline_1h"):
        self._base = f"http://127.0.0.1:{server.port}"
        self._name, self._account, self._streams = name, account, streams
        self._frames, self.now = 0, 0
        self.candles, self.events = [], []
        self.raw = {}
        """What came as it came: market frames under 0, user events under 1."""
        self._session, self._sockets, self._readers = None, [], []

    async def connect(self, *, is_again=False):
        """Open both connections and subscribe; after a reconnect the counts start anew."""
        self._session = aiohttp.ClientSession()
        _, answer = await self.call("GET", "/api/v3/time")
        self.now = answer["serverTime"]
        self._inbox = asyncio.Queue()
        market = f"{self._base}/stream?streams={self._streams}&lockstep={self._name}"
        user = f"{self._base}/ws-api/v3?lockstep={self._name}"
        self._sockets = [await self._session.ws_connect(url) for url in (market, user)]
        params = self._sign({"apiKey": self._account["apiKey"]}, is_sorted=True)
        request = {"id": 1, "method": "userDataStream.subscribe.signature", "params": params}
        await self._sockets[1].send_json(request)
        assert (await self._sockets[1].receive_json())["status"] == 200
        self._readers = [asyncio.create_task(self._read(one)) for one in self._sockets]
        self._frames = 0
        await self.idle(is_reset=is_again)

    async def close(self):
        """Leave; may be called again."""
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        for one in self._sockets:
            await one.close()
        if self._session is not None:
            await self._session.close()

    async def _read(self, connection):
        async for message in connection:
            self.raw.setdefault(self._sockets.index(connection), []).append(message.data)
            self._inbox.put_nowait(json.loads(message.data))

    async def run(self, on_candle, until=None):
        """Trade until nothing comes any more, or until this many candles were seen."""
        patience = 5 if until is None else 60
        while until is None or len(self.candles) < until:
            try:
                frame = await asyncio.wait_for(self._inbox.get(), patience)
            except TimeoutError:
                return
            self._frames += 1
            if "event" in frame:
                self.now = frame["event"]["E"]
                self.events.append(frame["event"])
            elif "k" in frame["data"]:
                self.now = frame["data"]["E"]
                self.candles.append(frame["data"]["k"])
                await on_candle(self, frame["data"]["k"])
            await self.idle()
            if self.is_last(frame):
                return

    def is_last(self, frame):
        return False

    async def idle(self, *, is_reset=False):
        body = {"participant": self._name, "frames": self._frames, "reset": is_reset}
        async with self._session.post(f"{self._base}/lockstep/v1/idle", json=body) as answer:
            assert answer.status == 200

    async def order(self, **values):
        status, answer = await self.call("POST", "/api/v3/order", self._sign(values))
        assert status == 200, answer
        return answer

    async def call(self, method, path, params=None):
        headers = {"X-MBX-APIKEY": self._account["apiKey"]}
        url = f"{self._base}{path}?{urlencode(params or {})}"
        async with self._session.request(method, url, headers=headers) as answer:
            return answer.status, await answer.json()

    def _sign(self, params, *, is_sorted=False):
        params = {**params, "timestamp": self.now}
        pairs = sorted(params.items()) if is_sorted else params.items()
        payload = "&".join(f"{name}={value}" for name, value in pairs)
        secret = self._account["apiSecret"].encode()
        return {**params, "signature": hmac.new(secret, payload.encode(), "sha256").hexdigest()}
