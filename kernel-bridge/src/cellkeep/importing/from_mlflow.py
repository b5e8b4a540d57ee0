"""A whole MLflow server, database or ``mlruns`` folder, read with MLflow's own client."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .from_tensorboard import NotInstalled
from .models import SourceModel, SourceRegistration, SourceVersion, source_here
from .reaching import NotThere, address_of
from .source import Points, SourceFile, SourceRun, Status, clean_key, clean_name, id_of, texts

if TYPE_CHECKING:
    from mlflow import MlflowClient

_STATUS: dict[str, Status] = {"RUNNING": "running", "SCHEDULED": "running", "FINISHED": "finished", "FAILED": "failed", "KILLED": "killed"}
_PAGE = 1_000
_PARENT = "mlflow.parentRunId"
_NOTE = "mlflow.note.content"
_USER = "mlflow.user"
_PROMPT = "mlflow.prompt.is_prompt"
_PROMPTS = f"tags.`{_PROMPT}` = 'true'"
#: Of a prompt: ids that are other experiments here.
_PROMPT_EXPERIMENTS = "_mlflow_experiment_ids"
#: Kept as fields of the run.
_FIELDS = {_NOTE, _PARENT, "mlflow.runName"}


class MlflowSource:
    """Experiments and runs of one MLflow.

    Parameters
    ----------
    uri
        ``http://host:5000``, ``sqlite:///mlflow.db`` or the path of an ``mlruns`` folder. Credentials of the
        first come from MLflow's own environment variables, where ``signed_in`` puts those of an address.
    only
        Names of experiments; empty: all.
    deleted
        Also what is deleted there; it is deleted here as well, and can be restored.
    """

    def __init__(self, uri: str, only: Iterable[str] = (), deleted: bool = False) -> None:
        self.client = _client(uri)
        self._only = set(only)
        self._deleted = deleted
        #: Models that runs read and made, told of once the models are there: (run, direction, [(model, step)]).
        self.run_models: list[tuple[str, str, list[tuple[str, int]]]] = []

    def experiments(self) -> list[Any]:
        """Experiments by id.

        Raises
        ------
        NotThere
            One that was asked for is not there.
        """
        view = 3 if self._deleted else 1  # ViewType.ALL, ViewType.ACTIVE_ONLY
        found: list[Any] = []
        token: str | None = None
        while True:
            page = self.client.search_experiments(view_type=view, max_results=_PAGE, page_token=token)
            found += page
            token = page.token
            if not token:
                break
        missing = self._only - {one.name for one in found}
        if missing:
            raise NotThere(
                f"there is no experiment {', '.join(sorted(map(repr, missing)))}; there are: {', '.join(e.name for e in found[:20])}"
            )
        chosen = [one for one in found if not self._only or one.name in self._only]
        return sorted(chosen, key=lambda one: (len(one.experiment_id), one.experiment_id))

    def runs(self, experiments: Iterable[Any]) -> Iterator[SourceRun]:
        """Their runs, oldest first, a parent before its children."""
        for experiment in experiments:
            yield from _parents_first(self._runs_of(experiment))

    def _runs_of(self, experiment: Any) -> Iterator[SourceRun]:
        view = 3 if self._deleted else 1
        token: str | None = None
        while True:
            page = self.client.search_runs(
                [experiment.experiment_id], run_view_type=view, max_results=_PAGE, order_by=["attributes.start_time ASC"], page_token=token
            )
            for run in page:
                yield self._run(experiment, run)
            token = page.token
            if not token:
                return

    def _run(self, experiment: Any, run: Any) -> SourceRun:
        info, data = run.info, run.data
        remarks: list[str] = []
        tags = {key: value for key, value in data.tags.items() if key not in _FIELDS}
        run_id = info.run_id if _is_run_id(info.run_id) else id_of("mlflow", info.run_id)
        said = [sorted(data.tags.items()), sorted(data.params.items()), data.metrics]
        state = json.dumps([info.status, info.end_time, info.run_name, *said])
        parent = data.tags.get(_PARENT)
        if parent == info.run_id:
            remarks.append("it is its own parent there")
            parent = None
        if info.lifecycle_stage != "deleted":  # a deleted run takes nothing any more
            self._note_models(run_id, run)
        return SourceRun(
            id=run_id,
            experiment=clean_name(experiment.name, f"mlflow {experiment.experiment_id}"),
            name=clean_name(info.run_name or "", info.run_id),
            status=_STATUS.get(info.status, "finished"),
            started_at=info.start_time or 0,
            ended_at=info.end_time,
            # A file's number is enough: what MLflow lets change of a run that has ended changes this, too.
            fingerprint="mlflow " + hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()[:16],
            parent_id=parent if parent and _is_run_id(parent) else None,
            user=clean_name(info.user_id or data.tags.get(_USER, ""), ""),
            notes=data.tags.get(_NOTE, "")[:65_536],
            params=texts(data.params, "param", remarks),
            tags=texts(tags, "tag", remarks),
            points=lambda: self._points(info.run_id, list(data.metrics)),
            files=lambda: self._files(info.artifact_uri),
            inputs=_inputs_of(run),
            deleted=info.lifecycle_stage == "deleted",
            remarks=remarks,
        )

    def _note_models(self, run_id: str, run: Any) -> None:
        read = getattr(run.inputs, "model_inputs", None) or []
        made = getattr(getattr(run, "outputs", None), "model_outputs", None) or []
        if read:
            self.run_models.append((run_id, "in", [(model.model_id, 0) for model in read]))
        if made:
            self.run_models.append((run_id, "out", [(model.model_id, model.step) for model in made]))

    def _points(self, run_id: str, keys: list[str]) -> Iterator[Points]:
        for key in keys:
            points = Points(clean_key(key))
            for metric in self.client.get_metric_history(run_id, key):
                points.add(metric.step, metric.timestamp, metric.value)
            yield points

    def models(self, experiment: Any) -> Iterator[SourceModel]:
        """The logged models of an experiment; none where the server is older than they are."""
        from mlflow.exceptions import MlflowException

        token: str | None = None
        while True:
            try:
                page = self.client.search_logged_models([experiment.experiment_id], max_results=50, page_token=token)
            except (MlflowException, NotImplementedError, AttributeError):
                return
            for model in page:
                run_id = model.source_run_id
                yield SourceModel(
                    id=model.model_id,
                    experiment=clean_name(experiment.name, f"mlflow {experiment.experiment_id}"),
                    name=model.name,
                    status=str(getattr(model.status, "value", model.status)).lower().removeprefix("loggedmodelstatus."),
                    model_type=model.model_type or "",
                    run_id=run_id if run_id and _is_run_id(run_id) else None,
                    params=dict(model.params),
                    tags=dict(model.tags),
                    files=lambda uri=model.artifact_location: self._files(uri),  # type: ignore[misc]
                    metrics=_metrics_of(model),
                )
            token = page.token
            if not token:
                return

    def registrations(self) -> Iterator[SourceRegistration]:
        """The registered models, and the prompts, which MLflow keeps among them and lists only where they are asked for."""
        for which in ("", _PROMPTS):
            token: str | None = None
            while True:
                page = self.client.search_registered_models(which or None, max_results=100, page_token=token)
                for model in page:
                    aliases = {alias: int(version) for alias, version in dict(model.aliases).items()}
                    tags = {key: value for key, value in model.tags.items() if not which or key != _PROMPT_EXPERIMENTS}
                    if which:
                        tags[_PROMPT] = "true"  # which the client keeps to itself
                    found = SourceRegistration(model.name, model.description or "", tags, aliases)
                    found.versions = list(self._versions(model.name, which))
                    yield found
                token = page.token
                if not token:
                    break

    def _versions(self, name: str, which: str) -> Iterator[SourceVersion]:
        quoted = name.replace("'", "''")
        wanted = f"name = '{quoted}'" + (f" AND {which}" if which else "")
        token: str | None = None
        while True:
            page = self.client.search_model_versions(wanted, max_results=1_000, page_token=token)
            for version in page:
                yield SourceVersion(
                    version=int(version.version),
                    source=source_here(version.source or "", version.run_id or ""),
                    run_id=version.run_id or "",
                    description=version.description or "",
                    stage=version.current_stage or "None",
                    tags=dict(version.tags),
                )
            token = page.token
            if not token:
                return

    def _files(self, uri: str) -> Iterator[SourceFile]:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        repository = get_artifact_repository(uri, tracking_uri=self.client.tracking_uri)

        def below(path: str | None) -> Iterator[SourceFile]:
            for entry in repository.list_artifacts(path):
                if entry.is_dir:
                    yield from below(entry.path)
                else:
                    yield SourceFile(entry.path, lambda folder, at=entry.path: _download(repository, at, folder))  # type: ignore[misc]

        yield from below(None)


def _inputs_of(run: Any) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for one in getattr(getattr(run, "inputs", None), "dataset_inputs", None) or []:
        names = ("name", "digest", "source_type", "source", "schema", "profile")
        dataset = {name: getattr(one.dataset, name, None) for name in names}
        found.append(
            {
                "dataset": {name: value for name, value in dataset.items() if value is not None},
                "tags": [{"key": tag.key, "value": tag.value} for tag in one.tags],
            }
        )
    return found


def _metrics_of(model: Any) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for metric in model.metrics or []:
        if not metric.run_id or not _is_run_id(metric.run_id):
            continue
        point = {"key": metric.key, "value": metric.value, "timestamp": metric.timestamp, "step": metric.step, "model_id": model.model_id}
        if metric.dataset_name:
            point |= {"dataset_name": metric.dataset_name, "dataset_digest": metric.dataset_digest}
        found.setdefault(metric.run_id, []).append(point)
    return found


def _download(repository: Any, path: str, folder: Path) -> Path:
    return Path(repository.download_artifacts(path, str(folder)))


def _parents_first(runs: Iterator[SourceRun]) -> Iterator[SourceRun]:
    """The same runs; one whose parent comes later waits for it. A parent that never comes is no parent."""
    seen: set[str] = set()
    waiting: dict[str, list[SourceRun]] = {}

    def with_children(run: SourceRun) -> Iterator[SourceRun]:
        if run.id in seen:
            return  # each is the other's parent
        seen.add(run.id)
        yield run
        for child in waiting.pop(run.id, []):
            yield from with_children(child)

    for run in runs:
        if run.parent_id is None or run.parent_id in seen:
            yield from with_children(run)
        else:
            waiting.setdefault(run.parent_id, []).append(run)
    for parent, orphans in list(waiting.items()):
        for run in orphans:
            if run.id in seen:
                continue
            run.remarks.append(f"its parent {parent} is not among what is brought")
            run.parent_id = None
            yield from with_children(run)


def _is_run_id(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


def _client(uri: str) -> MlflowClient:
    # An old folder is only read here, whatever MLflow thinks of writing to it.
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    try:
        from mlflow import MlflowClient
    except ImportError as error:
        raise NotInstalled(f"MLflow is read with its own package: pip install mlflow-skinny ({error})") from error
    uri = address_of(uri)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)
