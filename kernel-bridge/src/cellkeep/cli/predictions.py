"""predictions: what endpoints answered, why, whether the same version still answers so, and what came of it."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import quote

from .output import local_time, plain, print_json, show
from .server import ask, connected, pages

_REQUESTS = ["at", "status", "rows", "latencyUs", "model", "version", "protocol", "token", "id"]
_REASONS = ["feature", "value", "contribution", "error"]
#: Exit code where the version answers differently now.
_DIFFERENT = 1


def add_commands(group: Any, command: Any, limited: Any) -> None:
    """Add the commands to their group; ``command`` and ``limited`` are the parser's own ways to add one."""
    listing = limited(command(group, "list", list_predictions, "requests that an endpoint answered, newest first", csv=True))
    listing.add_argument("endpoint", metavar="ENDPOINT")
    listing.add_argument("--errors", action="store_true", help="only those that failed")
    listing.add_argument("--shadows", action="store_true", help="those that shadows were asked, too")
    one = "prediction id: header x-cellkeep-prediction-id of an answer"
    command(group, "show", show_prediction, "its rows, its answer, and what made its model").add_argument("id", metavar="ID", help=one)
    why = command(group, "why", explain, "what each feature contributed to an answer", csv=True)
    why.add_argument("id", metavar="ID", help=one)
    why.add_argument("--row", type=int, default=0, metavar="N", help="which row of the request (default 0)")
    why.add_argument("--of", metavar="OUTPUT", help="which output or class; default: the one that was answered")
    text = f"ask the same version again and compare; exit code 0 same, {_DIFFERENT} different"
    command(group, "replay", replay, text).add_argument("id", metavar="ID", help=one)
    told = command(group, "feedback", feedback, "say what came of an answer")
    told.add_argument("id", metavar="ID", help=one)
    told.add_argument("value", type=float, metavar="NUMBER", help="1 and 0 for right and wrong, or minutes, or money")
    told.add_argument("--label", help="the true label")
    told.add_argument("--row", type=int, default=0, metavar="N")


def _path(prediction: str) -> str:
    return f"predictions/{quote(prediction, safe='')}"


def list_predictions(words: argparse.Namespace) -> None:
    """Requests of an endpoint, newest first."""
    wanted = {**({"status": "error"} if words.errors else {}), **({"shadow": "true"} if words.shadows else {})}
    with connected() as link:
        path = f"endpoints/{quote(words.endpoint, safe='')}/predictions"
        found = list(pages(link, "GET", path, "predictions", wanted, words.limit))
    rows = [{**one, "at": local_time(one["at"]), "model": one["modelName"], "token": one["tokenLabel"]} for one in found]
    show(found if words.format == "json" else rows, _REQUESTS, words.format)


def show_prediction(words: argparse.Namespace) -> None:
    """One request."""
    with connected() as link:
        found = ask(link, "GET", _path(words.id))
    if words.format == "json":
        print_json(found)
        return
    print(f"{local_time(found['at'])}: {plain(found['modelName'])} v{found['version']} at {found['endpoint']}, status {found['status']}")
    origin = {key: value for key, value in found["origin"].items() if value not in (None, [], "")}
    for key, value in origin.items():
        print(f"  {key}: {plain(str(value))}")
    if found["inputs"] is None:
        print("  its rows were not kept")
        return
    answers = found["outputs"] or {"columns": [], "data": []}
    columns = [*found["inputs"]["columns"], *(f"→ {name}" for name in answers["columns"])]
    rows = [dict(zip(columns, [*row, *_answer(answers["data"], at)], strict=False)) for at, row in enumerate(found["inputs"]["data"])]
    show(rows, columns, "table")


def _answer(data: list[list[object]], at: int) -> list[object]:
    return data[at] if at < len(data) else []


def explain(words: argparse.Namespace) -> None:
    """What each feature contributed."""
    body = {"id": words.id, "row": words.row, **({"output": words.of} if words.of else {})}
    with connected() as link:
        found = ask(link, "POST", f"{_path(words.id)}/explain", body)
    rows = [
        {"feature": one["name"], "value": one["value"], "contribution": one["contribution"], "error": one["error"]}
        for one in sorted(found["contributions"], key=lambda one: -abs(float(one["contribution"])))
    ]
    if words.format == "json":
        print_json(found)
        return
    if words.format == "table":
        print(f"{plain(found['output'])}: {found['value']} ({found['base']} on average; {found['method']}, {found['backgroundRows']} rows)")
    show(rows, _REASONS, words.format)


def replay(words: argparse.Namespace) -> int:
    """Ask the same version again."""
    with connected() as link:
        found = ask(link, "POST", f"{_path(words.id)}/replay", {"id": words.id})
    if words.format == "json":
        print_json(found)
    elif found["same"]:
        print("the same answer")
    else:
        print(f"another answer; greatest difference {found['maxDifference']}")
    return 0 if found["same"] else _DIFFERENT


def feedback(words: argparse.Namespace) -> None:
    """Say what came of it."""
    body = {"id": words.id, "row": words.row, "value": words.value, "label": words.label}
    with connected() as link:
        found = ask(link, "POST", f"{_path(words.id)}/feedback", body)
    if words.format == "json":
        print_json(found)
    else:
        print("kept" if found["stored"] else "the same was said before")
