"""A logged model of the server: its files here, loaded as what it is, with an example of its own."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ..link import ServerLink
from .errors import CannotPromote
from .frameworks import Framework, framework_of

_FILES_LIMIT = 10_000
_FLAVORS = ("sklearn", "xgboost", "lightgbm", "pytorch", "keras", "onnx", "statsmodels")


@dataclass
class StoredModel:
    """The files in a folder; ``bundle`` where it is one of ours, ``mlmodel`` where MLflow's clients have logged it."""

    folder: Path
    bundle: dict[str, Any] | None
    mlmodel: dict[str, Any]
    python: str
    requirements: list[str] = field(default_factory=list)
    script: str | None = None
    train: Any = None


def download(link: ServerLink, logged: dict[str, Any], folder: Path, digests: dict[str, str]) -> StoredModel:
    """All files of a logged model.

    Parameters
    ----------
    digests
        SHA-256 of each file by its path: what was looked at when it was asked whose code this is.

    Raises
    ------
    CannotPromote
        It has no files, or none that say what it is, or others than those that were looked at.
    """
    root = logged["artifactLocation"].removeprefix("mlflow-artifacts:").lstrip("/")
    names = list(_names(link, root))
    if not names:
        raise CannotPromote("the logged model has no files; log it again")
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise CannotPromote(f"the logged model has a file outside of its folder: {name!r}")
        target = folder.joinpath(*path.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        found = hashlib.sha256()
        with link.get_model_file(logged["id"], name) as chunks, target.open("wb") as file:
            for chunk in chunks:
                found.update(chunk)
                file.write(chunk)
        if found.hexdigest() != digests.get(name):
            raise CannotPromote(f"the model's file {name!r} was changed while it was promoted; promote it again")
    mlmodel = _yaml(folder / "MLmodel") if (folder / "MLmodel").exists() else {}
    bundle = json.loads((folder / "cellkeep.json").read_text(encoding="utf-8")) if (folder / "cellkeep.json").exists() else None
    if not mlmodel and bundle is None:
        raise CannotPromote("the logged model has neither MLmodel nor cellkeep.json: nothing says how it is loaded")
    function = mlmodel.get("flavors", {}).get("python_function", {})
    requirements = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines() if (folder / "requirements.txt").exists() else []
    pinned = [line.strip() for line in requirements if re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^]]*\])?==[^;\s]+\s*$", line)]
    script = (folder / "script.py").read_text(encoding="utf-8") if bundle is not None and (folder / "script.py").exists() else None
    return StoredModel(folder, bundle, mlmodel, str(function.get("python_version") or ""), pinned, script)


def _names(link: ServerLink, root: str) -> Iterator[str]:
    """Paths of all files below a folder of the artifact store, relative to it."""
    waiting = [""]
    found = 0
    while waiting:
        below = waiting.pop()
        path = f"{root}/{below}" if below else root
        for one in link.list_files(path):
            name = f"{below}/{one['path']}" if below else str(one["path"])
            if one.get("is_dir"):
                waiting.append(name)
                continue
            found += 1
            if found > _FILES_LIMIT:
                raise CannotPromote(f"the logged model has more than {_FILES_LIMIT:,} files")
            yield name


def _yaml(path: Path) -> dict[str, Any]:
    try:
        yaml = importlib.import_module("yaml")
    except ImportError as error:
        raise CannotPromote("reading MLmodel needs PyYAML, which comes with mlflow: pip install mlflow") from error
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def load_stored(stored: StoredModel) -> tuple[Any, Framework, Any]:
    """(the model, its framework, an example). This runs the code of whoever made it.

    Raises
    ------
    CannotPromote
        It cannot be loaded here, or has no example.
    """
    try:
        model, framework = _of_bundle(stored) if stored.bundle is not None else _of_mlflow(stored)
    except CannotPromote:
        raise
    except Exception as error:  # whatever its own loading raises
        raise CannotPromote(f"the model does not load: {type(error).__name__}: {' '.join(str(error).split())[:500]}") from error
    example = _example(stored)
    if example is None and framework not in ("onnx", "tfjs"):
        raise CannotPromote("the logged model has no input example; log it with input_example=X[:5], or deploy it from its notebook")
    return model, framework, example


def _of_bundle(stored: StoredModel) -> tuple[Any, Framework]:
    bundle = stored.bundle or {}
    if bundle["runtime"] == "tfjs":
        return str(stored.folder / bundle["tfjs"]["file"]), "tfjs"
    if bundle["python"] is None:
        onnx = importlib.import_module("onnx")
        return onnx.load(str(stored.folder / bundle["onnx"]["file"])), "onnx"
    from ..serving.native import load_native

    return load_native(stored.folder, bundle).model, bundle["framework"]


def _of_mlflow(stored: StoredModel) -> tuple[Any, Framework]:
    flavors = stored.mlmodel.get("flavors", {})
    for name in _FLAVORS:
        if name in flavors:
            try:
                flavor = importlib.import_module(f"mlflow.{name}")
            except ImportError as error:
                raise CannotPromote(f"this model was logged with mlflow.{name}, which is not installed here: pip install mlflow") from error
            model = flavor.load_model(str(stored.folder))
            found = framework_of(model)
            if found is not None:
                return model, found
    if "python_function" not in flavors:
        raise CannotPromote(f"the model has only the flavors {', '.join(flavors) or '(none)'}; one of them must be python_function")
    try:
        pyfunc = importlib.import_module("mlflow.pyfunc")
    except ImportError as error:
        raise CannotPromote("this model was logged by MLflow, which is not installed here: pip install mlflow") from error
    return pyfunc.load_model(str(stored.folder)), "pyfunc"


def _example(stored: StoredModel) -> Any:
    """As the model is asked with it."""
    if stored.bundle is not None:
        return _example_of_bundle(stored)
    told = stored.mlmodel.get("saved_input_example_info")
    if not isinstance(told, dict):
        return None
    path = stored.folder / str(told.get("artifact_path", ""))
    if not path.is_file() or stored.folder.resolve() not in path.resolve().parents:
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    kind = told.get("type")
    if kind == "dataframe":
        import pandas as pd

        frame = pd.DataFrame(content["data"], columns=content.get("columns"))
        return _typed(frame, stored.mlmodel)
    if kind == "ndarray":
        import numpy as np

        return np.asarray(content["inputs"] if isinstance(content, dict) else content)
    return content


def _typed(frame: Any, mlmodel: dict[str, Any]) -> Any:
    """Its columns in the types of the signature: JSON has one kind of number."""
    signature = mlmodel.get("signature") or {}
    try:
        columns = json.loads(signature.get("inputs") or "[]")
    except ValueError:
        return frame
    dtypes = {"long": "int64", "integer": "int32", "double": "float64", "float": "float32", "boolean": "bool"}
    for one in columns:
        name, dtype = one.get("name"), dtypes.get(str(one.get("type")))
        if name in frame.columns and dtype is not None and not frame[name].isna().any():
            frame[name] = frame[name].astype(dtype)
    return frame


def _example_of_bundle(stored: StoredModel) -> Any:
    bundle = stored.bundle or {}
    if not bundle.get("example"):
        return None
    from ..serving.native import question

    return question(_columns(stored.folder / bundle["example"], bundle), {**bundle, "python": bundle.get("python") or _of_tensors(bundle)})


def _of_tensors(bundle: dict[str, Any]) -> dict[str, Any]:
    """How a graph's rows were given, where they are tensors."""
    if all(one.get("shape") is None for one in bundle["signature"]["inputs"]):
        return {}
    types = {column: feed["type"] for feed in (bundle.get("onnx") or {}).get("feeds", []) for column in feed["columns"]}
    if bundle["signature"]["layout"] == "columns":
        return {"takes": "tensors", "dtypes": types}
    return {"takes": "array", "dtype": next(iter(types.values()), "float32")}


def _columns(path: Path, bundle: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    told = json.loads(path.read_text(encoding="utf-8"))
    kinds = {one["name"]: one for one in bundle["signature"]["inputs"]}
    found: dict[str, Any] = {}
    for at, name in enumerate(told["columns"]):
        values = [row[at] for row in told["data"]]
        is_number = kinds[name]["type"] in ("integer", "float", "double", "boolean")
        found[name] = np.array([np.nan if value is None else value for value in values]) if is_number else values
    return found
