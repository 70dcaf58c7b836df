"""Brings a client that believes it talks to binance.com to us: names, ports and a certificate of our own.

As `hostAliases` and a private authority do in a cluster. Nothing of the client is set but its keys.
"""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import tempfile
import time
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["public_hosts"]

HOSTS = ("api.binance.com", "stream.binance.com", "ws-api.binance.com")


@contextlib.asynccontextmanager
async def public_hosts(place):
    """Serve Binance's names in TLS; give a function that makes sessions which know the way."""
    pem, context = _certificate()
    address = urlsplit(place["http"])
    server = await asyncio.start_server(
        lambda reader, writer: _forward(reader, writer, address), "127.0.0.1", 0, ssl=context
    )
    port = server.sockets[0].getsockname()[1]
    trusting = ssl.create_default_context(cadata=pem)
    yield lambda: aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=_ToUs(port), ssl=trusting)
    )
    server.close()


class _ToUs(AbstractResolver):
    """Finds every name and port at one place."""

    def __init__(self, port):
        self.port = port

    async def resolve(self, host, port=0, family=socket.AF_INET):
        assert host in HOSTS, host
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": self.port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self):
        """Nothing to close."""


async def _forward(reader, writer, address):
    inner_reader, inner_writer = await asyncio.open_connection(address.hostname, address.port)
    await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))


async def _pump(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


def _certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "conformance")])
    now = dt.datetime.fromtimestamp(time.time_ns() // 10**9, dt.UTC)
    names = [*map(x509.DNSName, HOSTS), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(pem + private)
        file.flush()
        context.load_cert_chain(file.name)
    return pem.decode(), context
