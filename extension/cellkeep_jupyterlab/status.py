"""``GET <base_url>cellkeep-status``: is a server configured, does it answer, does it take the token?"""

from __future__ import annotations

import asyncio
import json

import aiohttp
from jupyter_server.base.handlers import APIHandler
from tornado import web

from .settings import ServerSettings
from .upstream import upstream_session

ANSWER_WITHIN = 3  # seconds


class StatusHandler(APIHandler):
    def initialize(self, server_settings: ServerSettings) -> None:
        self._settings = server_settings

    @web.authenticated
    async def get(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(await self._status()))

    async def _status(self) -> dict[str, object]:
        """``url`` carries no credentials; ``authorized``, ``user`` and ``role`` are null while nothing is known of them."""
        upstream = self._settings.current()
        status: dict[str, object] = {
            "configured": upstream is not None,
            "url": upstream.shown_url if upstream else None,
            "reachable": False,
            "authorized": None,
            "user": None,
            "role": None,
            "version": None,
            "problem": self._settings.problem,
        }
        if upstream is None:
            return status
        try:
            async with (
                upstream_session(upstream, total=ANSWER_WITHIN) as session,
                session.get(f"{upstream.url}/api/v1/me", headers={"Accept": "application/json", **upstream.authorization}) as response,
            ):
                status["reachable"] = response.status < 500
                status["authorized"] = response.status == 200 if response.status in (200, 401, 403) else None
                if response.status == 200:
                    me = await response.json()
                    status["user"] = me["user"]["name"]
                    status["role"] = me["user"]["role"]
                    status["version"] = me["server"]["version"]
                elif response.status in (401, 403):
                    status["problem"] = "the server does not accept the token; run `cellkeep login` again"
                else:
                    status["problem"] = f"the server answered {response.status}"
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError, KeyError) as error:
            status["problem"] = str(error) or type(error).__name__
        return status
