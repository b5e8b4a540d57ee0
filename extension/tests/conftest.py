"""A real Jupyter server with the extension, and a real HTTP and WebSocket server behind it that says what it was sent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

SECRET = "ck-secret-of-the-server"
JUPYTER_TOKEN = "jupyter-token"
BASE = "/user/ann/"


@dataclass
class Jupyter:
    url: str
    config: Path
    process: subprocess.Popen[bytes]
    root: Path


@dataclass
class Echo:
    """The server behind: it answers with what it was sent."""

    port: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)
    first_chunk: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    sockets_closed: asyncio.Event = field(default_factory=asyncio.Event)
    aborted: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    home = tmp_path_factory.mktemp("home")
    root = home / "work"
    root.mkdir()
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CELLKEEP_", "JUPYTER"))}
    config = home / "cellkeep.json"
    env |= {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "CELLKEEP_CONFIG": str(config),
    }
    log = (home / "log").open("wb")
    process = subprocess.Popen(  # noqa: S603 - fixed arguments
        [
            *(sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser", f"--ServerApp.port={port}"),
            *("--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", f"--ServerApp.base_url={BASE}"),
            *(f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={JUPYTER_TOKEN}"),
        ],
        env=env,
        stderr=log,
        stdout=log,
    )
    found = Jupyter(f"http://127.0.0.1:{port}{BASE}", config, process, root)
    try:
        until = time.monotonic() + 40
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    pytest.fail((home / "log").read_text(), pytrace=False)
                time.sleep(0.05)
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        log.close()


@pytest.fixture
async def echo(jupyter: Jupyter) -> AsyncIterator[Echo]:
    echo = Echo()

    async def any_request(request: web.Request) -> web.StreamResponse:
        echo.seen.append({"method": request.method, "path": request.raw_path, "headers": dict(request.headers)})
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await relay(request)
        if request.path == "/stream-down":
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"first")
            await echo.go_on.wait()
            await response.write(b" second")
            return response
        if request.path == "/stream-up":
            total = 0
            try:
                async for chunk in request.content.iter_any():
                    total += len(chunk)
                    echo.first_chunk.set()
            except (ConnectionError, aiohttp.ClientError, asyncio.CancelledError):
                echo.aborted.set()
                raise
            return web.json_response({"bytes": total})
        if request.path == "/too-large":
            # Answers without reading the body, as a server with a limit does.
            return web.json_response({"code": "PAYLOAD_TOO_LARGE"}, status=413, headers={"Connection": "close"})
        if request.path == "/breaks":
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"first")
            assert request.transport is not None
            request.transport.close()
            return response
        if request.path == "/redirect":
            raise web.HTTPFound("/login?next=1")
        if request.path == "/cookies":
            return web.Response(text="ok", headers={"Set-Cookie": "cellkeep_session=secret", "ETag": '"x"'})
        if request.path.endswith("/evil.html"):
            return web.Response(text="<script>alert(1)</script>", content_type="text/html")
        if request.path == "/api/v1/me":
            if request.headers.get("Authorization") != f"Bearer {SECRET}":
                return web.json_response({"code": "UNAUTHORIZED"}, status=401)
            return web.json_response({"user": {"name": "ann"}, "server": {"version": "9.9.9"}})
        body = await request.read()
        return web.json_response(
            {
                "method": request.method,
                "path": request.raw_path,
                "body": body.decode(),
                "headers": dict(request.headers),
            }
        )

    async def relay(request: web.Request) -> web.StreamResponse:
        if request.path == "/refuses":
            return web.json_response({}, status=401)
        response = web.WebSocketResponse(protocols=("second",), max_msg_size=64 * 1024 * 1024)
        await response.prepare(request)
        async for message in response:
            if message.data == "close":
                await response.close(code=4321)
            elif message.type is aiohttp.WSMsgType.BINARY:
                await response.send_bytes(message.data)
            else:
                await response.send_str(message.data)
        echo.sockets_closed.set()
        return response

    app = web.Application(client_max_size=1 << 40)
    app.router.add_route("*", "/{path:.*}", any_request)
    runner = web.AppRunner(app, shutdown_timeout=1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    echo.port = runner.addresses[0][1]
    configure(jupyter, {"url": echo.url, "token": SECRET})
    yield echo
    echo.go_on.set()
    await runner.cleanup()


def configure(jupyter: Jupyter, config: dict[str, str] | None) -> None:
    """What `cellkeep login` does."""
    if config is None:
        jupyter.config.unlink(missing_ok=True)
    else:
        jupyter.config.write_text(json.dumps(config))


@pytest.fixture
async def browser(jupyter: Jupyter) -> AsyncIterator[Browser]:
    """Logged in with a cookie, as a page is."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(f"{jupyter.url}api/me?token={JUPYTER_TOKEN}") as response:
            assert response.status == 200
        async with session.get(f"{jupyter.url}login") as response:  # gives the XSRF cookie
            await response.read()
        yield Browser(session, jupyter.url)


@dataclass
class Browser:
    session: aiohttp.ClientSession
    base: str

    @property
    def origin(self) -> str:
        return self.base.split(BASE)[0]

    @property
    def xsrf(self) -> str:
        return next(cookie.value for cookie in self.session.cookie_jar if cookie.key == "_xsrf")

    @property
    def write_headers(self) -> dict[str, str]:
        return {"X-XSRFToken": self.xsrf, "Origin": self.origin}
