"""Logged models by what they predict: the original's files and the remade ones, on the original's stored input example."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from ..link import LinkError, Refused, ServerLink
from ..wire import StoredRun, Tolerances
from .compare_json import first_json_difference
from .compare_numbers import Tolerance
from .findings import Findings

_TIMEOUT = 900  # seconds; loading two large models, and what they import
_MOST_BYTES = 4 * 1024**3
_MOST_FILES = 10_000

#: Runs in the environment of the run. It prints a line of JSON for each model, whatever a model prints itself.
_PREDICT = """
import json, os, sys
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
import mlflow.pyfunc
from mlflow.models import Model

def listed(value):
    import numpy as np
    import pandas as pd
    if isinstance(value, pd.DataFrame):
        return value.astype(object).where(value.notna(), None).to_dict("list")
    if isinstance(value, dict):
        return {str(key): listed(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [listed(inner) for inner in value]
    return np.asarray(value).tolist()

was, now = sys.argv[1:3]
example = Model.load(was).load_input_example(was)
if example is None:
    print(json.dumps({"skipped": "it has no input example"}), file=answer, flush=True)
else:
    for key, path in (("was", was), ("now", now)):
        told = listed(mlflow.pyfunc.load_model(path).predict(example))
        print(json.dumps({key: told}, default=str), file=answer, flush=True)
answer.close()
"""


def compare_predictions(
    link: ServerLink,
    run: StoredRun,
    models: Sequence[Path],
    python: str,
    root: Path,
    variables: Mapping[str, str],
    tolerances: Tolerances,
    findings: Findings,
) -> None:
    """Compare the run's logged models, in the order in which they were logged, with the remade ones."""
    try:
        originals = cast("Any", link.call("GET", f"runs/{run['id']}/models"))["outputs"]
    except Refused:
        return
    originals = sorted(originals, key=lambda model: model["createdAt"])
    if not originals:
        return
    if len(originals) != len(models):
        findings.differ("missing" if len(models) < len(originals) else "extra", "logged models", str(len(originals)), str(len(models)))
    general = Tolerance(tolerances["relative"], tolerances["absolute"])
    for model, remade in zip(originals, models, strict=False):
        folder = root / "models" / model["id"]
        problem = _download(link, model["id"], folder)
        if problem:
            findings.pass_over(f"model {model['name']} was not compared: {problem}")
            continue
        told = _predict(python, folder, remade, variables)
        if "skipped" in told:
            findings.pass_over(f"model {model['name']} was not compared: {told['skipped']}")
            continue
        findings.predictions += 1
        if "now" not in told:
            findings.differ("prediction", model["name"], "it predicts", told["failed"])
            continue
        found = first_json_difference(told["was"], told["now"], general)
        if found is not None:
            findings.differ("prediction", model["name"], *found, tolerance=general.relative)


def _download(link: ServerLink, model: str, folder: Path) -> str:
    """All files of a logged model; says why not, where it could not."""
    waiting, files, size = [""], 0, 0
    while waiting:
        below = waiting.pop()
        query = {"artifact_directory_path": below} if below else None
        try:
            listed = cast("Any", link.mlflow("GET", f"logged-models/{model}/artifacts/directories", query=query))
        except LinkError as error:
            return str(error)
        for entry in listed.get("files", []):
            path = str(entry["path"])
            if entry.get("is_dir"):
                waiting.append(path)
                continue
            files, size = files + 1, size + int(entry.get("file_size", 0))
            target = (folder / path).resolve()
            if files > _MOST_FILES or size > _MOST_BYTES or not target.is_relative_to(folder.resolve()):
                return "it is too large"
            target.parent.mkdir(parents=True, exist_ok=True)
            with link.get_model_file(model, path) as chunks, target.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
    return "" if files else "its files are not on the server"


def _predict(python: str, was: Path, now: Path, variables: Mapping[str, str]) -> dict[str, Any]:
    """What both predict; ``skipped`` where the original does not, ``failed`` where it does and the remade one does not."""
    try:
        done = subprocess.run(
            [python, "-W", "ignore", "-c", _PREDICT, str(was), str(now)],
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
        out, lines = done.stdout, [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        problem = lines[-1] if lines else "loading it failed"
    except subprocess.TimeoutExpired as error:
        out, problem = error.stdout or b"", f"it did not predict within {_TIMEOUT} s"
    told: dict[str, Any] = {}
    for line in out.splitlines():
        try:
            told.update(json.loads(line))
        except ValueError:
            break  # it was ended while it wrote
    if "skipped" not in told and "now" not in told:
        told["failed" if "was" in told else "skipped"] = problem
    return told
