"""import mlflow, tensorboard, wandb: what another tool has tracked."""

from __future__ import annotations

import argparse
import contextlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from ..importing.bring import Report, bring
from ..importing.from_tensorboard import NotInstalled
from ..importing.source import SourceRun
from .output import CommandError, plain, print_json
from .server import connected

_SHOWN = 20


def import_mlflow(words: argparse.Namespace) -> None:
    """A whole MLflow server, database or folder."""
    from ..importing.from_mlflow import MlflowSource

    try:
        with _quietly():
            source = MlflowSource(words.uri, words.experiment or (), words.deleted)
            experiments = source.experiments()
    except NotInstalled as error:
        raise CommandError(str(error)) from error
    except ValueError:
        raise
    except Exception as error:  # MLflow's client raises its own, requests' and SQLAlchemy's
        raise CommandError(f"{words.uri} cannot be read as an MLflow: {error}") from error
    _import(words, source.runs(experiments))


def import_tensorboard(words: argparse.Namespace) -> None:
    """TensorBoard's event files below a folder."""
    from ..importing.from_tensorboard import tensorboard_runs

    _import(words, tensorboard_runs(_folder(words.folder), words.into))


def import_wandb(words: argparse.Namespace) -> None:
    """W&B's local files below a folder."""
    from ..importing.from_wandb import wandb_runs

    _import(words, wandb_runs(_folder(words.folder), words.into))


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """What the other tools' packages warn of concerns those who develop with them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _folder(given: str) -> Path:
    folder = Path(given).expanduser()
    if not folder.is_dir():
        raise CommandError(f"there is no folder {given!r}")
    return folder


def _import(words: argparse.Namespace, runs: Iterator[SourceRun]) -> None:
    report = Report()

    def told(run: SourceRun, how: str) -> None:
        if words.format != "json":
            print(plain(f"{how:9}  {run.experiment} / {run.name}  {run.id}"), file=sys.stderr)

    try:
        with connected() as link, _quietly():
            bring(link, runs, report, told)
    except NotInstalled as error:
        raise CommandError(str(error)) from error
    finally:
        _tell(words, report)
    if report.failed:
        raise CommandError(f"{len(report.failed)} runs were not brought whole; the rest stays, and the same command tries these again")
    if report.brought + report.skipped == 0:
        raise CommandError("no runs were found there")


def _tell(words: argparse.Namespace, report: Report) -> None:
    if words.format == "json":
        print_json(
            {
                **{name: getattr(report, name) for name in ("brought", "skipped", "points", "files", "bytes")},
                "failed": [{"run": run, "reason": reason} for run, reason in report.failed],
                "remarks": [{"run": run, "remark": remark} for run, remark in report.remarks],
            }
        )
        return
    print(
        f"brought {report.brought} runs with {report.points} points and {report.files} files ({report.bytes} bytes), each read back and "
        f"compared; {report.skipped} were there already, {len(report.failed)} failed"
    )
    for run, text in [*report.failed, *report.remarks][:_SHOWN]:
        print(plain(f"  {run}: {text}"), file=sys.stderr)
    more = len(report.failed) + len(report.remarks) - _SHOWN
    if more > 0:
        print(f"  and {more} more; --json tells all", file=sys.stderr)
