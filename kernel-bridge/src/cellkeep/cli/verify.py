"""verify and verdicts: whether a run can be made again.

Exit codes of ``cellkeep verify``: 0 reproduced, 1 drifted, 2 failed, 3 the server is away, 4 the token may not do this, 5 nothing can be
said of this run, 6 it was cancelled, 64 the command line is wrong, 130 interrupted.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
import uuid
from types import FrameType
from typing import Any, NoReturn, cast

from ..link import Refused, ServerLink
from ..settings import InvalidSettings
from ..verifying.errors import Cancelled, CannotVerify
from ..wire import StoredRun, Verdict, VerifyOptions
from .output import CommandError, local_time, plain, print_json, show
from .server import ask, connected, find_run, pages
from .supervised import supervised

CODES = {"reproduced": 0, "drifted": 1, "failed": 2, "cancelled": 6, "lost": 5}
_CANNOT, _CANCELLED, _USAGE, _INTERRUPTED = 5, 6, 64, 130
_OPEN = ("queued", "running")
_ASK_EVERY = 1.0  # seconds
_COLUMNS = ["asked", "status", "where", "by", "how", "executed", "differences", "first", "id"]


def add_commands(groups: Any) -> None:
    """Add both commands to the parser's."""
    text = "make a run again and compare; exit code 0 reproduced, 1 drifted, 2 failed"
    parser = groups.add_parser("verify", help=text, description=text, epilog=__doc__.partition("\n\n")[2])
    parser.error = lambda message: _wrong(parser, message)
    parser.set_defaults(command=verify_command, format="table")
    parser.add_argument("run", metavar="RUN", help="name or id")
    parser.add_argument(
        "--how", choices=("order", "slice"), default="order", help="every execution as recorded, or what the run depends on"
    )
    parser.add_argument("--relative", type=_number, default=1e-9, metavar="X", help="tolerance of numbers, of the original (default 1e-9)")
    parser.add_argument("--absolute", type=_number, default=0.0, metavar="X", help="added to it (default 0)")
    parser.add_argument("--tolerance", action="append", default=[], type=_of_metric, metavar="METRIC=X", help="relative, of one metric")
    parser.add_argument("--absolute-tolerance", action="append", default=[], type=_of_metric, metavar="METRIC=X", help="of one metric")
    parser.add_argument("--images", type=_number, default=0.02, metavar="X", help="distance of pictures that are the same (0 to 1; 0.02)")
    parser.add_argument("--timeout", type=_seconds, default=3_600, metavar="SECONDS", help="for executing (default 3600)")
    parser.add_argument("--rebuild", action="store_true", help="build the environment anew although an equal one is there")
    parser.add_argument("--folder", metavar="DIR", help="with the files that cells read by relative paths; it is copied")
    parser.add_argument("--trust-user", action="append", default=[], metavar="NAME", help="run this user's code here")
    parser.add_argument(
        "--allow-sources", action="store_true", help="build packages from the repositories that were recorded (git+https://…)"
    )
    parser.add_argument("--substitute", action="store_true", help="install another version where the registry lacks the recorded one")
    parser.add_argument("--allow-writes", action="store_true", help="let cells write outside of the scratch folder")
    parser.add_argument(
        "--fail-on", choices=("drifted", "failed", "never"), default="drifted", help="what makes the exit code other than 0"
    )
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the verdict as JSON")
    elsewhere = parser.add_mutually_exclusive_group()
    elsewhere.add_argument("--on-server", action="store_true", help="let the server do it, as its own user")
    elsewhere.add_argument("--every", type=int, metavar="HOURS", help="let the server do it by the clock; 0: no more")
    elsewhere.add_argument("--cancel", action="store_true", help="stop what is under way for this run")
    parser.add_argument("--wait", action="store_true", help="with --on-server: until it has ended, with its exit code")
    parser.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--memory", type=int, metavar="MIB", help=argparse.SUPPRESS)
    listing = groups.add_parser("verdicts", help="verifications of a run, newest first", description="verifications of a run, newest first")
    listing.set_defaults(command=list_verdicts, format="table")
    listing.add_argument("run", metavar="RUN", help="name or id")
    listing.add_argument("--limit", type=int, default=100, metavar="N", help="at most N rows (default 100)")
    listing.add_argument("--json", dest="format", action="store_const", const="json", help="as JSON")
    listing.add_argument("--csv", dest="format", action="store_const", const="csv", help="as CSV")


def _wrong(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    """argparse ends with 2, which would read as `failed`."""
    parser.print_usage(sys.stderr)
    print(f"{parser.prog}: error: {message}", file=sys.stderr)
    sys.exit(_USAGE)


def _number(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1e300:
        raise ValueError(text)
    return value


def _seconds(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 7 * 86_400:
        raise ValueError(text)
    return value


def _of_metric(text: str) -> tuple[str, float]:
    key, equals, value = text.rpartition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not like auc=1e-6")
    try:
        return key, _number(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{value!r} is no tolerance") from error


def options_of(words: argparse.Namespace) -> VerifyOptions:
    """As the contract has them."""
    metrics: dict[str, dict[str, object]] = {}
    for key, value in words.tolerance:
        metrics.setdefault(key, {})["relative"] = value
    for key, value in words.absolute_tolerance:
        metrics.setdefault(key, {})["absolute"] = value
    return {
        "how": words.how,
        "tolerances": {"relative": words.relative, "absolute": words.absolute, "metrics": metrics, "images": words.images},
        "timeoutSeconds": words.timeout,
        "reuseEnvironment": not words.rebuild,
    }


def verify_command(words: argparse.Namespace) -> int:
    """Verify here, on the server or by the clock; returns the exit code."""
    try:
        if words.supervised:
            return _supervised(words)
        with connected() as link:
            run = find_run(link, words.run)
            if words.cancel:
                return _cancel(link, run)
            if (words.on_server or words.every is not None) and (words.allow_sources or words.substitute or words.allow_writes):
                raise CannotVerify("--allow-sources, --substitute and --allow-writes are for verifying here, never on a server")
            if words.every is not None:
                return _schedule(link, run, words)
            return _on_server(link, run, words) if words.on_server else _here(link, run, words)
    except (CommandError, CannotVerify, Refused, InvalidSettings, ValueError) as error:
        print(f"cellkeep: {' '.join(str(error).split())}", file=sys.stderr)
        return _CANNOT
    except KeyboardInterrupt:
        return _INTERRUPTED


def _here(link: ServerLink, run: StoredRun, words: argparse.Namespace) -> int:
    from ..verifying.environment import Allowed
    from ..verifying.original import read_original
    from ..verifying.verify import Task, require_trust

    me = ask(link, "GET", "me")["user"]["name"]
    folder = None if words.folder is None else _path(words.folder)
    allowed = Allowed(words.allow_sources, words.substitute)
    task = Task(run, options_of(words), me, frozenset(words.trust_user), folder, allowed=allowed, writes=words.allow_writes)
    original = read_original(link, run, task.trust)
    require_trust(original, task)  # before a verdict begins that could say nothing
    wanted = {"id": str(uuid.uuid4()), "runId": run["id"], "where": "client", "options": task.options}
    verdict = cast("Verdict", ask(link, "POST", "verdicts", wanted))
    if threading.current_thread() is not threading.main_thread():
        return _verify(link, task, original, verdict["id"], words)
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        return _verify(link, task, original, verdict["id"], words)
    finally:
        signal.signal(signal.SIGTERM, before)


def _path(text: str) -> Any:
    from pathlib import Path

    return Path(text).expanduser().absolute()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _verify(link: ServerLink, task: Any, original: Any, verdict_id: str, words: argparse.Namespace) -> int:
    from ..verifying.report import report
    from ..verifying.telling import Teller
    from ..verifying.verify import verify

    teller = Teller(link, verdict_id, lambda text: print(plain(text), file=sys.stderr))
    try:
        findings = verify(link, task, teller, original)
    except Cancelled:
        teller.stop()
        print("it was cancelled", file=sys.stderr)
        return _CANCELLED
    except BaseException:
        teller.end("cancelled", None)
        raise
    record = findings.record()
    stored = teller.end(findings.status, record)
    if stored is not None and stored["status"] != findings.status:
        print(f"the server has it as {stored['status']}, which came first; this verdict was not stored", file=sys.stderr)
    if words.format == "json":
        print_json(stored or {"id": verdict_id, "runId": task.run["id"], "status": findings.status, "findings": record})
    else:
        for line in report(task.run, findings.status, record):
            print(line)
    return _code(findings.status, words)


def _code(status: str, words: argparse.Namespace) -> int:
    if words.fail_on == "never" or (words.fail_on == "failed" and status == "drifted"):
        return 0
    return CODES[status]


def _supervised(words: argparse.Namespace) -> int:
    """A child of the server: address, token and task come by stdin, and when that is closed the server is gone."""
    from ..verifying.telling import Teller
    from ..verifying.verify import Task, verify

    with supervised(words.memory, _CANNOT) as (link, told):
        run = cast("StoredRun", ask(link, "GET", f"runs/{words.run}"))
        me = ask(link, "GET", "me")["user"]["name"]
        task = Task(run, told["options"], me, frozenset([told["trust"]]), supervised=True)
        teller = Teller(link, told["verdict"], lambda _text: None)
        try:
            findings = verify(link, task, teller)
        except Cancelled:
            teller.stop()
            return _CANCELLED
        except BaseException:
            teller.stop()  # of CannotVerify the server learns by exit code and last line: it stores that nothing can be said
            raise
        teller.end(findings.status, findings.record())
        return CODES[findings.status]


def _on_server(link: ServerLink, run: StoredRun, words: argparse.Namespace) -> int:
    from ..verifying.report import report

    wanted = {"id": str(uuid.uuid4()), "runId": run["id"], "where": "server", "options": options_of(words)}
    verdict = cast("Verdict", ask(link, "POST", "verdicts", wanted))
    shown = ""
    while words.wait and verdict["status"] in _OPEN:
        progress = verdict["progress"]
        text = plain(progress["text"] or progress["stage"])
        if text != shown:
            shown = text
            print(text, file=sys.stderr)
        time.sleep(_ASK_EVERY)
        verdict = cast("Verdict", ask(link, "GET", f"verdicts/{verdict['id']}"))
    if words.format == "json":
        print_json(verdict)
    elif verdict["findings"] is not None:
        for line in report(run, verdict["status"], verdict["findings"]):
            print(line)
    else:
        print(f"{verdict['status']}: {plain(run['name'])}; `cellkeep verdicts {run['id']}` shows how it ends")
    return _code(verdict["status"], words) if verdict["status"] in CODES else 0


def _schedule(link: ServerLink, run: StoredRun, words: argparse.Namespace) -> int:
    mine = ask(link, "GET", "me")["user"]["name"]
    there = [one for one in pages(link, "GET", "verify-schedules", "schedules", {"runId": run["id"]}) if one["userName"] == mine]
    if words.every == 0:
        for one in there:
            ask(link, "DELETE", f"verify-schedules/{one['id']}")
        print(f"{plain(run['name'])} is verified by the clock no more" if there else f"{plain(run['name'])} was not verified by the clock")
        return 0
    schedule = there[0]["id"] if there else str(uuid.uuid4())
    body = {"runId": run["id"], "everyHours": words.every, "options": options_of(words)}
    stored = ask(link, "PUT", f"verify-schedules/{schedule}", body)
    if words.format == "json":
        print_json(stored)
    else:
        print(f"{plain(run['name'])} is verified every {words.every} h, next at {local_time(stored['nextAt'])}")
    return 0


def _cancel(link: ServerLink, run: StoredRun) -> int:
    under_way = [one for one in pages(link, "GET", "verdicts", "verdicts", {"runId": run["id"]}, 100) if one["status"] in _OPEN]
    for one in under_way:
        ask(link, "POST", f"verdicts/{one['id']}/cancel")
    print(f"{len(under_way)} verifications of {plain(run['name'])} were stopped")
    return 0


def list_verdicts(words: argparse.Namespace) -> None:
    """Verifications of a run, newest first."""
    with connected() as link:
        run = find_run(link, words.run)
        found = list(pages(link, "GET", "verdicts", "verdicts", {"runId": run["id"]}, words.limit))
    rows = [
        {
            "asked": local_time(one["askedAt"]),
            "status": one["status"],
            "where": one["where"],
            "by": one["askedBy"],
            "how": one["options"]["how"],
            "executed": one["findings"] and one["findings"]["executed"],
            "differences": one["findings"] and sum(1 for difference in one["findings"]["differences"] if difference["counts"]),
            "first": one["findings"] and one["findings"]["firstOrder"],
            "id": one["id"],
        }
        for one in found
    ]
    show(found if words.format == "json" else rows, _COLUMNS, words.format)
