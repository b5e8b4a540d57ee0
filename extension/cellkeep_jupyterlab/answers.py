"""Answers that the proxy gives itself, in the form of the server's own errors (schema/src/wire/errors.ts)."""

from __future__ import annotations

from http.client import responses

from .settings import Upstream


class Refused(Exception):
    """An answer that this proxy gives itself, in the form of the server's errors."""

    def __init__(self, status: int, code: str, message: str, reason: str, remedy: str) -> None:
        super().__init__(message)
        self.status = status
        issue = {"field": "", "reason": reason, "remedy": remedy}
        self.body = {"defined": True, "code": code, "status": status, "message": message, "data": {"issues": [issue]}}


def not_configured(problem: str | None) -> Refused:
    return Refused(
        503,
        "SERVICE_UNAVAILABLE",
        "No Cellkeep server is configured.",
        problem or "Neither CELLKEEP_URL nor the configuration file names a server.",
        "Run `cellkeep login <url>`, or set CELLKEEP_URL and CELLKEEP_TOKEN for Jupyter.",
    )


def unreachable(upstream: Upstream, error: BaseException) -> Refused:
    return Refused(
        502,
        "BAD_GATEWAY",
        "The Cellkeep server does not answer.",
        f"{upstream.shown_url}: {str(error) or type(error).__name__}",
        "Start the server, or correct its address with `cellkeep login <url>`.",
    )


CODES = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "PAYLOAD_TOO_LARGE"}


def refused_by_jupyter(status: int, error: BaseException | None) -> Refused:
    reason = getattr(error, "log_message", None) or responses.get(status, "Unknown")
    code = CODES.get(status, "BAD_REQUEST" if status < 500 else "INTERNAL_SERVER_ERROR")
    return Refused(status, code, "Jupyter refused this request.", str(reason), "Log in to Jupyter, then reload the page.")
