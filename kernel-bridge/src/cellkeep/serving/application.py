"""One model as an ASGI application, without Cellkeep beside it: in a container, or in a replica of Ray Serve.

Addresses and answers are those of an endpoint of Cellkeep; what a host does beside them (its tokens, releases, a log of requests)
is left to where this runs. Where ``CELLKEEP_TOKEN`` is set, whoever asks the model has to send it as a bearer token.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import protocols
from .native import load_native, read_bundle
from .onnx_session import OnnxModel
from .protocols import Refusal, refused

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

#: Bytes of a request's body.
MOST_BYTES = 16 * 1024 * 1024


class Application:
    """Loads the model of a folder, then answers for it.

    Parameters
    ----------
    folder
        With ``cellkeep.json`` and what it names.
    name, version
        As the registry has them; told by the Open Inference Protocol.
    """

    def __init__(self, folder: Path, name: str, version: str) -> None:
        self.bundle = read_bundle(folder)
        self.name, self.version = name, version
        is_graph = self.bundle["runtime"] == "onnx"
        self._model = OnnxModel(str(folder / self.bundle["onnx"]["file"]), self.bundle) if is_graph else load_native(folder, self.bundle)
        # Models are asked one request at a time, beside the loop that reads and writes.
        self._asking = ThreadPoolExecutor(1)
        self._token = os.environ.get("CELLKEEP_TOKEN", "")

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        root = scope.get("root_path", "")
        path = scope["path"].removeprefix(root).rstrip("/") or "/"
        shape = "v2" if path.startswith("/v2") else "mlflow" if path == "/invocations" else "common"
        try:
            status, said = await self._answer(scope, path, receive)
        except Refusal as refusal:
            status, said = refusal.status, _refused(refusal, shape)
        except Exception as error:  # the model's own: its caller is told, its traceback is for the log
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            status, said = 500, _refused(Refusal(500, [("", f"the model failed: {type(error).__name__}: {error}"[:1000])]), shape)
        await _reply(send, status, said, scope["method"] == "HEAD")

    async def _answer(self, scope: Mapping[str, Any], path: str, receive: Receive) -> tuple[int, Any]:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if method == "GET":
            return 200, self._told(path)
        if method != "POST":
            raise refused("", f"{path} takes GET or POST", 405)
        ask = self._question(path)
        headers = {name.decode("latin1").lower(): value.decode("latin1") for name, value in scope["headers"]}
        self._require_token(headers)
        body = await _body(receive)
        return 200, await asyncio.get_running_loop().run_in_executor(self._asking, ask, body, headers.get("content-type", ""))

    def _told(self, path: str) -> Any:
        if path in ("/ping", "/health"):
            return {}
        if path == "/v2":
            return {"name": "cellkeep", "version": self.version, "extensions": []}
        if path == "/v2/health/live":
            return {"live": True}
        if path == "/v2/health/ready":
            return {"ready": True}
        if path in self._of_model(""):
            return protocols.v2_metadata(self.bundle, self.name, self.version)
        if path in self._of_model("/ready"):
            return {"name": self.name, "ready": True}
        raise refused("", f"nothing answers {path[:200]}", 404)

    def _of_model(self, what: str) -> tuple[str, str]:
        own = f"/v2/models/{self.name}"
        return f"{own}{what}", f"{own}/versions/{self.version}{what}"

    def _question(self, path: str) -> Callable[[bytes, str], Any]:
        if path in ("/", "/predict"):
            return self._ask_rows
        if path == "/invocations":
            return self._ask_invocations
        if path in self._of_model("/infer"):
            return self._ask_v2
        raise refused("", f"nothing answers {path[:200]}", 404)

    def _ask_rows(self, body: bytes, _content_type: str) -> Any:
        columns, is_one = protocols.rows_question(protocols.parsed(body), self.bundle)
        count = _count(columns)
        return protocols.rows_answer(self._model.answer(columns), self.bundle, count, is_one)

    def _ask_invocations(self, body: bytes, content_type: str) -> Any:
        columns = protocols.invocations_question(body, content_type, self.bundle)
        return protocols.invocations_answer(self._model.answer(columns), self.bundle, _count(columns))

    def _ask_v2(self, body: bytes, _content_type: str) -> Any:
        told = protocols.parsed(body)
        columns, count = protocols.v2_question(told, self.bundle)
        return protocols.v2_answer(self._model.answer(columns), self.bundle, count, self.name, self.version, told.get("id"))

    def _require_token(self, headers: Mapping[str, str]) -> None:
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if self._token and not hmac.compare_digest(given.encode(), self._token.encode()):
            raise refused("authorization", "a valid token is needed", 401)


def _count(columns: Mapping[str, Any]) -> int:
    return len(next(iter(columns.values())))


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise refused("", "the request broke off")
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise refused("", f"the body has more than {MOST_BYTES} bytes", 413)
        if not message.get("more_body"):
            return bytes(body)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _reply(send: Send, status: int, said: Any, is_head: bool) -> None:
    body = json.dumps(said, allow_nan=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})


def _refused(refusal: Refusal, shape: str) -> dict[str, Any]:
    if shape == "v2":
        return {"error": str(refusal)}
    if shape == "mlflow":
        return {"error_code": "BAD_REQUEST" if refusal.status < 500 else "INTERNAL_ERROR", "message": str(refusal)}
    issues = [{"field": field, "reason": reason} for field, reason in refusal.issues]
    return {"status": refusal.status, "message": str(refusal), "data": {"issues": issues}}


def application_of(top: Path) -> Application:
    """The application of a folder that Cellkeep has packed: ``release.json`` says whose ``model/`` it is."""
    told = json.loads((top / "release.json").read_text(encoding="utf-8"))
    return Application(top / "model", told["name"], str(told["version"]))
