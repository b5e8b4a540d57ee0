"""The WebSocket through Jupyter's port."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from conftest import SECRET, Browser, Echo, Jupyter, configure

pytestmark = pytest.mark.anyio


async def test_messages_go_both_ways_as_text_and_as_bytes(browser: Browser, echo: Echo) -> None:
    async with browser.session.ws_connect(f"{browser.base}cellkeep/api/v1/rpc?token=x", origin=browser.origin) as ws:
        await ws.send_str("one")
        assert await ws.receive_str(timeout=5) == "one"
        await ws.send_bytes(b"\x00\x01")
        assert await ws.receive_bytes(timeout=5) == b"\x00\x01"
        large = "x" * 12_000_000  # over tornado's default limit of 10 MiB
        await ws.send_str(large)
    sent = {name.lower(): value for name, value in echo.seen[0]["headers"].items()}
    assert sent["authorization"] == f"Bearer {SECRET}"
    assert sent["x-forwarded-prefix"] == "/user/ann/cellkeep"
    assert not {"cookie", "origin"} & set(sent)
    assert echo.seen[0]["path"] == "/api/v1/rpc"


async def test_a_large_message_comes_through(browser: Browser, echo: Echo) -> None:
    large = "x" * 12_000_000
    async with browser.session.ws_connect(f"{browser.base}cellkeep/any", max_msg_size=0) as ws:
        await ws.send_str(large)
        assert await ws.receive_str(timeout=20) == large


async def test_the_server_chooses_the_subprotocol(browser: Browser, echo: Echo) -> None:
    async with browser.session.ws_connect(f"{browser.base}cellkeep/any", protocols=("first", "second")) as ws:
        assert ws.protocol == "second"


async def test_each_side_hears_that_the_other_closed(browser: Browser, echo: Echo) -> None:
    async with browser.session.ws_connect(f"{browser.base}cellkeep/any") as ws:
        await ws.send_str("close")
        message = await ws.receive(timeout=5)
        assert (message.type, ws.close_code) == (aiohttp.WSMsgType.CLOSE, 4321)
    echo.sockets_closed.clear()
    async with browser.session.ws_connect(f"{browser.base}cellkeep/any") as ws:
        await ws.send_str("there")
        assert await ws.receive_str(timeout=5) == "there"
    await asyncio.wait_for(echo.sockets_closed.wait(), 5)


async def refused(browser: Browser, path: str = "any", **options: object) -> int:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await browser.session.ws_connect(f"{browser.base}cellkeep/{path}", **options)  # type: ignore[call-overload]
    return int(error.value.status)


async def test_a_foreign_origin_is_refused_before_the_server_is_asked(browser: Browser, echo: Echo) -> None:
    assert await refused(browser, origin="https://evil.example") == 403
    assert echo.seen == []


async def test_without_jupyters_login_it_is_refused(jupyter: Jupyter, echo: Echo) -> None:
    async with aiohttp.ClientSession() as stranger:
        assert await refused(Browser(stranger, jupyter.url)) == 403
    assert echo.seen == []


async def test_a_server_that_refuses_or_is_away_is_a_failed_handshake(jupyter: Jupyter, browser: Browser, echo: Echo) -> None:
    assert await refused(browser, "refuses") == 401
    configure(jupyter, {"url": "http://127.0.0.1:9", "token": SECRET})
    assert await refused(browser) == 502
    configure(jupyter, None)
    assert await refused(browser) == 503
