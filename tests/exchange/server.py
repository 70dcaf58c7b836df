"""Starts the real exchange as a process and talks to it."""

import contextlib
import json
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from binance import AsyncClient, BinanceSocketManager

from botcore.ledger.roles import EXCHANGE

START_SECONDS = 60


def options_of(database, folder):
    """Name a database of the exchange's role; its password lies in the folder."""
    password = folder / "exchange.password"
    password.write_text(database.passwords[EXCHANGE])
    return [
        f"--database-host={database.host}",
        f"--database-port={database.port}",
        f"--database-name={database.dbname}",
        f"--database-password-file={password}",
    ]


class Server:
    """One running exchange; `port` and `admin_port` are free ports the system chose."""

    def __init__(self, data, *options):
        self._command = [
            sys.executable,
            "-c",
            "import sys; from botexchange.main import main; sys.exit(main())",
            "paper",
            "--port=0",
            "--admin-port=0",
            *([] if data is None else [f"--data={data}"]),
            *options,
        ]
        self.start()

    def start(self):
        """Start, or start again on the same data."""
        self.process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        self.lines, ready = [], queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(ready,), daemon=True)
        self._reader.start()
        try:
            message = ready.get(timeout=START_SECONDS)
        except queue.Empty:
            message = None
        assert message is not None, f"no start: {self.lines}"
        self.port, self.admin_port = message["port"], message["admin_port"]

    def _read(self, ready):
        for line in self.process.stderr:
            self.lines.append(line)
            if '"exchange_ready"' in line:
                ready.put(json.loads(line))
        ready.put(None)

    def kill(self):
        """Kill the process without any warning."""
        self.process.kill()
        self._end()

    def close(self):
        """Kill the process unless it has ended, also by itself; may be called again."""
        if not self.process.stderr.closed:
            self.kill()

    def stop(self):
        """Ask the process to stop; give its exit code and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self._end()
        return code, time.monotonic() - began

    def wait(self):
        """Wait until the process ends by itself; give its exit code."""
        return self._end()

    def _end(self):
        code = self.process.wait(10)
        self._reader.join(5)
        self.process.stderr.close()
        return code

    def admin(self, method, path, body=None):
        """Call the control port; give the JSON of its answer."""
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.admin_port}/admin/v1/{path}"
        with urllib.request.urlopen(
            urllib.request.Request(url, data=data, method=method)
        ) as answer:
            return json.load(answer)

    def public(self, path):
        """Call the public port without a key; give status, headers and JSON."""
        url = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(url) as answer:
                return answer.status, answer.headers, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, json.load(error)

    def raw(self, data):
        """Send bytes to the public port as they are; give what comes back until it falls silent."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(data)
            connection.settimeout(0.5)
            with contextlib.suppress(TimeoutError, ConnectionError):
                while chunk := connection.recv(65_536):
                    answer += chunk
        return answer

    def account(self, name, **balances):
        """Open an account; give what the control port says."""
        return self.admin("POST", "accounts", {"name": name, "balances": balances})

    async def client(self, account):
        """Give python-binance's client for an account."""
        http, ws = f"http://127.0.0.1:{self.port}", f"ws://127.0.0.1:{self.port}"
        urls = {
            "API_URL": f"{http}/api",
            "MARGIN_API_URL": f"{http}/sapi",
            "WS_API_URL": f"{ws}/ws-api/v3",
        }
        kind = type("LocalClient", (AsyncClient,), urls)
        client = await kind.create(account["apiKey"], account["apiSecret"])
        client.ws_api.TIMEOUT = 1  # closing waits for a read of this many seconds
        return client

    def sockets(self, client):
        """Give python-binance's socket manager."""
        url = {"STREAM_URL": f"ws://127.0.0.1:{self.port}/"}
        return type("LocalSockets", (BinanceSocketManager,), url)(client)
