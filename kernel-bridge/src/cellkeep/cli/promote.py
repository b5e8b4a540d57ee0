"""deploy and promote: a run, a logged model or a version to an endpoint, by the server; and what the server starts for it.

Exit codes: 0 done, 2 failed, 3 the server is away, 4 the token may not do this, 6 it was cancelled, 130 interrupted.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import uuid
from typing import Any

from ..link import ServerLink
from ..promoting.errors import Cancelled, CannotPromote
from .output import CommandError, local_time, plain, print_json, show
from .server import ask, connected, find_run, pages
from .supervised import supervised

_FAILED, _SERVER_GONE, _CANCELLED = 2, 5, 6
_OPEN = ("queued", "running")
_ASK_EVERY = 0.5  # seconds
_LOGGED = re.compile(r"m-[0-9a-f]{32}\Z")
_VERSION = re.compile(r"(?:models:/+)?([^/:]+?)(?:/(\d{1,9})|@([\w-]+))\Z")
_COLUMNS = ["asked", "status", "model", "version", "endpoint", "source", "by", "error", "id"]


def add_commands(groups: Any) -> None:
    """Add both commands to the parser's."""
    for name, text in (
        ("deploy", "put a run's model, a logged model or a version behind an endpoint"),
        ("promote", "export and register a run's model or a logged model; with --endpoint, serve it"),
    ):
        parser = groups.add_parser(name, help=text, description=text, epilog=__doc__.partition("\n\n")[2])
        parser.set_defaults(command=promote_command, format="table", serve=name == "deploy")
        source = "a run's name or id, the id of a logged model (m-…), NAME/VERSION or NAME@ALIAS"
        parser.add_argument("source", metavar="SOURCE", nargs="?" if name == "promote" else None, help=source)
        parser.add_argument("--name", metavar="NAME", help="of the registered model; absent: that of the version, else of the endpoint")
        parser.add_argument("--endpoint", metavar="NAME", help="absent: the model's name" if name == "deploy" else "where it is to serve")
        parser.add_argument("--how", choices=("replace", "canary", "shadow", "beside"), default="replace", help="the traffic it gets")
        parser.add_argument("--runtime", choices=("auto", "onnx", "python"), default="auto", help="auto: ONNX where its answers are equal")
        parser.add_argument("--tolerance", type=float, default=1e-5, metavar="X", help="of the answers of both (default 1e-5)")
        parser.add_argument("--alias", metavar="ALIAS", help="set on the version, like champion")
        parser.add_argument("--logged-model", metavar="ID", help="which of the run's models; absent: the last one")
        parser.add_argument("--trust-user", metavar="NAME", help="let this user's pickled code run on the server")
        parser.add_argument("--no-wait", action="store_true", help="return once it is asked for")
        parser.add_argument("--json", dest="format", action="store_const", const="json", help="the promotion as JSON")
        if name == "promote":
            parser.add_argument("--list", action="store_true", help="promotions, newest first")
            parser.add_argument("--cancel", metavar="ID", help="stop this promotion")
            parser.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)
            parser.add_argument("--memory", type=int, metavar="MIB", help=argparse.SUPPRESS)


def promote_command(words: argparse.Namespace) -> int:
    """Promote on the server, and wait for how it ends."""
    if getattr(words, "supervised", False):
        return _supervised(words)
    try:
        with connected() as link:
            if getattr(words, "list", False):
                _list(link, words)
                return 0
            if getattr(words, "cancel", None):
                print(f"{ask(link, 'POST', f'promotions/{words.cancel}/cancel', {'id': words.cancel})['status']}")
                return 0
            return _promote(link, words)
    except CannotPromote as error:
        raise CommandError(str(error)) from error


def _promote(link: ServerLink, words: argparse.Namespace) -> int:
    from ..promoting.deploying import wanted

    if not words.source:
        raise CommandError("say what is to be promoted: a run, a logged model (m-…), NAME/VERSION or NAME@ALIAS")
    source, named = source_of(link, words.source, words.logged_model)
    name = words.name or named or words.endpoint
    if not name:
        raise CommandError("give the model a name: --name late-flights")
    serves = words.serve or words.endpoint is not None
    task = wanted(name, words.endpoint, words.runtime, words.tolerance, words.how, None, words.alias, serves)
    body = {"id": str(uuid.uuid4()), "source": source, "modelName": task.name, "endpoint": task.endpoint, "options": task.options}
    trust = {"trustUser": words.trust_user} if words.trust_user else {}
    promotion = ask(link, "POST", "promotions", {**body, **trust, "where": "server"})
    try:
        promotion = promotion if words.no_wait else _waited(link, promotion)
    except KeyboardInterrupt:
        ask(link, "POST", f"promotions/{promotion['id']}/cancel", {"id": promotion["id"]})
        raise
    if words.format == "json":
        print_json(promotion)
    elif promotion["status"] == "done":
        print(f"{plain(task.name)} version {promotion['version']}" + _where(link, promotion))
    elif promotion["status"] in _OPEN:
        print(f"{promotion['status']}: `cellkeep promote --list` shows how it ends; its id is {promotion['id']}")
    else:
        print(f"cellkeep: {plain(promotion['error'] or promotion['status'])}", file=sys.stderr)
    return {"failed": _FAILED, "lost": _FAILED, "cancelled": _CANCELLED}.get(promotion["status"], 0)


def _where(link: ServerLink, promotion: dict[str, Any]) -> str:
    return f" serves at {link.server.url}/endpoints/{promotion['endpoint']}" if promotion["endpoint"] else " is registered"


def source_of(link: ServerLink, word: str, logged_model: str | None = None) -> tuple[dict[str, Any], str | None]:
    """The contract's source that a word names, and the name of its registered model where it has one.

    Raises
    ------
    CommandError
        There is nothing of this name.
    """
    if _LOGGED.match(word):
        return {"kind": "loggedModel", "loggedModelId": word}, None
    found = _VERSION.match(word)
    if found:
        name, version, alias = found.groups()
        if alias:
            from urllib.parse import quote

            version = ask(link, "GET", f"models/{quote(name, safe='')}/aliases/{quote(alias, safe='')}")["version"]
        return {"kind": "version", "modelName": name, "version": int(version)}, name
    run = find_run(link, word)
    model = {"loggedModelId": logged_model} if logged_model else {}
    return {"kind": "run", "runId": run["id"], **model}, None


def _waited(link: ServerLink, promotion: dict[str, Any]) -> dict[str, Any]:
    """The promotion once it has ended; its steps are printed as they end."""
    told: set[str] = set()
    while True:
        for step in promotion["steps"]:
            if step["status"] in ("done", "failed", "skipped") and step["step"] not in told:
                told.add(step["step"])
                text = f": {plain(step['text'])}" if step["text"] else ""
                print(f"{step['step']} {step['status']}{text}", file=sys.stderr)
        if promotion["status"] not in _OPEN:
            return promotion
        time.sleep(_ASK_EVERY)
        promotion = ask(link, "GET", f"promotions/{promotion['id']}")


def _list(link: ServerLink, words: argparse.Namespace) -> None:
    found = list(pages(link, "GET", "promotions", "promotions", {}, 100))
    rows = [
        {
            "asked": local_time(one["askedAt"]),
            "status": one["status"],
            "model": one["modelName"],
            "version": one["version"],
            "endpoint": one["endpoint"],
            "source": one["source"]["kind"],
            "by": one["userName"],
            "error": one["error"],
            "id": one["id"],
        }
        for one in found
    ]
    show(found if words.format == "json" else rows, _COLUMNS, words.format)


def _supervised(words: argparse.Namespace) -> int:
    """A child of the server: address, token and task come by stdin, and when that is closed the server is gone."""
    from ..promoting.supervised import promote_stored

    with supervised(words.memory, _SERVER_GONE) as (link, told):
        try:
            promote_stored(link, told)
        except Cancelled:
            return _CANCELLED
        except Exception as error:  # told to the server already, as far as it listens: this is for its log
            print(f"cellkeep: {' '.join(str(error).split()) or type(error).__name__}", file=sys.stderr)
            return _FAILED
    return 0
