"""import mlflow, tensorboard, wandb: what another tool has tracked."""

from __future__ import annotations

import argparse
import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..importing.bring import How, Report, attempt, bring
from ..importing.credentials import masked, shown, signed_in
from ..importing.from_tensorboard import NotInstalled
from ..importing.models import bring_model, bring_registration, delete_experiment, ensure_experiment
from ..importing.reaching import NotThere
from ..importing.source import SourceRun, clean_key, clean_name
from ..link import ServerLink
from .output import CommandError, plain, print_json
from .server import ask, connected

if TYPE_CHECKING:
    from ..importing.from_mlflow import MlflowSource

_SHOWN = 20
_NOTE = "mlflow.note.content"
T = TypeVar("T")
Step = Callable[[ServerLink, Report], None]


def _nothing(link: ServerLink, report: Report) -> None:
    """A source that has runs alone."""


def import_mlflow(words: argparse.Namespace) -> None:
    """A whole MLflow server, database or folder."""
    from ..importing.from_mlflow import MlflowSource

    with connected() as link:
        ask(link, "GET", "me")  # told before the source is asked, which may take its time
    with signed_in(words.uri) as uri:
        with _quietly(), _told_in_one_line(words.uri, "read as an MLflow"):
            source = MlflowSource(uri, words.experiment or (), words.deleted)
            experiments = source.experiments()
        _import_mlflow(words, source, experiments)


def _import_mlflow(words: argparse.Namespace, source: MlflowSource, experiments: list[Any]) -> None:
    here: dict[str, str] = {}

    def before(link: ServerLink, report: Report) -> None:
        # First, so that description and tags are there before a run makes the experiment by its name alone.
        for experiment in experiments:
            name, tags = _name_of(experiment), {clean_key(key): value for key, value in experiment.tags.items() if key != _NOTE}
            deleted = experiment.lifecycle_stage == "deleted"
            here[name] = ensure_experiment(link, name, experiment.tags.get(_NOTE, ""), tags, deleted)

    def after(link: ServerLink, report: Report) -> None:
        for experiment in experiments:
            for model in _read(words.uri, source.models(experiment)):
                attempt(report, model.name, bring_model, link, model, here[model.experiment], report)
        for run_id, direction, models in source.run_models:
            attempt(report, run_id, _tell_models, link, run_id, direction, models)
        if not words.experiment:  # the registry knows of no experiments
            for registered in _read(words.uri, source.registrations()):
                attempt(report, registered.name, bring_registration, link, registered, report)
        if report.models + report.versions > 0:
            report.remarks.append(("models", "the time of creation of models and versions is that of this import"))
        for experiment in experiments:
            if experiment.lifecycle_stage == "deleted":
                attempt(report, experiment.name, delete_experiment, link, here[_name_of(experiment)])

    _import(words, _read(words.uri, source.runs(experiments)), before, after, Report(masked=partial(masked, address=words.uri)))


@contextlib.contextmanager
def _told_in_one_line(uri: str, what: str) -> Iterator[None]:
    """Whatever the source's client raises, without the password that stands in the address."""
    try:
        yield
    except NotInstalled as error:
        raise CommandError(str(error)) from error
    except NotThere:
        raise
    except Exception as error:  # MLflow's client raises its own, requests' and SQLAlchemy's
        raise CommandError(f"{shown(uri)} cannot be {what}: {masked(str(error), uri)}") from error


def _read(uri: str, rows: Iterator[T]) -> Iterator[T]:
    """The same; a source that fails on the way is told in one line."""
    while True:
        with _told_in_one_line(uri, "read any further"):
            try:
                row = next(rows)
            except StopIteration:
                return
        yield row


def _name_of(experiment: Any) -> str:
    return clean_name(experiment.name, f"mlflow {experiment.experiment_id}")


def _tell_models(link: ServerLink, run_id: str, direction: str, models: list[tuple[str, int]]) -> None:
    if direction == "in":
        link.mlflow("POST", "runs/log-inputs", {"run_id": run_id, "models": [{"model_id": model} for model, _ in models]})
    else:
        link.mlflow("POST", "runs/outputs", {"run_id": run_id, "models": [{"model_id": model, "step": step} for model, step in models]})


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


def _import(
    words: argparse.Namespace,
    runs: Iterator[SourceRun],
    before: Step = _nothing,
    after: Step = _nothing,
    report: Report | None = None,
) -> None:
    report = report or Report()
    whole = False

    def told(run: SourceRun, how: How) -> None:
        if words.format != "json":
            print(plain(f"{how:9}  {run.experiment} / {run.name}  {run.id}"), file=sys.stderr)

    try:
        with connected() as link, _quietly():
            before(link, report)
            bring(link, runs, report, told)
            after(link, report)
        whole = True
    except NotInstalled as error:
        raise CommandError(str(error)) from error
    finally:
        # Of an import that ended before anything was brought, the error says all there is.
        if (whole and words.format == "json") or report.brought + report.skipped + report.models + report.versions + len(report.failed) > 0:
            _tell(words, report)
    if report.failed:
        raise CommandError(
            f"{len(report.failed)} runs or models were not brought whole; the rest stays, and the same command tries these again"
        )
    if report.brought + report.skipped == 0:
        raise CommandError("no runs were found there")


def _tell(words: argparse.Namespace, report: Report) -> None:
    if words.format == "json":
        print_json(
            {
                **{name: getattr(report, name) for name in ("brought", "skipped", "models", "versions", "points", "files", "bytes")},
                "failed": [{"run": run, "reason": reason} for run, reason in report.failed],
                "remarks": [{"run": run, "remark": remark} for run, remark in report.remarks],
            }
        )
        return
    print(
        f"brought {report.brought} runs with {report.points} points and {report.files} files ({report.bytes} bytes), each read back and "
        f"compared; {report.skipped} were there already, {len(report.failed)} failed"
        + (f"; {report.models} models and {report.versions} registered versions" if report.models + report.versions else "")
    )
    for run, text in [*report.failed, *report.remarks][:_SHOWN]:
        print(plain(f"  {run}: {text}"), file=sys.stderr)
    more = len(report.failed) + len(report.remarks) - _SHOWN
    if more > 0:
        print(f"  and {more} more; --json tells all", file=sys.stderr)
