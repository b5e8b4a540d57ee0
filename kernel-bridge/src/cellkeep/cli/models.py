"""models list, show, compare, card, gate, evaluate, approve, restore."""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..link import ServerLink
from .evaluation_rows import read_rows, slices_of
from .output import CommandError, local_time, plain, print_json, show
from .server import ask, connected, pages

_MODELS = ["name", "latest", "versions", "aliases", "stages", "serves", "updated"]
_VERSIONS = ["version", "aliases", "stage", "runtime", "size", "serves", "run", "by", "created"]
_DIFFERENCES = ["part", "what", "a", "b"]
_RESULTS = ["rows", "slice", "metric", "value"]
_APPROVALS = ["version", "to", "status", "agree", "needed", "asked by", "at", "comment", "id"]
#: Seconds between two looks at an evaluation that runs.
_LOOK = 0.5


def add_commands(group: Any, command: Any, limited: Any) -> None:
    """Add the commands to their group; ``command`` and ``limited`` are the parser's own ways to add one."""
    listing = limited(command(group, "list", list_models, "registered models, by name", csv=True))
    listing.add_argument("--text", default="", help="only those with this in their name")
    listing.add_argument("--deleted", action="store_true", help="deleted ones instead")
    shown = limited(command(group, "show", show_model, "its versions, newest first; with a version, all that is known of that", csv=True))
    shown.add_argument("--deleted", action="store_true", help="deleted versions too")
    compare = command(group, "compare", compare_versions, "what differs between two versions", csv=True)
    card = command(group, "card", write_card, "the model card, as Markdown")
    card.add_argument("--output", "-o", metavar="FILE", help="absent: stdout")
    gate = command(group, "gate", check_gate, "what a version must hold before it moves; with a version, whether it does (exit code 1: no)")
    evaluate = command(group, "evaluate", evaluate_version, "store an evaluation set, ask a version all its rows, or both", csv=True)
    evaluate.add_argument("--set", required=True, metavar="NAME", help="of the evaluation set")
    evaluate.add_argument("--rows", metavar="FILE", help="store this as the set: CSV, or JSON like {columns, data}")
    evaluate.add_argument("--label", metavar="COLUMN", help="of the true answer, with --rows")
    evaluate.add_argument("--metric", action="append", default=[], metavar="METRIC", help="accuracy, roc_auc, rmse, … (may be repeated)")
    text = "COLUMN (one for each value), COLUMN=VALUE or COLUMN:FROM..BELOW (may be repeated)"
    evaluate.add_argument("--slice", action="append", default=[], metavar="SLICE", help=text)
    evaluate.add_argument("--trust-user", metavar="NAME", help="whose code may run on the server, where the model is a pickle of theirs")
    approve = command(group, "approve", approve_move, "agree that a version moves; without a version, what was asked", csv=True)
    approve.add_argument("--to", metavar="STAGE|@ALIAS", help="like Production or @champion")
    approve.add_argument("--ask", action="store_true", help="ask others instead")
    approve.add_argument("--refuse", action="store_true", help="refuse instead")
    approve.add_argument("--comment", default="", help="why")
    restore = command(group, "restore", restore_deleted, "bring a deleted version back, or without a version a deleted model")
    for parser in (shown, gate, evaluate, approve, restore):
        parser.add_argument("model", metavar="MODEL")
        parser.add_argument("version", nargs="?", metavar="VERSION", help="a number, or an alias like @champion")
    card.add_argument("model", metavar="MODEL")
    card.add_argument("version", metavar="VERSION", help="a number, or an alias like @champion")
    compare.add_argument("model", metavar="MODEL")
    compare.add_argument("a", metavar="A", help="a number, or an alias like @champion")
    compare.add_argument("b", metavar="B")


def _path(model: str, *more: object) -> str:
    return "/".join(["models", quote(model, safe=""), *(str(part) for part in more)])


def _number(link: ServerLink, model: str, word: str) -> int:
    """The number of a version that is named by it or by an alias."""
    if word.removeprefix("v").isdigit():
        return int(word.removeprefix("v"))
    alias = word.removeprefix("@")
    found: int = ask(link, "GET", _path(model, "aliases", quote(alias, safe="")))["version"]
    return found


def _serving(endpoints: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['endpoint']} ({one['role']}, {one['weight']:.0%})" for one in endpoints)


def list_models(words: argparse.Namespace) -> None:
    """Registered models, by name."""
    wanted = {"deleted": str(words.deleted).lower(), **({"text": words.text} if words.text else {})}
    with connected() as link:
        found = list(pages(link, "GET", "model-overviews", "models", wanted, words.limit))
    if words.format == "json":
        print_json(found)
        return
    rows = [
        {
            "name": one["name"],
            "latest": one["latestVersion"],
            "versions": one["versionCount"],
            "aliases": ", ".join(f"{alias['alias']} v{alias['version']}" for alias in one["aliases"]),
            "stages": ", ".join(f"{stage['stage']} v{stage['version']}" for stage in one["stages"]),
            "serves": _serving(one["endpoints"]),
            "updated": local_time(one["updatedAt"]),
        }
        for one in found
    ]
    show(rows, _MODELS, words.format)


def show_model(words: argparse.Namespace) -> None:
    """A model's versions; with a version, what is known of it."""
    with connected() as link:
        if words.version is not None:
            _show_version(ask(link, "GET", _path(words.model, "versions", _number(link, words.model, words.version), "details")), words)
            return
        wanted = {"deleted": str(words.deleted).lower()}
        found = list(pages(link, "GET", _path(words.model, "details"), "versions", wanted, words.limit))
    if words.format == "json":
        print_json(found)
    else:
        show([_version_row(one) for one in found], _VERSIONS, words.format)


def _version_row(details: dict[str, Any]) -> dict[str, object]:
    version, bundle = details["version"], details["bundle"]
    return {
        "version": version["version"],
        "aliases": ", ".join(version["aliases"]) if details["deletedAt"] is None else "(deleted)",
        "stage": "" if version["stage"] == "None" else version["stage"],
        "runtime": bundle["runtime"] if bundle else "",
        "size": bundle["sizeBytes"] if bundle else None,
        "serves": _serving(details["endpoints"]),
        "run": details["runName"] or version["runId"],
        "by": version["userName"],
        "created": local_time(version["createdAt"]),
    }


def _show_version(details: dict[str, Any], words: argparse.Namespace) -> None:
    if words.format != "table":
        print_json(details)
        return
    for name, value in _version_row(details).items():
        print(f"{name:<10} {plain(str(value)) if value not in (None, '') else '-'}")
    bundle = details["bundle"]
    if not bundle:
        print("no bundle: it was registered by an MLflow client; promote it to make one")
        return
    print(f"{'model':<10} {plain(bundle['className'])}")
    for side in ("inputs", "outputs"):
        print(f"{side}:")
        for column in bundle["signature"][side]:
            print(f"    {plain(column['name'])}  {column['type']}  {plain(_seen(column))}".rstrip())


def _seen(column: dict[str, Any]) -> str:
    if column["categories"] is not None:
        shown = ", ".join(str(value) for value in column["categories"][:10])
        return shown if len(column["categories"]) <= 10 else f"{shown}, … {len(column['categories'])} values"
    if column["min"] is None and column["max"] is None:
        return ""
    return f"{column['min']} … {column['max']}"


def compare_versions(words: argparse.Namespace) -> None:
    """What differs between two versions; what is equal is left out."""
    with connected() as link:
        query = {side: str(_number(link, words.model, getattr(words, side))) for side in ("a", "b")}
        diff = ask(link, "GET", _path(words.model, "compare"), query=query)
    if words.format == "json":
        print_json(diff)
        return
    rows: list[dict[str, object]] = [
        {"part": part, "what": what, "a": diff[field]["a"], "b": diff[field]["b"]}
        for part, what, field in (("cost", "bytes", "sizeBytes"), ("cost", "µs of one row", "latencyUs"))
    ]
    rows += [
        {"part": "evaluation", "what": f"{one['setName']} {one['slice'] or 'all rows'} {one['metric']}", **_sides(one)}
        for one in diff["evaluations"]
    ]
    for part, key in (("metrics", "key"), ("params", "key"), ("packages", "name"), ("data", "name")):
        rows += [{"part": part, "what": one[key], **_sides(one)} for one in diff[part]]
    rows += [{"part": "signature", "what": one["column"], "a": None, "b": one["change"]} for one in diff["signature"]]
    show(rows, _DIFFERENCES, words.format)
    snapshots = diff["snapshots"]
    if words.format == "table" and snapshots["a"] and snapshots["b"] and snapshots["a"] != snapshots["b"]:
        print(f"`cellkeep diff {snapshots['a']} {snapshots['b']}` shows what changed in the notebook", file=sys.stderr)


def _sides(row: dict[str, Any]) -> dict[str, object]:
    return {"a": row["a"], "b": row["b"]}


def write_card(words: argparse.Namespace) -> None:
    """The model card as a Markdown file."""
    with connected() as link:
        card = ask(link, "GET", _path(words.model, "versions", _number(link, words.model, words.version), "card"))
    if words.format == "json":
        print_json(card)
        return
    text = "\n\n".join(f"## {section['title']}\n\n{section['text']}" for section in card["sections"]) + "\n"
    if words.output:
        Path(words.output).write_text(text, encoding="utf-8")
        print(f"wrote {words.output}", file=sys.stderr)
    elif sys.stdout.isatty():
        print("\n".join(plain(line) for line in text.splitlines()))
    else:
        sys.stdout.write(text)


def check_gate(words: argparse.Namespace) -> int:
    """A model's gate, or whether a version passes it."""
    with connected() as link:
        if words.version is None:
            print_json(ask(link, "GET", _path(words.model, "gate")))
            return 0
        number = _number(link, words.model, words.version)
        check = ask(link, "GET", _path(words.model, "versions", number, "gate"))
    if words.format == "json":
        print_json(check)
    else:
        for finding in check["findings"]:
            print(f"{'ok  ' if finding['passes'] else 'FAIL'}  {plain(finding['reason'])}")
        print(f"v{number} {'passes' if check['passes'] else 'does not pass'}")
    return 0 if check["passes"] else 1


def evaluate_version(words: argparse.Namespace) -> int:
    """Store a set, ask a version all its rows, or both; exit code 1 where it could not be asked."""
    with connected() as link:
        set_id = _store_set(link, words) if words.rows else _set_named(link, words.model, words.set)
        if words.version is None:
            if not words.rows:
                raise CommandError("nothing to do: give a VERSION to ask, or --rows to store")
            print(set_id)
            return 0
        number = _number(link, words.model, words.version)
        trust = {"trustUser": words.trust_user} if words.trust_user else {}
        asked = ask(link, "POST", "evaluations", {"setId": set_id, "version": number, **trust})
        done = _wait_for(link, words.model, number, asked["id"])
    if words.format == "json":
        print_json(done)
    elif done["status"] == "done":
        show([{**one, "slice": one["slice"] or "all rows"} for one in done["results"]], _RESULTS, words.format)
        if done["latencyUs"] is not None and words.format == "table":
            print(f"one row, asked alone: {done['latencyUs']:.0f} µs (median)", file=sys.stderr)
    if done["status"] == "failed":
        print(f"cellkeep: v{number} could not be asked: {plain(str(done['error']))}", file=sys.stderr)
        return 1
    return 0


def _store_set(link: ServerLink, words: argparse.Namespace) -> str:
    if not words.label or not words.metric:
        raise CommandError("a set that is stored needs --label and at least one --metric")
    rows = read_rows(words.rows)
    put = {
        "modelName": words.model,
        "name": words.set,
        "label": words.label,
        "metrics": words.metric,
        "slices": [one for word in words.slice for one in slices_of(word, rows)],
        **rows,
    }
    set_id = str(uuid.uuid4())
    ask(link, "PUT", f"evaluation-sets/{set_id}", put)
    return set_id


def _set_named(link: ServerLink, model: str, name: str) -> str:
    sets = ask(link, "GET", _path(model, "evaluation-sets"))["sets"]
    for one in sets:
        if one["name"] == name:
            return str(one["id"])
    known = ", ".join(repr(one["name"]) for one in sets) or "none"
    raise CommandError(f"{model!r} has no evaluation set {name!r} (it has: {known}); --rows FILE stores one")


def _wait_for(link: ServerLink, model: str, number: int, wanted: str) -> dict[str, Any]:
    while True:
        for one in pages(link, "GET", _path(model, "evaluations"), "evaluations", {"version": number}, 100):
            if one["id"] == wanted and one["status"] in ("done", "failed"):
                return one
        time.sleep(_LOOK)


def approve_move(words: argparse.Namespace) -> None:
    """What was asked; or ask, agree, refuse."""
    with connected() as link:
        found = list(pages(link, "GET", _path(words.model, "approvals"), "approvals", {}, 100))
        if words.version is None:
            show([_approval_row(one) for one in found] if words.format != "json" else found, _APPROVALS, words.format)
            return
        number = _number(link, words.model, words.version)
        if words.to is None:
            raise CommandError("say where it moves: --to Production, or --to @champion")
        to = {"alias": words.to[1:]} if words.to.startswith("@") else {"stage": words.to}
        if words.ask:
            done = ask(link, "POST", _path(words.model, "versions", number, "approvals"), {"to": to, "comment": words.comment})
        else:
            done = _vote(link, found, number, to, words)
    if words.format == "json":
        print_json(done)
        return
    print(f"v{number} to {words.to}: {done['status']}")
    if done["status"] == "open" and done["message"]:
        print(plain(done["message"]), file=sys.stderr)


def _vote(link: ServerLink, found: list[dict[str, Any]], number: int, to: dict[str, str], words: argparse.Namespace) -> dict[str, Any]:
    for one in found:
        if one["status"] == "open" and one["version"] == number and one["to"] == to:
            return ask(link, "POST", f"approvals/{one['id']}/votes", {"agrees": not words.refuse, "comment": words.comment})
    raise CommandError(f"nobody has asked that v{number} moves to {words.to}; --ask asks it")


def _approval_row(approval: dict[str, Any]) -> dict[str, object]:
    to = approval["to"]
    return {
        "version": approval["version"],
        "to": to.get("stage") or f"@{to['alias']}",
        "status": approval["status"],
        "agree": sum(vote["agrees"] for vote in approval["votes"]),
        "needed": approval["needed"],
        "asked by": approval["askedBy"],
        "at": local_time(approval["askedAt"]),
        "comment": approval["comment"],
        "id": approval["id"],
    }


def restore_deleted(words: argparse.Namespace) -> None:
    """Bring a version or a model back."""
    with connected() as link:
        if words.version is None:
            back = ask(link, "POST", _path(words.model, "restore"), {})
            print(f"restored {plain(back['name'])} with {back['versions']} versions", file=sys.stderr)
            return
        if not words.version.removeprefix("v").isdigit():
            raise CommandError(f"{words.version!r} is no number: aliases went with the version")
        number = int(words.version.removeprefix("v"))
        ask(link, "POST", _path(words.model, "versions", number, "restore"), {})
    print(f"restored v{number}; its aliases are set again by hand", file=sys.stderr)
