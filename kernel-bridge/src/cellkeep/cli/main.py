"""Reads the words of ``cellkeep …`` and tells errors in one line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from ..link import Refused, ServerAway, TokenRefused
from ..settings import InvalidSettings
from ..state import package_version
from . import (
    account,
    artifacts,
    batches,
    checkpoints,
    comments,
    endpoints,
    experiments,
    importing,
    many,
    models,
    predictions,
    promote,
    releases,
    reports,
    runs,
    slices,
    snapshots,
    verify,
)
from .output import CommandError

#: May return an exit code of its own.
Command = Callable[[argparse.Namespace], int | None]
Group = argparse._SubParsersAction  # argparse has no public name for it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = _parser().parse_args(arguments)
    try:
        code: int | None = words.command(words)
        sys.stdout.flush()
        return code or 0
    except TokenRefused as error:
        return _tell(f"{str(error).rstrip('.')}. Run `cellkeep login` with a token that may do this.", 4)
    except ServerAway as error:
        return _tell(f"{error}; is the server running, and is its address right? (`cellkeep status`)", 3)
    except Refused as error:
        return _tell(str(error), 1)
    except (CommandError, InvalidSettings, TypeError, ValueError) as error:
        return _tell(str(error), 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `cellkeep runs list | head`
        return 0
    except OSError as error:
        return _tell(f"{error.filename}: {error.strerror}" if error.filename else str(error), 1)
    except KeyboardInterrupt:
        return 130


def _tell(text: str, code: int) -> int:
    print(f"cellkeep: {' '.join(text.split())}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cellkeep", description="Runs, experiments and artifacts from the terminal.")
    parser.add_argument("--version", action="version", version=f"cellkeep {package_version()}")
    groups = parser.add_subparsers(metavar="COMMAND", required=True)
    _account(groups)
    _runs(_group(groups, "runs", "find, show and change runs"))
    _experiments(_group(groups, "experiments", "find and change experiments"))
    _artifacts(_group(groups, "artifacts", "files of a run"))
    _tokens(_group(groups, "token", "tokens for other machines and people"))
    _importing(_group(groups, "import", "bring what another tool has tracked; may be repeated and goes on where it was broken off"))
    _reports(_group(groups, "reports", "Markdown pages with live charts"))
    _comments(_group(groups, "comments", "what people say about runs, experiments and reports"))
    verify.add_commands(groups)
    promote.add_commands(groups)
    models.add_commands(_group(groups, "models", "registered models, their versions, gates and cards"), _command, _limited)
    endpoints.add_commands(_group(groups, "endpoints", "what serves models, and how it goes"), _command, _limited)
    releases.add_commands(_group(groups, "releases", "versions behind endpoints, their traffic, where else they run"), _command, _limited)
    predictions.add_commands(_group(groups, "predictions", "what endpoints answered, and why"), _command, _limited)
    batches.add_commands(_group(groups, "batches", "files of rows that a version scores"), _command, _limited)
    slices.add_command(_command(groups, "slice", slices.slice_run, "the cells that a run, or a variable at its end, depends on"))
    notebooks = _group(groups, "notebooks", "notebooks that were tracked")
    _limited(_command(notebooks, "list", experiments.list_notebooks, "newest first", csv=True))
    _checkpoints(_group(groups, "checkpoints", "variables that notebooks have kept"))
    _snapshots(groups)
    return parser


def _snapshots(groups: Group[argparse.ArgumentParser]) -> None:
    listing = _limited(_command(groups, "snapshots", snapshots.list_snapshots, "notebooks as they were, newest first", csv=True))
    listing.add_argument("--run", metavar="RUN", help="only of this run")
    listing.add_argument("--notebook", metavar="PATH", help="only of this notebook")
    group = _group(groups, "snapshot", "one of them")
    _command(group, "show", snapshots.show_snapshot, "what it ran on, and what it used").add_argument("snapshot", metavar="ID|RUN")
    notebook = _command(groups, "notebook", snapshots.write_notebook, "write the notebook of a run or snapshot as it was")
    notebook.add_argument("of", metavar="RUN|SNAPSHOT", help="a run's name or id, or a snapshot's id")
    notebook.add_argument("--output", "-o", metavar="FILE", help="- for stdout; absent: named after the snapshot")
    notebook.add_argument("--no-outputs", action="store_true", help="its cells alone")
    notebook.add_argument("--force", action="store_true", help="write over a file that is there")
    diff = _command(groups, "diff", snapshots.diff_snapshots, "what is different between two runs or snapshots", csv=True)
    diff.add_argument("before", metavar="A", help="a run's name or id, or a snapshot's id")
    diff.add_argument("after", metavar="B")


def _checkpoints(group: Group[argparse.ArgumentParser]) -> None:
    listing = _limited(_command(group, "list", checkpoints.list_checkpoints, "newest first", csv=True))
    listing.add_argument("--notebook", metavar="PATH", help="only of this notebook")
    _command(group, "show", checkpoints.show_checkpoint, "what one holds").add_argument("checkpoint", metavar="ID")
    _command(group, "delete", checkpoints.delete_checkpoint, "remove one").add_argument("checkpoint", metavar="ID")


def _group(groups: Group[argparse.ArgumentParser], name: str, text: str) -> Group[argparse.ArgumentParser]:
    return groups.add_parser(name, help=text, description=text).add_subparsers(metavar="COMMAND", required=True)


def _command(group: Group[argparse.ArgumentParser], name: str, command: Command, text: str, csv: bool = False) -> argparse.ArgumentParser:
    parser = group.add_parser(name, help=text, description=text)
    parser.set_defaults(command=command, format="table")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="as JSON")
    if csv:
        parser.add_argument("--csv", dest="format", action="store_const", const="csv", help="as CSV")
    return parser


def _limited(parser: argparse.ArgumentParser, default: int = 100) -> argparse.ArgumentParser:
    parser.add_argument("--limit", type=int, default=default, metavar="N", help=f"at most N rows (default {default})")
    return parser


def _found(parser: argparse.ArgumentParser, expect: bool = False) -> argparse.ArgumentParser:
    parser.add_argument("--filter", default="", help="like: params.model = 'forest' and start_time > -7d")
    parser.add_argument("--experiment", action="append", metavar="NAME", help="only of this experiment (may be repeated)")
    if expect:
        text = "change nothing unless the filter finds N; absent: it is counted, and a terminal is asked"
        parser.add_argument("--expect", type=int, metavar="N", help=text)
    return parser


def _account(groups: Group[argparse.ArgumentParser]) -> None:
    login = _command(groups, "login", account.login, "check address and token of a server, and keep them for this user")
    login.add_argument("url", nargs="?", help="like http://host:5077")
    login.add_argument("--token", help="better left away: it is then asked for, or read from stdin or CELLKEEP_TOKEN")
    _command(groups, "logout", account.logout, "forget address and token")
    _command(groups, "status", account.status, "server, user, and what waits on this machine")
    _command(groups, "sync", account.sync, "send what ended processes have left")


def _runs(group: Group[argparse.ArgumentParser]) -> None:
    listing = _limited(_command(group, "list", runs.list_runs, "runs that match, newest first", csv=True))
    listing.add_argument("--experiment", action="append", metavar="NAME", help="only of this experiment (may be repeated)")
    listing.add_argument("--filter", default="", help='like: metrics.auc > 0.8 and params.model = "forest"')
    listing.add_argument("--order", action="append", default=[], metavar="KEY[:desc]", help="like metrics.auc:desc")
    listing.add_argument("--column", action="append", metavar="KEY", help="a column of the table, like params.depth")
    for lifecycle in ("deleted", "archived"):
        text = f"{lifecycle} ones instead"
        listing.add_argument(f"--{lifecycle}", dest="lifecycle", action="store_const", const=lifecycle, default="active", help=text)
    _command(group, "show", runs.show_run, "one run, everything about it", csv=True).add_argument("run", metavar="RUN", help="name or id")
    rename = _command(group, "rename", runs.rename_run, "give a run another name")
    rename.add_argument("run", metavar="RUN")
    rename.add_argument("name", metavar="NAME")
    tag = _found(_command(group, "tag", many.tag_runs, "set and remove tags of a run, or of all that --filter finds"), expect=True)
    tag.add_argument("run", nargs="?", metavar="RUN", help="name or id; with --filter none")
    tag.add_argument("tags", nargs="*", metavar="KEY=VALUE")
    tag.add_argument("--remove", action="append", default=[], metavar="KEY")
    _command(group, "delete", runs.delete_runs, "delete runs; they can be restored").add_argument("runs", nargs="+", metavar="RUN")
    _command(group, "restore", runs.restore_runs, "take back a delete").add_argument("runs", nargs="+", metavar="RUN")
    compare = _command(group, "compare", runs.compare_runs, "what differs between runs, and their metrics", csv=True)
    compare.add_argument("runs", nargs="+", metavar="RUN")
    compare.add_argument("--all", action="store_true", help="also what is equal, and system metrics")
    for name, command, text in (
        ("archive", many.archive_runs, "put runs out of sight; nothing is taken away"),
        ("unarchive", many.unarchive_runs, "show archived runs again"),
    ):
        _found(_command(group, name, command, text), expect=True).add_argument("runs", nargs="*", metavar="RUN")
    groups = _found(_limited(_command(group, "groups", many.group_runs, "runs by what they have in common", csv=True)))
    groups.add_argument("by", nargs="+", metavar="KEY", help="like params.model, tags.team, user, status")
    groups.add_argument("--metric", action="append", default=[], metavar="KEY", help="sum up its last values (may be repeated)")
    groups.add_argument("--order", action="append", default=[], metavar="KEY[:desc]", help="count, newest, a KEY, metrics.loss.mean")
    text = "all runs that --filter finds as a table; or one RUN with every point: as JSON, its points alone as CSV or Parquet"
    export = _found(_command(group, "export", many.export_runs, text, csv=True))
    export.add_argument("run", nargs="?", metavar="RUN", help="name or id; absent: a table of runs")
    export.add_argument("--format", choices=("csv", "json", "parquet"), help="of a table: csv if absent; json has one run a line")
    export.add_argument("--order", action="append", default=[], metavar="KEY[:desc]", help="like metrics.auc:desc")
    export.add_argument("--column", action="append", metavar="KEY", help="like params.depth (may be repeated); absent: all")
    export.add_argument("--output", "-o", metavar="FILE", help="absent: stdout")


def _experiments(group: Group[argparse.ArgumentParser]) -> None:
    listing = _limited(_command(group, "list", experiments.list_experiments, "last used first", csv=True))
    listing.add_argument("--deleted", action="store_true", help="deleted ones instead")
    create = _command(group, "create", experiments.create_experiment, "make one; prints its id")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--description", default="", help="Markdown")
    rename = _command(group, "rename", experiments.rename_experiment, "give it another name")
    rename.add_argument("experiment", metavar="EXPERIMENT", help="name or id")
    rename.add_argument("name", metavar="NAME")
    for name, command in (("delete", experiments.delete_experiment), ("restore", experiments.restore_experiment)):
        text = "delete it with its runs; can be restored" if name == "delete" else "take back a delete"
        _command(group, name, command, text).add_argument("experiment", metavar="EXPERIMENT", help="name or id")


def _artifacts(group: Group[argparse.ArgumentParser]) -> None:
    listing = _command(group, "list", artifacts.list_artifacts, "artifacts of a run, by path", csv=True)
    listing.add_argument("run", metavar="RUN")
    listing.add_argument("--prefix", default="", help="only below this path")
    get = _command(group, "get", artifacts.get_artifact, "download one")
    get.add_argument("run", metavar="RUN")
    get.add_argument("path", metavar="PATH")
    get.add_argument("--output", "-o", metavar="FILE", help="file or folder; - for stdout; absent: its own name, here")
    put = _command(group, "put", artifacts.put_artifact, "upload a file")
    put.add_argument("run", metavar="RUN")
    put.add_argument("file", metavar="FILE")
    put.add_argument("--name", metavar="PATH", help="absent: the file's name")


def _importing(group: Group[argparse.ArgumentParser]) -> None:
    mlflow = _command(group, "mlflow", importing.import_mlflow, "a whole MLflow: experiments, runs, metrics, artifacts")
    mlflow.add_argument("uri", metavar="URI", help="http://host:5000, sqlite:///mlflow.db or the path of an mlruns folder")
    mlflow.add_argument("--experiment", action="append", metavar="NAME", help="only this one (may be repeated)")
    mlflow.add_argument("--deleted", action="store_true", help="also what is deleted there")
    for name, command, what in (
        ("tensorboard", importing.import_tensorboard, "TensorBoard's event files: a run for each folder"),
        ("wandb", importing.import_wandb, "W&B's local files: wandb/run-* and wandb/offline-run-*"),
    ):
        parser = _command(group, name, command, what)
        parser.add_argument("folder", metavar="FOLDER")
        parser.add_argument("--into", metavar="EXPERIMENT", help="absent: the folder's name or the run's project")


def _reports(group: Group[argparse.ArgumentParser]) -> None:
    listing = _limited(_command(group, "list", reports.list_reports, "last changed first", csv=True))
    listing.add_argument("--text", default="", help="only those with this in title or text")
    listing.add_argument("--deleted", action="store_true", help="deleted ones instead")
    shown = _command(group, "show", reports.show_report, "one report, as Markdown")
    shown.add_argument("report", metavar="REPORT", help="title or id")
    shown.add_argument("--output", "-o", metavar="FILE", help="absent: stdout")
    create = _command(group, "create", reports.create_report, "make one of a Markdown file; prints its id")
    update = _command(group, "update", reports.update_report, "put a file in place of its text")
    update.add_argument("report", metavar="REPORT", help="title or id")
    update.add_argument("--revision", type=int, metavar="N", help="refuse where somebody has changed it since; absent: the newest")
    for parser in (create, update):
        parser.add_argument("file", metavar="FILE", help="Markdown that may begin with `# title`; - for stdin")
        parser.add_argument("--title", help="absent: that of the file")
    for name, command, text in (
        ("delete", reports.delete_report, "delete it; can be restored"),
        ("restore", reports.restore_report, "take back a delete"),
    ):
        _command(group, name, command, text).add_argument("report", metavar="REPORT", help="title or id")


def _comments(group: Group[argparse.ArgumentParser]) -> None:
    listing = _limited(_command(group, "list", comments.list_comments, "oldest first; of many the newest", csv=True))
    add = _command(group, "add", comments.add_comment, "say something; @name tells somebody")
    for parser in (listing, add):
        parser.add_argument("subject", metavar="RUN", help="name or id")
        kind = parser.add_mutually_exclusive_group()
        parser.set_defaults(kind="run")
        kind.add_argument("--experiment", dest="kind", action="store_const", const="experiment", help="RUN names an experiment instead")
        kind.add_argument("--report", dest="kind", action="store_const", const="report", help="RUN names a report instead")
    add.add_argument("text", metavar="TEXT", help="Markdown; - for stdin")


def _tokens(group: Group[argparse.ArgumentParser]) -> None:
    create = _command(group, "create", account.token_create, "make one; its secret is printed once")
    create.add_argument("label", metavar="LABEL", help="what it is for")
    create.add_argument("--expires", metavar="DATE", help="like 2027-01-31")
    _command(group, "list", account.token_list, "own tokens; all of them for an owner", csv=True)
    _command(group, "revoke", account.token_revoke, "revoke one at once").add_argument("id", metavar="ID")


if __name__ == "__main__":
    sys.exit(main())
