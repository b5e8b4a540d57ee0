"""The folder that becomes a logged model: the bundle, MLflow's description, the model and what is known of it."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
import time
import uuid
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from ..serving.native import Answer, NativeModel
from .baseline import baseline, first_rows, prediction_columns, sampled, some_rows
from .exporting import Asked, Exported
from .frameworks import class_name
from .rows import Table, as_json
from .travelling import pinned, prove_in_fresh_process, write_python

_EXAMPLE_ROWS = 20
_BASELINE_ROWS = 20_000  # bins of more are the same, and take seconds for many columns
_BASELINE_PREDICTIONS = 5_000
_PACKAGES = {
    **{"sklearn": "scikit-learn", "xgboost": "xgboost", "lightgbm": "lightgbm", "torch": "torch", "keras": "keras", "onnx": "onnx"},
    **{"statsmodels": "statsmodels", "pyfunc": "mlflow"},
}
_MLFLOW_TYPES = {
    **{"boolean": "boolean", "integer": "long", "float": "float", "double": "double", "string": "string"},
    **{"datetime": "datetime", "binary": "binary"},
}


@dataclass
class Pack:
    """A folder with everything; ``bundle`` is what ``cellkeep.json`` says, ``takes`` and what follows are as in its part ``python``."""

    folder: Path
    bundle: dict[str, Any]
    takes: str = ""
    dtype: str = ""
    dtypes: dict[str, str] = field(default_factory=dict)
    model_id: str = field(default_factory=lambda: f"m-{uuid.uuid4().hex}")

    @property
    def files(self) -> list[Path]:
        """All of them, by name."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


def pack(asked: Asked, exported: Exported, folder: Path, origin: dict[str, Any], script: str | None, explain: Any = None) -> Pack:
    """Write the folder; a model that stays Python is proven in a fresh process.

    Parameters
    ----------
    origin
        The bundle's ``origin``.
    script
        The slice that made it.
    explain
        (method, content of its file or None); None: sampled.

    Raises
    ------
    CannotPromote
        The model cannot be stored, or does not load elsewhere.
    """
    bundle: dict[str, Any] = {
        "format": 1,
        "runtime": "onnx" if exported.graph is not None else "python",
        **{name: asked.bundle[name] for name in ("framework", "task", "classes", "signature")},
        "frameworkVersion": framework_version(asked.framework),
        "className": class_name(asked.model) if asked.model is not None else "ONNX graph",
        "onnx": None,
        "python": None,
        "export": exported.report,
        "origin": origin,
        "explain": {"method": "sampled", "file": None},
        "sizeBytes": 0,
    }
    graph = exported.graph
    if graph is not None:
        (folder / "model.onnx").write_bytes(graph.content)
        bundle["onnx"] = {"file": "model.onnx", "feeds": graph.feeds, "label": graph.label, "scores": graph.scores}
        bundle["sizeBytes"] = len(graph.content)
        requirements = pinned(["onnxruntime", "numpy"])
    else:
        travelling = write_python(asked, folder)
        bundle["python"] = travelling.bundle
        bundle["sizeBytes"] = travelling.size
        requirements = travelling.bundle["requirements"]
    _write_rows(asked, folder, bundle)
    if explain is not None:
        bundle["explain"] = _write_explain(explain, folder)
    if script:
        (folder / "script.py").write_text(script, encoding="utf-8")
        bundle["script"] = "script.py"
    made = Pack(folder, bundle, asked.table.takes, asked.table.dtype, {one.name: one.dtype for one in asked.table.columns})
    write_descriptions(made, requirements)
    if graph is None:
        prove_in_fresh_process(asked, folder, bundle, exported.report["tolerance"])
    return made


def write_descriptions(made: Pack, requirements: list[str]) -> None:
    """``cellkeep.json`` and what MLflow reads."""
    folder, bundle = made.folder, made.bundle
    (folder / "cellkeep.json").write_text(json.dumps(bundle, ensure_ascii=False), encoding="utf-8")
    if (bundle["python"] or {}).get("format") == "mlflow":
        return  # it is an MLflow model, with a description of its own
    (folder / "requirements.txt").write_text("".join(f"{line}\n" for line in requirements), encoding="utf-8")
    (folder / "MLmodel").write_text(json.dumps(mlmodel(made), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def mlmodel(made: Pack) -> dict[str, Any]:
    """What MLflow reads: YAML, of which JSON is a part."""
    bundle = made.bundle
    function = {
        "loader_module": "cellkeep.serving.pyfunc",
        "python_version": ".".join(str(part) for part in sys.version_info[:3]),
        "env": {"virtualenv": "requirements.txt"},
    }
    found: dict[str, Any] = {
        "flavors": {"python_function": function},
        "model_id": made.model_id,
        "model_uuid": made.model_id[2:],
        "utc_time_created": time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime()),
    }
    if bundle["origin"].get("runId"):
        found["run_id"] = bundle["origin"]["runId"]
    signature = _mlflow_signature(made)
    return {**found, "signature": signature} if signature is not None else found


def _mlflow_signature(made: Pack) -> dict[str, Any] | None:
    """As MLflow infers it itself: named columns of a frame, a tensor of an array; None where it has no word for what the model takes."""
    signature = made.bundle["signature"]
    if made.takes == "frame":
        inputs: list[dict[str, Any]] = [
            {"type": _MLFLOW_TYPES[one["type"]], "name": one["name"], "required": one["required"]} for one in signature["inputs"]
        ]
        outputs = [{"type": _MLFLOW_TYPES[one["type"]], "name": one["name"], "required": True} for one in signature["outputs"]]
        return {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None}
    if made.takes == "tensors":
        several = [
            {
                "name": one["name"],
                "type": "tensor",
                "tensor-spec": {"dtype": made.dtypes[one["name"]], "shape": [-1, *(one.get("shape") or [])]},
            }
            for one in signature["inputs"]
        ]
        return {"inputs": json.dumps(several), "outputs": None, "params": None}
    if made.takes == "array" and made.dtype != "object":
        shape = signature["inputs"][0].get("shape") if signature["layout"] == "tensor" else [len(signature["inputs"])]
        inputs = [{"type": "tensor", "tensor-spec": {"dtype": made.dtype, "shape": [-1, *(shape or [])]}}]
        return {"inputs": json.dumps(inputs), "outputs": None, "params": None}
    return None


def framework_version(framework: str) -> str:
    """Version of the library that the model is of; empty where it is of none."""
    try:
        return metadata.version(_PACKAGES[framework]) if framework in _PACKAGES else ""
    except metadata.PackageNotFoundError:  # tf_keras, or a build under another name
        return ""


def _write_rows(asked: Asked, folder: Path, bundle: dict[str, Any]) -> None:
    """Example, background and baseline."""
    known = asked.train or asked.table
    _json(folder / "example.json", some_rows(first_rows(asked.table, _EXAMPLE_ROWS), _EXAMPLE_ROWS))
    _json(folder / "background.json", some_rows(known))
    table, answer = _answered(asked, known)
    told = baseline(
        "example" if table is asked.table else "training",
        table if asked.train is None else sampled(known, _BASELINE_ROWS),
        prediction_columns(answer, bundle["signature"]["outputs"]),
        asked.classes,
        answer.scores,
    )
    _json(folder / "baseline.json", told)
    bundle |= {"example": "example.json", "background": "background.json", "baseline": "baseline.json"}


def baseline_told(asked: Asked, train_name: str) -> str:
    """What the baseline is of, for a person."""
    if asked.train is None:
        return f"baseline of {asked.table.count} example rows, by which no drift is judged: pass train=…"
    return f"baseline of {asked.train.count:,} rows of {train_name}"


def _answered(asked: Asked, known: Table) -> tuple[Table, Answer]:
    """Predictions for the baseline: of as many of the known rows as do not take long."""
    if asked.train is None or asked.model is None:
        return asked.table, asked.answers
    some = sampled(known, _BASELINE_PREDICTIONS)
    try:
        return some, NativeModel(asked.model, asked.bundle).answer(some.named)
    except Exception:  # some of what it was fitted on is nothing that it answers
        return asked.table, asked.answers


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _write_explain(explain: tuple[str, Any], folder: Path) -> dict[str, Any]:
    method, content = explain
    if content is None:
        return {"method": method, "file": None}
    (folder / "explain.json.gz").write_bytes(gzip.compress(json.dumps(content, allow_nan=False).encode(), 1, mtime=0))
    return {"method": method, "file": "explain.json.gz"}


def pack_tfjs(model_json: str, folder: Path, table: Table | None, origin: dict[str, Any], script: str | None) -> Pack:
    """A TensorFlow.js model as it is: ``model.json`` with the files that it names.

    Raises
    ------
    OSError, ValueError, KeyError
        A file of it is missing, or ``model.json`` is none.
    """
    source = Path(model_json)
    told = json.loads(source.read_text(encoding="utf-8"))
    size = source.stat().st_size
    target = folder / "tfjs"
    target.mkdir()
    shutil.copyfile(source, target / "model.json")
    for group in told.get("weightsManifest", []):
        for name in group["paths"]:
            if "/" in name or "\\" in name or name.startswith("."):
                raise ValueError(f"model.json names a file outside of its folder: {name!r}")
            shutil.copyfile(source.parent / name, target / name)
            size += (target / name).stat().st_size
    if table is not None and len(table.columns) > 1:
        raise ValueError("a model with several inputs is not served: one tensor is what a request brings")
    column = table.columns[0] if table is not None else None
    shape = column.shape if column is not None and column.shape is not None else _tfjs_shape(told)
    bundle: dict[str, Any] = {
        "format": 1,
        "runtime": "tfjs",
        "framework": "tfjs",
        "className": "TensorFlow.js model",
        "task": "other",
        "classes": None,
        "signature": {
            "layout": "tensor",
            "inputs": [{"name": "input", "type": "float", "shape": shape}],
            "outputs": [{"name": "prediction", "type": "float", "shape": [-1]}],
        },
        "tfjs": {"file": "tfjs/model.json"},
        "export": {
            "tried": [{"runtime": "tfjs", "ok": True}],
            "rows": {"example": 0, "random": 0},
            "maxDifference": None,
            "tolerance": 0,
            "seconds": 0,
        },
        "origin": origin,
        "sizeBytes": size,
    }
    if table is not None and column is not None:
        rows = {"columns": ["input"], "data": [[row] for row in as_json(column.values[:_EXAMPLE_ROWS])]}
        _json(folder / "example.json", rows)
        bundle["example"] = "example.json"
    if script:
        (folder / "script.py").write_text(script, encoding="utf-8")
        bundle["script"] = "script.py"
    made = Pack(folder, bundle)
    (folder / "cellkeep.json").write_text(json.dumps(bundle, ensure_ascii=False), encoding="utf-8")
    return made


def _tfjs_shape(told: dict[str, Any]) -> list[int]:
    """Of one row, from a layers model's first layer or a graph model's signature."""
    try:
        layers = told["modelTopology"]["model_config"]["config"]
        layers = layers["layers"] if isinstance(layers, dict) else layers
        config = layers[0]["config"]
        sizes = config.get("batch_input_shape") or config["batch_shape"]
        return [-1 if size is None else int(size) for size in sizes[1:]]
    except (KeyError, IndexError, TypeError):
        pass
    try:
        first = next(iter(told["signature"]["inputs"].values()))
        return [int(size["size"]) for size in first["tensorShape"]["dim"][1:]]
    except (KeyError, StopIteration, TypeError, ValueError):
        return [-1]
