"""How a connection to the Cellkeep server is made."""

from __future__ import annotations

import aiohttp

from .settings import Upstream

CONNECT_TIMEOUT = 5  # seconds


def connector(upstream: Upstream) -> aiohttp.BaseConnector:
    return aiohttp.UnixConnector(upstream.socket_path) if upstream.socket_path else aiohttp.TCPConnector()


def upstream_session(upstream: Upstream, total: float | None = None) -> aiohttp.ClientSession:
    """A session for one request; it reads no environment, so that neither a proxy nor a .netrc gets the token."""
    return aiohttp.ClientSession(
        connector=connector(upstream),
        timeout=aiohttp.ClientTimeout(total=total, connect=CONNECT_TIMEOUT),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )
