"""endpoints: what serves, its releases, traffic, tokens and log; ask one, stop it, roll it back."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .output import CommandError, local_time, plain, print_json, show
from .server import ask, connected, pages

_ENDPOINTS = ["name", "state", "serves", "hosts", "access", "notebook", "url"]
_RELEASES = ["number", "role", "weight", "model", "version", "runtime", "by", "created", "message", "id"]
_TRAFFIC = ["at", "requests", "rows", "clientErrors", "serverErrors", "rejected", "p50Us", "p95Us", "p99Us"]
_TOKENS = ["label", "prefix", "rate", "by", "created", "used", "expires", "id"]


def add_commands(group: Any, command: Any, limited: Any) -> None:
    """Add the commands to their group; ``command`` and ``limited`` are the parser's own ways to add one."""
    listing = limited(command(group, "list", list_endpoints, "endpoints, by name", csv=True))
    listing.add_argument("--notebook", metavar="PATH", help="only those with a release made in this notebook")
    listing.add_argument("--model", metavar="NAME", help="only those that serve this model")
    one = "name of an endpoint"
    command(group, "show", show_endpoint, "its releases and hosts").add_argument("endpoint", metavar="ENDPOINT", help=one)
    traffic = command(group, "traffic", show_traffic, "requests, errors and latencies of the last hour", csv=True)
    traffic.add_argument("endpoint", metavar="ENDPOINT")
    logs = command(group, "logs", show_logs, "what its hosts and workers wrote")
    logs.add_argument("endpoint", metavar="ENDPOINT")
    logs.add_argument("--lines", type=int, default=200, metavar="N", help="the last N lines (default 200)")
    for name, function, text in (
        ("stop", stop_endpoint, "end its hosts; requests in flight are answered first"),
        ("start", start_endpoint, "start it again"),
        ("delete", delete_endpoint, "delete it; requests in flight are answered first"),
    ):
        command(group, name, function, text).add_argument("endpoint", metavar="ENDPOINT", help=one)
    back = command(group, "roll-back", roll_back, "back to the release that was live before, at once")
    back.add_argument("endpoint", metavar="ENDPOINT")
    back.add_argument("--reason", default="", help="kept with the release")
    asking = command(group, "ask", ask_rows, "send rows, as MLflow's clients do; prints the answer")
    asking.add_argument("endpoint", metavar="ENDPOINT")
    asking.add_argument("file", metavar="FILE", help="JSON: rows [{…}, …] or a body of /invocations; - for stdin")
    tokens = command(group, "tokens", list_tokens, "tokens that may ask it", csv=True)
    tokens.add_argument("endpoint", metavar="ENDPOINT")
    token = command(group, "token", make_token, "make a token that may ask it; its secret is printed once")
    token.add_argument("endpoint", metavar="ENDPOINT")
    token.add_argument("label", metavar="LABEL", help="what it is for")
    token.add_argument("--rate", type=float, metavar="N", help="requests a second")
    token.add_argument("--days", type=int, metavar="N", help="until it ends")
    command(group, "revoke", revoke_token, "revoke a token of an endpoint").add_argument("id", metavar="ID")


def _path(name: str) -> str:
    return f"endpoints/{quote(name, safe='')}"


def _serves(endpoint: dict[str, Any]) -> str:
    live = [one for one in endpoint["releases"] if one["role"] in ("live", "canary")]
    return ", ".join(f"{one['modelName']} v{one['version']} {one['weight']:.0%}" for one in live)


def list_endpoints(words: argparse.Namespace) -> None:
    """Endpoints, by name."""
    wanted = {key: value for key, value in (("notebookPath", words.notebook), ("modelName", words.model)) if value}
    with connected() as link:
        found = list(pages(link, "GET", "endpoints", "endpoints", wanted, words.limit))
    rows = [
        {
            "name": one["name"],
            "state": one["state"],
            "serves": _serves(one),
            "hosts": len(one["hosts"]),
            "access": one["settings"]["access"],
            "notebook": ", ".join(one["notebookPaths"]),
            "url": one["url"],
        }
        for one in found
    ]
    show(found if words.format == "json" else rows, _ENDPOINTS, words.format)


def show_endpoint(words: argparse.Namespace) -> None:
    """One endpoint."""
    with connected() as link:
        found = ask(link, "GET", _path(words.endpoint))
    if words.format == "json":
        print_json(found)
        return
    direct = f", hosts at {found['directUrl']}" if found["directUrl"] else ""
    print(f"{plain(found['name'])}: {found['state']}{': ' + plain(found['message']) if found['message'] else ''}")
    print(f"{found['url']}{direct}")
    rows = [
        {
            **{key: one[key] for key in ("number", "role", "version", "runtime", "message", "id")},
            "weight": f"{one['weight']:.0%}",
            "model": one["modelName"],
            "by": one["userName"],
            "created": local_time(one["createdAt"]),
        }
        for one in found["releases"]
    ]
    show(rows, _RELEASES, "table")


def show_traffic(words: argparse.Namespace) -> None:
    """Requests over time."""
    with connected() as link:
        found = ask(link, "GET", f"{_path(words.endpoint)}/traffic", query={"points": "60"})
    points = found["points"]
    rows = [{**one, "at": local_time(one["at"])} for one in points if one["requests"] or one["rejected"]]
    show(points if words.format == "json" else rows, _TRAFFIC, words.format)


def show_logs(words: argparse.Namespace) -> None:
    """What its hosts wrote."""
    with connected() as link:
        found = ask(link, "GET", f"{_path(words.endpoint)}/logs", query={"lines": str(words.lines)})["lines"]
    if words.format == "json":
        print_json(found)
        return
    for line in found:
        print(f"{local_time(line['at'])} {line['stream']:4} {plain(line['text'])}")


def _set(words: argparse.Namespace, wanted: str) -> None:
    with connected() as link:
        found = ask(link, "PATCH", _path(words.endpoint), {"name": words.endpoint, "wanted": wanted})
    if words.format == "json":
        print_json(found)
    else:
        print(f"{plain(found['name'])} is {found['state']}")


def stop_endpoint(words: argparse.Namespace) -> None:
    """End its hosts."""
    _set(words, "stopped")


def start_endpoint(words: argparse.Namespace) -> None:
    """Start it again."""
    _set(words, "running")


def delete_endpoint(words: argparse.Namespace) -> None:
    """Delete it."""
    with connected() as link:
        ask(link, "DELETE", _path(words.endpoint))
    print(f"deleted endpoint {plain(words.endpoint)}")


def roll_back(words: argparse.Namespace) -> None:
    """Back to the release before."""
    with connected() as link:
        found = ask(link, "POST", f"{_path(words.endpoint)}/roll-back", {"endpoint": words.endpoint, "reason": words.reason})
    if words.format == "json":
        print_json(found)
    else:
        print(f"{plain(found['name'])} serves {_serves(found)}")


def ask_rows(words: argparse.Namespace) -> None:
    """Send rows of a file."""
    text = sys.stdin.read() if words.file == "-" else Path(words.file).read_text(encoding="utf-8")
    try:
        body = json.loads(text)
    except ValueError as error:
        raise CommandError(f"{words.file} is no JSON: {error}") from error
    if isinstance(body, list):
        body = {"dataframe_records": body}
    with connected() as link:
        print_json(link.post(f"{_path(words.endpoint)}/invocations", body))


def list_tokens(words: argparse.Namespace) -> None:
    """Tokens that may ask it."""
    with connected() as link:
        found = ask(link, "GET", f"{_path(words.endpoint)}/tokens")["tokens"]
    rows = [
        {
            **{key: one[key] for key in ("label", "prefix", "id")},
            "rate": one["ratePerSecond"],
            "by": one["userName"],
            "created": local_time(one["createdAt"]),
            "used": local_time(one["lastUsedAt"]),
            "expires": local_time(one["expiresAt"]),
        }
        for one in found
    ]
    show(found if words.format == "json" else rows, _TOKENS, words.format)


def make_token(words: argparse.Namespace) -> None:
    """Make one."""
    body = {"endpoint": words.endpoint, "label": words.label, "ratePerSecond": words.rate, "expiresInDays": words.days}
    with connected() as link:
        made = ask(link, "POST", f"{_path(words.endpoint)}/tokens", body)
    if words.format == "json":
        print_json(made)
    else:
        print(made["secret"])


def revoke_token(words: argparse.Namespace) -> None:
    """Revoke one."""
    with connected() as link:
        ask(link, "DELETE", f"endpoint-tokens/{quote(words.id, safe='')}")
    print("revoked")
