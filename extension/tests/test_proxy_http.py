"""HTTP through Jupyter's port: what is forwarded, what is not, who may, and what is said when the server is away."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from conftest import JUPYTER_TOKEN, SECRET, Browser, Echo, Jupyter, configure

pytestmark = pytest.mark.anyio


async def test_the_token_is_added_and_jupyters_own_credentials_stay(browser: Browser, echo: Echo) -> None:
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Custom": "1",
        "Referer": f"{browser.base}?token={JUPYTER_TOKEN}",
        "Accept": "application/json",
        "Range": "bytes=0-9",
    }
    async with browser.session.get(f"{browser.base}cellkeep/api/v1/x?a=1&token={JUPYTER_TOKEN}&b=%2F", headers=headers) as response:
        seen = await response.json()
    assert seen["path"] == "/api/v1/x?a=1&b=%2F"
    sent = {name.lower(): value for name, value in seen["headers"].items()}
    assert sent["authorization"] == f"Bearer {SECRET}"
    assert sent["x-forwarded-prefix"] == "/user/ann/cellkeep"
    assert sent["x-forwarded-host"] == browser.origin.removeprefix("http://")
    assert (sent["accept"], sent["range"]) == ("application/json", "bytes=0-9")
    assert not {"cookie", "origin", "referer", "x-custom", "x-xsrftoken"} & set(sent)
    assert JUPYTER_TOKEN not in str(seen["headers"])


async def test_no_answer_holds_the_token_nor_a_cookie_of_the_server(browser: Browser, echo: Echo) -> None:
    async with browser.session.get(f"{browser.base}cellkeep/cookies") as response:
        assert response.headers.get("ETag") == '"x"'
        assert "Set-Cookie" not in response.headers
    async with browser.session.get(f"{browser.base}cellkeep-status") as response:
        text = await response.text()
        assert (await response.json())["reachable"] is True
    assert SECRET not in text


async def test_an_encoded_slash_stays_one(browser: Browser, echo: Echo) -> None:
    url = aiohttp.client.URL(f"{browser.base}cellkeep/files/a%2Fb%20c%25.txt", encoded=True)
    async with browser.session.get(url) as response:
        assert (await response.json())["path"] == "/files/a%2Fb%20c%25.txt"


async def test_a_redirect_stays_within_the_proxy(browser: Browser, echo: Echo) -> None:
    async with browser.session.get(f"{browser.base}cellkeep/redirect", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "/user/ann/cellkeep/login?next=1")
    async with browser.session.get(f"{browser.base}cellkeep", allow_redirects=False) as response:
        assert response.headers["Location"] == "/user/ann/cellkeep/"


async def test_an_uploaded_page_may_not_run_on_jupyters_origin(browser: Browser, echo: Echo) -> None:
    async with browser.session.get(f"{browser.base}cellkeep/api/v1/runs/{'0' * 32}/artifacts/files/evil.html") as response:
        assert response.headers["Content-Security-Policy"] == "sandbox"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


class TestWhoMay:
    async def test_without_jupyters_login_nothing_is_forwarded(self, jupyter: Jupyter, echo: Echo) -> None:
        async with aiohttp.ClientSession() as stranger:
            async with stranger.get(f"{jupyter.url}cellkeep/api/v1/me") as response:
                assert response.status == 403
                assert (await response.json())["code"] == "FORBIDDEN"
            async with stranger.post(f"{jupyter.url}cellkeep/api/v1/runs", json={}) as response:
                assert response.status == 403
            async with stranger.get(f"{jupyter.url}cellkeep-status") as response:
                assert response.status == 403
            async with stranger.get(f"{jupyter.url}cellkeep/", headers={"Accept": "text/html"}, allow_redirects=False) as response:
                assert response.headers["Location"].startswith("/user/ann/login?next=")
        assert echo.seen == []

    async def test_a_write_needs_the_xsrf_token(self, browser: Browser, echo: Echo) -> None:
        async with browser.session.post(f"{browser.base}cellkeep/write", data=b"x") as response:
            assert response.status == 403
        assert echo.seen == []
        async with browser.session.post(f"{browser.base}cellkeep/write", data=b"x", headers=browser.write_headers) as response:
            assert (await response.json())["body"] == "x"

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    async def test_a_foreign_origin_may_not_write(self, browser: Browser, echo: Echo, method: str) -> None:
        headers = {**browser.write_headers, "Origin": "https://evil.example"}
        async with browser.session.request(method, f"{browser.base}cellkeep/write", headers=headers) as response:
            assert response.status in (403, 404)
        assert echo.seen == []

    async def test_not_even_with_jupyters_token(self, jupyter: Jupyter, echo: Echo) -> None:
        headers = {"Authorization": f"token {JUPYTER_TOKEN}", "Origin": "https://evil.example"}
        async with (
            aiohttp.ClientSession(headers=headers) as script,
            script.post(f"{jupyter.url}cellkeep/write") as response,
        ):
            assert response.status == 403
        assert echo.seen == []


class TestStreams:
    async def test_an_answer_comes_as_it_is_written(self, browser: Browser, echo: Echo) -> None:
        async with browser.session.get(f"{browser.base}cellkeep/stream-down") as response:
            assert await response.content.read(5) == b"first"
            echo.go_on.set()
            assert await response.content.read() == b" second"

    async def test_a_body_goes_up_as_it_is_sent(self, browser: Browser, echo: Echo) -> None:
        async def body() -> AsyncIterator[bytes]:
            yield b"x" * 100_000
            await asyncio.wait_for(echo.first_chunk.wait(), 10)  # the server has read before the rest was sent
            for _ in range(20):
                yield b"y" * 1_000_000

        async with browser.session.put(f"{browser.base}cellkeep/stream-up", data=body(), headers=browser.write_headers) as response:
            assert await response.json() == {"bytes": 20_100_000}

    async def test_an_early_refusal_reaches_the_sender_of_a_large_body(self, browser: Browser, echo: Echo) -> None:
        data = io.BytesIO(b"x" * 5_000_000)
        async with browser.session.put(f"{browser.base}cellkeep/too-large", data=data, headers=browser.write_headers) as response:
            assert response.status == 413

    async def test_an_upload_that_breaks_off_ends_on_the_server_too(self, jupyter: Jupyter, browser: Browser, echo: Echo) -> None:
        host, port = browser.origin.removeprefix("http://").split(":")
        _reader, writer = await asyncio.open_connection(host, int(port))
        cookies = "; ".join(f"{c.key}={c.value}" for c in browser.session.cookie_jar)
        writer.write(
            (
                f"PUT /user/ann/cellkeep/stream-up HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookies}\r\n"
                f"X-XSRFToken: {browser.xsrf}\r\nContent-Length: 1000000\r\n\r\n"
            ).encode()
            + b"x" * 1000
        )
        await asyncio.wait_for(echo.first_chunk.wait(), 10)
        writer.close()
        await asyncio.wait_for(echo.aborted.wait(), 10)

    async def test_an_answer_that_breaks_off_does_not_look_whole(self, browser: Browser, echo: Echo) -> None:
        with pytest.raises(aiohttp.ClientPayloadError):
            async with browser.session.get(f"{browser.base}cellkeep/breaks") as response:
                await response.read()

    async def test_methods_and_bodies_arrive_as_they_were(self, browser: Browser, echo: Echo) -> None:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            url = f"{browser.base}cellkeep/any"
            async with browser.session.request(method, url, data=b'{"a": 1}', headers=browser.write_headers) as response:
                seen = await response.json()
            assert (seen["method"], seen["body"]) == (method, '{"a": 1}')
        async with browser.session.delete(f"{browser.base}cellkeep/any", headers=browser.write_headers) as response:
            assert (await response.json())["body"] == ""
        async with browser.session.head(f"{browser.base}cellkeep/any") as response:
            assert response.status == 200


class TestServerIsAway:
    async def test_an_absent_server_is_a_502_that_says_what_to_do(self, jupyter: Jupyter, browser: Browser) -> None:
        configure(jupyter, {"url": "http://127.0.0.1:9", "token": SECRET})
        for method, headers in (("GET", {}), ("PUT", browser.write_headers)):
            url = f"{browser.base}cellkeep/api/v1/me"
            async with browser.session.request(method, url, data=b"x" if method == "PUT" else None, headers=headers) as response:
                body = await response.json()
                assert (response.status, body["code"]) == (502, "BAD_GATEWAY")
            assert "127.0.0.1:9" in body["data"]["issues"][0]["reason"]
            assert "cellkeep login" in body["data"]["issues"][0]["remedy"]
            assert SECRET not in str(body)

    async def test_without_configuration_it_is_a_503(self, jupyter: Jupyter, browser: Browser) -> None:
        configure(jupyter, None)
        async with browser.session.get(f"{browser.base}cellkeep/api/v1/me") as response:
            body = await response.json()
            assert (response.status, body["code"]) == (503, "SERVICE_UNAVAILABLE")
        async with browser.session.get(f"{browser.base}cellkeep-status") as response:
            status = await response.json()
        assert (status["configured"], status["url"], status["reachable"]) == (False, None, False)

    async def test_a_login_takes_effect_without_a_restart(self, jupyter: Jupyter, browser: Browser, echo: Echo) -> None:
        async def authorized() -> object:
            async with browser.session.get(f"{browser.base}cellkeep-status") as response:
                return (await response.json())["authorized"]

        configure(jupyter, {"url": echo.url, "token": "an-old-token"})
        assert await authorized() is False
        configure(jupyter, {"url": echo.url, "token": SECRET})
        assert await authorized() is True
