"""``<base_url>cellkeep/…`` → the Cellkeep server, HTTP and WebSocket, streamed both ways.

Built on jupyter-server-proxy's handler: it demands Jupyter's authentication on every request and lets one address serve both
HTTP and WebSocket. Its own transport is not used, because it holds whole bodies in memory, leaves writes to the proxied
application's XSRF protection, and forwards all headers, Jupyter's cookies among them. What always holds here:

- the token is added on this side and nothing that carries Jupyter's own credentials is forwarded (headers go by allow-list);
- a write needs Jupyter's XSRF token, and neither a write nor a WebSocket may come from a foreign Origin;
- a WebSocket is accepted only once the server has accepted its other half, so an absent server is a failed handshake;
- at most a few chunks are in memory, whichever side is slow.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import aiohttp
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from jupyter_server_proxy.handlers import ProxyHandler
from tornado import httputil, web
from tornado.httputil import url_concat
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError
from yarl import URL

from .answers import Refused, not_configured, refused_by_jupyter, unreachable
from .settings import ServerSettings, Upstream
from .upstream import upstream_session

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# Left out on purpose: Cookie and Authorization (Jupyter's), Origin and Referer (Jupyter's address, perhaps with its token),
# X-Forwarded-* as the client wrote it, and all that concerns one connection only (RFC 9110, 7.6.1).
FORWARDED_REQUEST_HEADERS = (
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Cache-Control",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Last-Event-ID",
    "Range",
    "User-Agent",
    "X-Request-Id",
)
# Cookies of the Cellkeep server would land among Jupyter's; the length is set again by whoever writes the bytes.
DROPPED_RESPONSE_HEADERS = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
        "access-control-allow-credentials",
        "access-control-allow-origin",
    }
)
CHUNKS_IN_FLIGHT = 4
BODY_LIMIT = 1 << 40  # bytes; the server knows the real limit of each address and answers 413
MESSAGE_LIMIT = 64 * 1024 * 1024  # bytes, as the server's own limit on a JSON body


@web.stream_request_body
class CellkeepProxyHandler(ProxyHandler):  # type: ignore[misc]
    def initialize(self, server_settings: ServerSettings) -> None:
        self._settings = server_settings
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(CHUNKS_IN_FLIGHT)
        self._session: aiohttp.ClientSession | None = None
        self._answer: asyncio.Task[aiohttp.ClientResponse] | None = None
        self._upstream_socket: aiohttp.ClientWebSocketResponse[bool] | None = None
        self._relay: asyncio.Task[None] | None = None
        self._refused: Refused | None = None

    # ---- who may

    async def prepare(self) -> None:
        self.request.connection.set_max_body_size(BODY_LIMIT)
        is_write = self.request.method not in SAFE_METHODS
        try:
            # In place of ProxyHandler.prepare, which sends every stranger to the login page, also one who wants JSON.
            await JupyterHandler.prepare(self)
            if self.current_user is None:
                if self._is_page:
                    self.redirect(url_concat(self.get_login_url(), {"next": self.request.uri or ""}))
                    return
                raise web.HTTPError(403, "log in to Jupyter first")
            if (is_write or self._is_upgrade) and not self.check_origin():
                raise web.HTTPError(403, "this Origin may not write")
        except web.HTTPError as error:
            # Said once the body is read: Tornado closes a connection that is answered earlier, and its peer, still writing or about to
            # use it again, then sees no answer but a broken connection.
            self._refused = refused_by_jupyter(error.status_code, error)
            return
        if is_write:
            self._start()

    @property
    def _is_page(self) -> bool:
        """Only a page is sent to Jupyter's login; a call gets its 403 at once."""
        accepted = str(self.request.headers.get("Accept", ""))
        return not self._is_upgrade and self.request.method == "GET" and "text/html" in accepted

    def skip_check_origin(self) -> bool:
        """Jupyter lets a request with its token in the header pass from any Origin; here that is not needed."""
        return False

    def check_xsrf_cookie(self) -> None:
        """jupyter-server-proxy leaves this to the application; ours sees no cookie at all, so Jupyter's check applies."""
        JupyterHandler.check_xsrf_cookie(self)

    @property
    def _is_upgrade(self) -> bool:
        return self.request.method == "GET" and str(self.request.headers.get("Upgrade", "")).lower() == "websocket"

    # ---- what is forwarded

    @property
    def _prefix(self) -> str:
        return url_path_join(self.base_url, "cellkeep")

    def _target(self, upstream: Upstream) -> str:
        # From the raw path: what was percent-encoded stays so, and "%2F" in an artifact's name does not become a separator.
        path = self.request.path[len(self._prefix) :] or "/"
        query = [pair for pair in parse_qsl(self.request.query, keep_blank_values=True) if pair[0] != "token"]
        address = upstream.url + quote(path, safe="/%:@!$&'()*+,;=-._~")
        return f"{address}?{urlencode(query)}" if query else address

    def _request_headers(self, upstream: Upstream) -> dict[str, str]:
        given = self.request.headers
        headers = {name: given[name] for name in FORWARDED_REQUEST_HEADERS if name in given}
        headers["X-Forwarded-Prefix"] = self._prefix
        headers["X-Forwarded-Host"] = self.request.host
        headers["X-Forwarded-Proto"] = self.request.protocol
        return {**headers, **upstream.authorization}

    def _upstream(self) -> Upstream:
        upstream = self._settings.current()
        if upstream is None:
            raise not_configured(self._settings.problem)
        return upstream

    # ---- HTTP

    def _start(self) -> None:
        """Begin the request to the server; for a write that is before its body has come."""
        try:
            upstream = self._upstream()
        except Refused as refused:
            self._refused = refused
            return
        self._session = upstream_session(upstream)
        self._answer = asyncio.ensure_future(self._fetch(upstream, self._session))

    async def _fetch(self, upstream: Upstream, session: aiohttp.ClientSession) -> aiohttp.ClientResponse:
        headers = self._request_headers(upstream)
        has_body = "Content-Length" in headers or "Transfer-Encoding" in self.request.headers
        if not has_body or self.request.method in SAFE_METHODS:
            headers.pop("Content-Length", None)
            has_body = False
        try:
            return await session.request(
                self.request.method or "GET",
                URL(self._target(upstream), encoded=True),
                headers=headers,
                data=self._body() if has_body else None,
                allow_redirects=False,
                # aiohttp would otherwise offer codings that the browser did not ask for.
                skip_auto_headers=("Accept-Encoding", "Content-Type", "User-Agent"),
            )
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            raise unreachable(upstream, error) from error

    async def _body(self) -> AsyncIterator[bytes]:
        while (chunk := await self._chunks.get()) is not None:
            yield chunk

    async def data_received(self, chunk: bytes) -> None:
        await self._put(chunk)

    async def _put(self, chunk: bytes | None) -> None:
        """Hand on a part of the body, waiting while the server is slow, unless it has answered already."""
        if self._answer is None or self._answer.done():
            return
        put = asyncio.ensure_future(self._chunks.put(chunk))
        await asyncio.wait({put, self._answer}, return_when=asyncio.FIRST_COMPLETED)
        if not put.done():
            put.cancel()

    async def _forward(self) -> None:
        if self._answer is None and self._refused is None:
            self._start()
        if self._refused is not None:
            self._refuse(self._refused)
            return
        assert self._answer is not None  # noqa: S101 - _start leaves an answer or a refusal
        await self._put(None)
        try:
            response = await self._answer
        except Refused as refused:
            self._refuse(refused)
            return
        await self._copy_response(response)

    async def _copy_response(self, response: aiohttp.ClientResponse) -> None:
        self.set_status(response.status, response.reason)
        self._headers = httputil.HTTPHeaders()  # without Jupyter's own Content-Type and policy: the server sets its own
        for name, value in response.headers.items():
            lower = name.lower()
            if lower == "location":
                self.add_header(name, self._location_here(value, response))
            elif lower not in DROPPED_RESPONSE_HEADERS:
                self.add_header(name, value)
        # What people upload shares Jupyter's origin here: it is never sniffed and never runs, whatever the server says.
        self.set_header("X-Content-Type-Options", "nosniff")
        if "/artifacts/files/" in self.request.path:
            self.set_header("Content-Security-Policy", "sandbox")
        try:
            if self.request.method != "HEAD" and response.status not in (204, 304):
                async for chunk in response.content.iter_any():
                    self.write(chunk)
                    # The mixin's own `flush` gives nothing to wait for; a slow reader has to slow the server down.
                    await web.RequestHandler.flush(self)
            self.finish()
        except StreamClosedError:
            pass  # the browser went away; on_connection_close lets go of the server
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            self.log.warning("cellkeep: the server broke off its answer to %s: %s", self.request.path, error)
            # To end in order would make half an answer look whole.
            self.request.connection.stream.close()

    def _location_here(self, location: str, response: aiohttp.ClientResponse) -> str:
        """A redirect within the server stays within the proxy."""
        target = urlsplit(location)
        if target.netloc and target.netloc != urlsplit(str(response.url)).netloc:
            return location
        if not target.path.startswith("/") or target.path.startswith(f"{self._prefix}/"):
            return location
        return target._replace(scheme="", netloc="", path=self._prefix + target.path).geturl()

    def _refuse(self, refused: Refused) -> None:
        self.set_status(refused.status)
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(refused.body))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self._refuse(refused_by_jupyter(status_code, kwargs.get("exc_info", (None, None, None))[1]))

    async def http_get(self, path: str) -> None:
        await self._forward()

    async def head(self, path: str) -> None:
        await self._forward()

    async def options(self, path: str) -> None:
        await self._forward()

    async def post(self, path: str) -> None:
        await self._forward()

    async def put(self, path: str) -> None:
        await self._forward()

    async def patch(self, path: str) -> None:
        await self._forward()

    async def delete(self, path: str) -> None:
        await self._forward()

    # ---- WebSocket

    async def get(self, path: str) -> None:
        if not self._is_upgrade or self._refused is not None:
            await self.http_get(path)
            return
        try:
            await self._connect_upstream()
        except Refused as refused:
            self._refuse(refused)
            return
        await super().get(path)

    async def _connect_upstream(self) -> None:
        upstream = self._upstream()
        asked = self.request.headers.get("Sec-WebSocket-Protocol", "")
        self._session = upstream_session(upstream)
        headers = self._request_headers(upstream)
        for name in ("Accept-Encoding", "Content-Length", "Content-Type"):
            headers.pop(name, None)
        try:
            self._upstream_socket = await self._session.ws_connect(
                URL(self._target(upstream), encoded=True),
                headers=headers,
                protocols=[name.strip() for name in asked.split(",") if name.strip()],
                max_msg_size=MESSAGE_LIMIT,
                autoping=True,
                heartbeat=30,  # seconds; a server that vanished without a word is noticed
                compress=0,  # usually one machine, else the way between data centre and data centre
            )
        except aiohttp.WSServerHandshakeError as error:
            raise Refused(
                error.status if error.status in (401, 403, 404, 429, 503) else 502,
                "BAD_GATEWAY",
                "The Cellkeep server refused the connection.",
                f"{upstream.shown_url} answered {error.status}.",
                "Check the token: `cellkeep login` makes a new one.",
            ) from error
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            raise unreachable(upstream, error) from error

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return self._upstream_socket.protocol if self._upstream_socket else None

    @property
    def max_message_size(self) -> int:
        return MESSAGE_LIMIT

    async def open(self, path: str) -> None:
        self._relay = asyncio.ensure_future(self._relay_to_browser())

    async def _relay_to_browser(self) -> None:
        socket = self._upstream_socket
        if socket is None:
            return
        with contextlib.suppress(WebSocketClosedError, StreamClosedError):
            async for message in socket:
                # Awaited: a slow browser slows the server down, which then drops and says so (`lagging`).
                await self.write_message(message.data, binary=message.type is aiohttp.WSMsgType.BINARY)
            # 1005 and 1006 say that no code came; they may not be sent (RFC 6455, 7.4.1).
            code = socket.close_code if socket.close_code not in (None, 1005, 1006) else 1012
            self.close(code, "the Cellkeep server closed the connection")

    async def on_message(self, message: str | bytes) -> None:
        socket = self._upstream_socket
        if socket is None or socket.closed:
            return
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):  # the relay sees the same and closes
            await (socket.send_str(message) if isinstance(message, str) else socket.send_bytes(message))

    def on_ping(self, data: bytes) -> None:
        """Tornado has answered it; the other half has its own heartbeat."""

    def on_close(self) -> None:
        self._release()

    # ---- the end

    def on_finish(self) -> None:
        super().on_finish()
        if self._upstream_socket is None:
            self._release()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._release()

    def _release(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.cancel()
        session, self._session = self._session, None
        if session is not None:
            closing = asyncio.ensure_future(self._close(session))
            _closing.add(closing)
            closing.add_done_callback(_closing.discard)

    async def _close(self, session: aiohttp.ClientSession) -> None:
        if self._upstream_socket is not None:
            await self._upstream_socket.close()
        await session.close()


# The event loop keeps only weak references to its tasks.
_closing: set[asyncio.Task[None]] = set()
