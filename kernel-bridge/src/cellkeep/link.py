"""HTTP to the server: the only place that knows httpx, which is loaded with the first request and not before.

Failures come in three kinds, because that is what callers decide on: ``ServerAway`` (try again), ``TokenRefused`` (not with this token:
a person must log in, or be given the right), ``Refused`` (this request will never do). No text of an error holds the token.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

from .forks import importing
from .settings import Server
from .wire import IngestOutput

if TYPE_CHECKING:
    import httpx

_CHUNK = 256 * 1024
_TIMEOUT = 60.0  # seconds without a byte
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class LinkError(Exception):
    """The server did not do what was asked."""


class ServerAway(LinkError):
    """No answer, or one that says to try again later."""


class TokenRefused(LinkError):
    """401 or 403: the token is missing, wrong or may not do this; ``status`` tells which."""

    def __init__(self, message: str, status: int = 401) -> None:
        super().__init__(message)
        self.status = status


class Refused(LinkError):
    """The request itself is at fault.

    ``status`` is the HTTP status; ``code`` the contract's word for it, empty where something else than Cellkeep has answered.
    """

    def __init__(self, message: str, status: int, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def _silence(record: logging.LogRecord) -> bool:
    """httpx tells of every request at level INFO; a notebook that shows INFO should not hear of ours."""
    return not (record.threadName or "").startswith("cellkeep-")


class ServerLink:
    """A connection pool to one server. Safe to use from several threads."""

    def __init__(self, server: Server) -> None:
        with importing:
            import httpx

        self.server = server
        logging.getLogger("httpx").addFilter(_silence)
        headers = {"user-agent": "cellkeep-python"}
        if server.token:
            headers["authorization"] = f"Bearer {server.token}"
        # A proxy from the environment must not stand between this machine and itself.
        local = server.socket_path is not None or urlsplit(server.url).hostname in _LOOPBACK
        self._httpx = httpx
        self._client = httpx.Client(
            base_url=f"{server.url}/",
            headers=headers,
            timeout=httpx.Timeout(_TIMEOUT, connect=5.0),
            trust_env=not local,
            transport=httpx.HTTPTransport(uds=server.socket_path) if server.socket_path else None,
        )

    def close(self) -> None:
        """Close the pool's sockets."""
        self._client.close()

    def send_batch(self, body: bytes) -> IngestOutput:
        """POST a numbered batch; returns after the server has committed it."""
        headers = {"content-type": "application/json"}
        return cast("IngestOutput", self._call("POST", "api/v1/ingest", content=body, headers=headers))

    def send_artifact(self, run_id: str, path: str, kind: str, media_type: str, content: Path) -> object:
        """PUT a file's content, streamed."""
        size = content.stat().st_size
        headers = {"content-type": media_type, "content-length": str(size)}
        address = f"api/v1/runs/{run_id}/artifacts/files/{quote(path)}?kind={kind}"
        return self._call("PUT", address, content=_chunks(content), headers=headers)

    def mlflow(self, method: str, path: str, body: object = None, query: dict[str, str] | None = None) -> object:
        """A call of MLflow's protocol; ``path`` is relative to ``api/2.0/mlflow/``."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if body is not None else None
        return self._call(method, f"api/2.0/mlflow/{path}", content=content, headers=headers, params=query)

    def send_file(self, address: str, media_type: str, content: Path, digest: str) -> object:
        """PUT a file's content to an address below the server's own, streamed; the server compares the digest (SHA-256, hex)."""
        size = content.stat().st_size
        headers = {"content-type": media_type, "content-length": str(size), "x-content-sha256": digest}
        return self._call("PUT", address, content=_chunks(content), headers=headers)

    def put_part(self, digest: str, kind: str, content: Path) -> object:
        """PUT a part from a file, streamed; see ``put_bytes``."""
        headers = {"content-type": "application/octet-stream", "content-length": str(content.stat().st_size)}
        return self._call("PUT", f"api/v1/parts/{digest}", content=_chunks(content), headers=headers, params={"kind": kind})

    def put_bytes(self, digest: str, kind: str, content: bytes | memoryview) -> object:
        """PUT a part of a snapshot or checkpoint; ``digest`` is the SHA-256 (hex) of its bytes, which the server compares."""
        headers = {"content-type": "application/octet-stream", "content-length": str(len(content))}
        return self._call("PUT", f"api/v1/parts/{digest}", content=bytes(content), headers=headers, params={"kind": kind})

    def get_bytes(self, digest: str) -> bytes:
        """A part's bytes as the server gives them; whoever uses them compares the digest."""
        with self._translated():
            response = self._client.get(f"api/v1/parts/{digest}")
        self._raise_for(response)
        return response.content

    def send_part(self, path: str, content: Path, start: int, size: int, digest: str) -> object:
        """PUT a stretch of a file, streamed; ``path`` is relative to ``api/v1/``."""
        headers = {"content-type": "application/octet-stream", "content-length": str(size), "x-content-sha256": digest}
        return self._call("PUT", f"api/v1/{path}", content=_chunks(content, start, size), headers=headers)

    def get_artifact(self, run_id: str, path: str) -> contextlib.AbstractContextManager[Iterator[bytes]]:
        """Content of an artifact, streamed."""
        return self._stream(f"api/v1/runs/{run_id}/artifacts/files/{quote(path)}")

    def get_model_file(self, model_id: str, path: str) -> contextlib.AbstractContextManager[Iterator[bytes]]:
        """Content of a file of a logged model, streamed."""
        return self._stream(f"api/2.0/mlflow/logged-models/{quote(model_id)}/artifacts/files?artifact_file_path={quote(path)}")

    def list_files(self, folder: str) -> list[dict[str, object]]:
        """Files and folders in a folder of the artifact store, as MLflow's protocol tells of them: ``path`` within it, ``is_dir``."""
        found = self._call("GET", "api/2.0/mlflow-artifacts/artifacts", params={"path": folder})
        return cast("dict[str, list[dict[str, object]]]", found).get("files", [])

    @contextlib.contextmanager
    def _stream(self, address: str) -> Iterator[Iterator[bytes]]:
        with self._translated(), self._client.stream("GET", address) as response:
            if response.status_code >= 400:
                response.read()
            self._raise_for(response)
            yield response.iter_bytes(_CHUNK)

    @contextlib.contextmanager
    def download(self, path: str, body: object = None) -> Iterator[tuple[str, Iterator[bytes]]]:
        """A table, streamed, with the number of its rows; ``path`` is relative to ``api/v1/``, a body is sent with POST."""
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"content-type": "application/json"}
        method = "GET" if body is None else "POST"
        with self._translated(), self._client.stream(method, f"api/v1/{path}", content=content, headers=headers) as response:
            if response.status_code >= 400:
                response.read()
            self._raise_for(response)
            yield response.headers.get("x-cellkeep-rows", "all"), response.iter_bytes(_CHUNK)

    def call(self, method: str, path: str, body: object = None, query: dict[str, str] | None = None) -> object:
        """An operation of the contract; ``path`` is relative to ``api/v1/``. Returns the decoded JSON."""
        if body is None:
            return self._call(method, f"api/v1/{path}", params=query)
        headers = {"content-type": "application/json"}
        return self._call(method, f"api/v1/{path}", content=json.dumps(body).encode(), headers=headers, params=query)

    def post(self, address: str, body: object) -> object:
        """POST JSON to an address below the server's own, as an endpoint's clients do."""
        headers = {"content-type": "application/json"}
        return self._call("POST", address, content=json.dumps(body).encode(), headers=headers)

    def _call(
        self,
        method: str,
        address: str,
        content: bytes | Iterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
    ) -> object:
        with self._translated():
            response = self._client.request(method, address, content=content, headers=headers, params=params)
        self._raise_for(response)
        try:
            return response.json()
        except ValueError as error:
            raise ServerAway(f"{self.server.url} does not answer as a Cellkeep server; check the address") from error

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._httpx.TimeoutException as error:
            raise ServerAway(f"{self.server.url} took too long to answer") from error
        except self._httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise ServerAway(f"{self.server.url} cannot be reached ({reason})") from error

    def _raise_for(self, response: httpx.Response) -> None:
        status = response.status_code
        if status < 400:
            return
        message, code = _explanation(response)
        if status in (401, 403):
            raise TokenRefused(f"{self.server.url} does not accept this: {message}", status)
        if status in (408, 425, 429) or status >= 500:
            raise ServerAway(f"{self.server.url} answered {status}: {message}")
        raise Refused(message, status, code)


def _chunks(path: Path, start: int = 0, size: int | None = None) -> Iterator[bytes]:
    """``size`` bytes from ``start`` on; None: to the end."""
    with path.open("rb") as file:
        file.seek(start)
        left = size
        while chunk := file.read(_CHUNK if left is None else min(_CHUNK, left)):
            yield chunk
            left = None if left is None else left - len(chunk)


def _explanation(response: httpx.Response) -> tuple[str, str]:
    """Message with its issues, and code, of the contract's error body; from a proxy in between there may be anything."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("code"), str):
        return response.reason_phrase or f"status {response.status_code}", ""
    data = body.get("data")
    issues = data.get("issues") if isinstance(data, dict) else None
    texts = [issue_text(issue) for issue in issues or [] if isinstance(issue, dict)]
    return " ".join([str(body.get("message") or response.reason_phrase), *texts[:3]]), str(body["code"])


def issue_text(issue: Mapping[str, object]) -> str:
    """An issue of the contract as one sentence: field, reason, remedy."""
    text = f"{issue['field']}: {issue.get('reason')}" if issue.get("field") else str(issue.get("reason"))
    return f"{text}; {issue['remedy']}" if issue.get("remedy") else text
