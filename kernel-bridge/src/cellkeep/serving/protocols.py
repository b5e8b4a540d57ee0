"""The protocols of an endpoint, for a model that serves without a host: plain rows, MLflow's ``/invocations``, Open Inference version 2.

Requests become columns in the signature's types, answers become JSON with the words that a host of Cellkeep uses. What does not fit is
refused with the name of the field; nothing is guessed. Nothing but the standard library and numpy is needed.
"""

from __future__ import annotations

import csv
import io
import json
import math
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from .native import Answer, Columns

Bundle = Mapping[str, Any]

_DATATYPES = {
    **{"boolean": "BOOL", "integer": "INT64", "float": "FP32", "double": "FP64"},
    **{"string": "BYTES", "datetime": "BYTES", "binary": "BYTES"},
}
_LARGEST = 2**53 - 1
_MOST_ISSUES = 20
_MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "n/a", "<NA>", "#N/A"})


class Refusal(Exception):
    """A request that gets no answer: a status and, for each field, the reason."""

    def __init__(self, status: int, issues: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {reason}" if field else reason for field, reason in issues))
        self.status = status
        self.issues = list(issues)


def refused(field: str, reason: str, status: int = 400) -> Refusal:
    """A refusal of one field."""
    return Refusal(status, [(field, reason)])


def parsed(body: bytes) -> Any:
    """The JSON of a body."""
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refused("", f"the body is no JSON: {error}") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}: send null, or leave the value out")


# Rows to columns.

Rows = Sequence[Mapping[str, Any]]


def columns_of(rows: Rows, bundle: Bundle, path: str, *, may_have_extra: bool = False) -> Columns:
    """Rows as columns in the order of the signature; every value that does not fit is named, at most 20."""
    import numpy as np

    inputs = bundle["signature"]["inputs"]
    if not rows:
        raise refused(path, "has no rows")
    issues: list[tuple[str, str]] = []
    if not may_have_extra:
        known = {one["name"] for one in inputs}
        for at, row in enumerate(rows):
            issues += [(_field(path, at, name), "the model has no input of this name") for name in row if name not in known]
    found: dict[str, Any] = {}
    for one in inputs:
        values = []
        for at, row in enumerate(rows):
            value, reason = _read(row.get(one["name"]), one)
            if reason:
                issues.append((_field(path, at, one["name"]), reason))
            values.append(value)
        if len(issues) > 0:
            continue
        if one.get("shape") is not None:
            found[one["name"]] = np.asarray(values, dtype="float64").reshape([len(rows), *one["shape"]])
        elif one["type"] in ("string", "datetime", "binary"):
            found[one["name"]] = values
        else:
            found[one["name"]] = np.array([math.nan if value is None else value for value in values], dtype="float64")
    if issues:
        raise Refusal(400, issues[:_MOST_ISSUES])
    return found


def _field(path: str, at: int, name: str) -> str:
    return f"{path}[{at}].{name}" if path else name


def _read(value: Any, column: Mapping[str, Any]) -> tuple[Any, str]:
    """A value of a column, and what is wrong with it."""
    if value is None or value == "NaN" or (isinstance(value, float) and math.isnan(value)):
        return None, "is missing, and must have a value" if column.get("required", True) else ""
    if column.get("shape") is not None:
        return _read_tensor(value, column)
    kind = column["type"]
    if kind == "boolean":
        return value, "" if isinstance(value, bool) else f"is {_shown(value)}, and must be true or false"
    if kind in ("string", "datetime", "binary"):
        return value, "" if isinstance(value, str) else f"is {_shown(value)}, and must be a text"
    if value in ("Infinity", "-Infinity") and kind != "integer":
        return float(value), ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None, f"is {_shown(value)}, and must be a number"
    if kind == "integer" and (value != int(value) or abs(value) > _LARGEST):
        return None, f"is {_shown(value)}, which is no integer within ±(2^53 - 1)"
    return value, ""


def _read_tensor(value: Any, column: Mapping[str, Any]) -> tuple[Any, str]:
    import numpy as np

    try:
        array = np.asarray(value, dtype="float64")
    except (ValueError, TypeError):
        return None, "must hold numbers in the shape of the input"
    if array.size != math.prod(column["shape"]):
        return None, f"has {array.size} values, and must have the shape {column['shape']}"
    return array.reshape(column["shape"]), ""


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _split(columns: Any, data: Any, bundle: Bundle, path: str) -> Rows:
    names = [one["name"] for one in bundle["signature"]["inputs"]] if columns is None else columns
    if not isinstance(names, list) or not isinstance(data, list):
        raise refused(path, "must have `columns` and `data`, a list with a list for each row")
    for at, row in enumerate(data):
        if not isinstance(row, list) or len(row) != len(names):
            raise refused(f"{path}.data[{at}]", f"must be a list of {len(names)} values")
    return [dict(zip(map(str, names), row, strict=True)) for row in data]


def _records(data: Any, path: str) -> Rows:
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise refused(path, "must be a list of objects")
    return data


# Plain rows.


def rows_question(body: Any, bundle: Bundle) -> tuple[Columns, bool]:
    """One row as an object, or many as a list or as ``{columns, data}``. The flag: it is one."""
    if isinstance(body, list):
        return columns_of(_records(body, "rows"), bundle, "rows"), False
    if not isinstance(body, dict):
        raise refused("", "the body must be a row (an object), a list of rows, or {columns, data}")
    if isinstance(body.get("data"), list) and set(body) <= {"columns", "data"}:
        return columns_of(_split(body.get("columns"), body["data"], bundle, ""), bundle, "data"), False
    return columns_of([body], bundle, ""), True


def rows_answer(answer: Answer, bundle: Bundle, count: int, is_one: bool) -> dict[str, Any]:
    """As a host answers at ``/predict``."""
    predictions = [_prediction(answer, bundle, row) for row in range(count)]
    said: dict[str, Any] = {"predictionId": uuid.uuid4().hex}
    classes = [_text(one) for one in bundle.get("classes") or []]
    if is_one:
        said["prediction"] = predictions[0]
        if answer.scores is not None:
            said["scores"] = dict(zip(classes, _plain(answer.scores[0]), strict=True))
        return said
    said["predictions"] = predictions
    if answer.scores is not None:
        said |= {"classes": classes, "scores": _plain(answer.scores)}
    return said


def _prediction(answer: Answer, bundle: Bundle, row: int) -> Any:
    if len(answer.columns) == 1:
        return _plain(answer.columns[0][row])
    names = [one["name"] for one in bundle["signature"]["outputs"]]
    return {name: _plain(values[row]) for name, values in zip(names, answer.columns, strict=True)}


# MLflow.

_FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")


def invocations_question(body: bytes, content_type: str, bundle: Bundle) -> Columns:
    """What MLflow's scoring server takes; columns that the model does not know are dropped, as it drops them."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/csv":
        return columns_of(_csv(body, bundle), bundle, "rows", may_have_extra=True)
    if kind not in ("application/json", ""):
        raise refused("", f"This predictor only supports text/csv and application/json. Got '{kind}'.", 415)
    told = parsed(body)
    given = [name for name in _FORMATS if isinstance(told, dict) and name in told]
    if len(given) != 1:
        raise refused("", f"The input must be a JSON dictionary with exactly one of the input fields {set(_FORMATS)}.")
    name, data = given[0], told[given[0]]
    if name == "dataframe_split":
        rows = _split(data.get("columns"), data.get("data"), bundle, name) if isinstance(data, dict) else _records(None, name)
    elif name == "dataframe_records":
        rows = _records(data, name)
    else:
        rows = _tensors(data, bundle, name)
    return columns_of(rows, bundle, name, may_have_extra=True)


def _csv(body: bytes, bundle: Bundle) -> Rows:
    kinds = {one["name"]: one["type"] for one in bundle["signature"]["inputs"]}
    try:
        lines = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise refused("", f"the body is no CSV: {error}") from error
    return [{name: _cell(cell, kinds.get(name, "string")) for name, cell in row.items() if name} for row in lines]


def _cell(cell: Any, kind: str) -> Any:
    if cell is None or cell in _MISSING:
        return None
    if kind == "boolean":
        return {"true": True, "false": False}.get(cell.strip().lower(), cell)
    if kind in ("string", "datetime", "binary"):
        return cell
    try:
        number = float(cell)
    except ValueError:
        return cell
    return int(number) if number.is_integer() else number


def _tensors(data: Any, bundle: Bundle, path: str) -> Rows:
    inputs = bundle["signature"]["inputs"]
    if isinstance(data, dict):
        if not any(isinstance(values, list) for values in data.values()):
            return [data]
        counts = {len(values) for values in data.values() if isinstance(values, list)}
        if len(counts) != 1 or not all(isinstance(values, list) for values in data.values()):
            raise refused(path, "must have a list of equal length for each input")
        return [{name: values[row] for name, values in data.items()} for row in range(counts.pop())]
    if not isinstance(data, list):
        raise refused(path, "must be a list or an object")
    if data and isinstance(data[0], dict):
        return _records(data, path)
    if len(inputs) != 1:
        return _split(None, data, bundle, path)
    one = inputs[0]
    is_wrapped = one.get("shape") is None and all(isinstance(row, list) and len(row) == 1 for row in data)
    return [{one["name"]: row[0] if is_wrapped else row} for row in data]


def invocations_answer(answer: Answer, bundle: Bundle, count: int) -> dict[str, Any]:
    """As MLflow's scoring server answers: one output flat, several beside each other."""
    if len(answer.columns) == 1:
        return {"predictions": [_plain(answer.columns[0][row]) for row in range(count)]}
    if bundle["framework"] in ("pyfunc", "python"):
        return {"predictions": [_prediction(answer, bundle, row) for row in range(count)]}
    return {"predictions": [[_plain(values[row]) for values in answer.columns] for row in range(count)]}


# Open Inference Protocol, version 2.


def v2_question(body: Any, bundle: Bundle) -> tuple[Columns, int]:
    """A tensor for each input, or one ``[rows, inputs]`` for all of them in their order. Data as JSON."""
    tensors = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(tensors, list) or not tensors:
        raise refused("inputs", "must be a list with a tensor for each input")
    inputs = bundle["signature"]["inputs"]
    read = [_tensor(tensor, at) for at, tensor in enumerate(tensors)]
    count = read[0][1][0] if read[0][1] else 1
    name, shape, data = read[0]
    is_matrix = len(read) == 1 and len(shape) == 2 and len(inputs) > 1 and shape[1] == len(inputs)
    if is_matrix and name not in {one["name"] for one in inputs}:
        width = shape[1]
        rows = [{one["name"]: data[row * width + at] for at, one in enumerate(inputs)} for row in range(count)]
        return columns_of(rows, bundle, "inputs[0]"), count
    if bundle["signature"]["layout"] == "tensor" and len(read) == 1:
        read = [(inputs[0]["name"], shape, data)]
    by_name: dict[str, list[Any]] = {}
    for at, (name, shape, data) in enumerate(read):
        if (shape[0] if shape else 1) != count:
            raise refused(f"inputs[{at}].shape", f"has {shape[0]} rows, inputs[0] has {count}")
        width = math.prod(shape[1:])
        is_scalar = next((one.get("shape") is None for one in inputs if one["name"] == name), True)
        if is_scalar and width != 1:
            raise refused(f"inputs[{at}].shape", f"is {shape}, and a row has one value")
        by_name[name] = data if is_scalar else [data[row * width : (row + 1) * width] for row in range(count)]
    rows = [{name: values[row] for name, values in by_name.items()} for row in range(count)]
    return columns_of(rows, bundle, "inputs"), count


def _tensor(tensor: Any, at: int) -> tuple[str, list[int], list[Any]]:
    if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
        raise refused(f"inputs[{at}].name", "must be a text")
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not all(isinstance(size, int) and size >= 0 for size in shape):
        raise refused(f"inputs[{at}].shape", "must be a list of sizes")
    if "data" not in tensor:
        raise refused(f"inputs[{at}].data", "must be a list; tensors in binary are taken by hosts of Cellkeep alone")
    data = list(_flattened(tensor["data"]))
    if len(data) != math.prod(shape):
        raise refused(f"inputs[{at}].data", f"has {len(data)} values, and {shape} has {math.prod(shape)}")
    return tensor["name"], shape, data


def _flattened(data: Any) -> Any:
    if not isinstance(data, list):
        yield data
        return
    for one in data:
        yield from _flattened(one)


def v2_answer(answer: Answer, bundle: Bundle, count: int, name: str, version: str, request_id: Any) -> dict[str, Any]:
    """Every output as a tensor, then the scores."""
    outputs = []
    for told, values in zip(bundle["signature"]["outputs"], answer.columns, strict=False):
        shape = [count, *(told.get("shape") or [])]
        outputs.append(
            {"name": told["name"], "datatype": _DATATYPES[told["type"]], "shape": shape, "data": list(_flattened(_plain(values)))}
        )
    if answer.scores is not None:
        classes = len(bundle.get("classes") or [])
        data = list(_flattened(_plain(answer.scores)))
        outputs.append({"name": scores_name(bundle), "datatype": "FP64", "shape": [count, classes], "data": data})
    identity = request_id if isinstance(request_id, str) else uuid.uuid4().hex
    return {"model_name": name, "model_version": version, "id": identity, "outputs": outputs}


def scores_name(bundle: Bundle) -> str:
    """Of the tensor of probabilities, beside the signature's outputs."""
    return "cellkeep_scores" if any(one["name"] == "scores" for one in bundle["signature"]["outputs"]) else "scores"


def v2_metadata(bundle: Bundle, name: str, version: str) -> dict[str, Any]:
    """What the protocol tells of a model."""

    def tensor(told: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": told["name"], "datatype": _DATATYPES[told["type"]], "shape": [-1, *(told.get("shape") or [])]}

    signature = bundle["signature"]
    scores = [{"name": scores_name(bundle), "datatype": "FP64", "shape": [-1, len(bundle["classes"])]}] if bundle.get("classes") else []
    return {
        "name": name,
        "versions": [version],
        "platform": "onnxruntime_onnx" if bundle["runtime"] == "onnx" else "python",
        "inputs": [tensor(one) for one in signature["inputs"]],
        "outputs": [*(tensor(one) for one in signature["outputs"]), *scores],
    }


def _plain(value: Any) -> Any:
    """As JSON has it: what is missing is null, infinities are texts."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
