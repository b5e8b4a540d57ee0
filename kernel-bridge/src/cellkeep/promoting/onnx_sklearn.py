"""scikit-learn (and the scikit-learn interface of XGBoost and LightGBM) to ONNX, pipelines with named and typed columns as a whole.

What comes before an ensemble of trees is converted by skl2onnx, the trees by ``onnx_trees.py``; everything else by skl2onnx, in float64,
and in float32 where an operator has no other.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from typing import Any

from .onnx_graphs import IR_VERSION, OPSET, Graph, NotExported, Try, made_graph, matrix_feed, with_grouped_inputs
from .onnx_imputer import convert_imputer, shape_of_imputer
from .onnx_trees import forest_nodes, ml_opset
from .rows import Column, Table
from .trees import Forest, NoForest, forest_of

_ENCODERS = ("OneHotEncoder", "OrdinalEncoder", "TargetEncoder", "LabelEncoder")
_SKL_ML_OPSET = 3  # the greatest that skl2onnx 1.20 writes


def tries(model: Any, table: Table, classes: list[Any] | None) -> Iterator[Try]:
    """Ways to export it, the best first."""
    before, last = taken_apart(model)
    forest, why = _forest(last)
    if forest is not None:
        yield Try("trees in float64", lambda: _trees(before, forest, table, classes), ["onnx"])
    elif why:
        yield Try("trees in float64", lambda: _refuse(why))
    for dtype in ("float64", "float32"):
        yield Try(f"skl2onnx in {dtype}", lambda dtype=dtype: _whole(model, table, classes, dtype), ["onnx", "skl2onnx"])  # type: ignore[misc]


def _refuse(why: str) -> Graph:
    raise NotExported(why)


def taken_apart(model: Any) -> tuple[list[tuple[str, Any]], Any]:
    """The steps before the last one, of pipelines within each other and of searches, and the last one."""
    own = vars(model) if hasattr(model, "__dict__") else {}
    if "best_estimator_" in own:
        return taken_apart(own["best_estimator_"])
    steps = own.get("steps")
    if not isinstance(steps, list):
        return [], model
    inner, last = taken_apart(steps[-1][1])
    before = [(name, step) for name, step in steps[:-1] if step is not None and step != "passthrough"]
    return [*before, *((f"{steps[-1][0]}_{name}", step) for name, step in inner)], last


def _forest(last: Any) -> tuple[Forest | None, str]:
    try:
        return forest_of(last), ""
    except NoForest as error:
        return None, str(error)


def _trees(before: list[tuple[str, Any]], forest: Forest, table: Table, classes: list[Any] | None) -> Graph:
    from onnx import TensorProto, compose, helper

    is_classifier = classes is not None
    if not before:
        feed = matrix_feed(table)
        nodes, constants, answers = forest_nodes(forest, "rows", "trees", is_classifier)
        width = len(classes) if classes is not None else forest.outputs
        model = made_graph(nodes, constants, [("rows", "float64", len(table.columns))], [(answers, width)], ml_opset(forest))
        feeds = [feed]
    else:
        pre, inputs = _converted(_pipeline(before), table, "float64", None)
        made = pre.graph.output[0].name
        nodes, constants, answers = forest_nodes(forest, "trees_given", "trees", is_classifier)
        nodes.insert(0, helper.make_node("Cast", [made], ["trees_given"], to=TensorProto.DOUBLE))
        pre = compose.add_prefix(pre, "before_", rename_inputs=False)
        nodes[0].input[0] = f"before_{made}"
        pre.graph.node.extend(nodes)
        pre.graph.initializer.extend(constants)
        del pre.graph.output[:]
        width = len(classes) if classes is not None else forest.outputs
        pre.graph.output.append(helper.make_tensor_value_info(answers, TensorProto.DOUBLE, [None, width]))
        feeds = with_grouped_inputs(pre, inputs)
        _with_opsets(pre, ml_opset(forest))
        model = pre
    label, scores = (None, answers) if is_classifier else (answers, None)
    return Graph(model.SerializeToString(), feeds, label, scores, forest, before)


def _pipeline(steps: list[tuple[str, Any]]) -> Any:
    from sklearn.pipeline import Pipeline

    return Pipeline(steps)


def _with_opsets(model: Any, ml: int) -> None:
    from onnx import helper

    del model.opset_import[:]
    model.opset_import.extend([helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ml)])
    model.ir_version = IR_VERSION


def _whole(model: Any, table: Table, classes: list[Any] | None, dtype: str) -> Graph:
    before, last = taken_apart(model)
    estimator = _pipeline([*before, ("last", last)]) if before else last
    has_scores = classes is not None and hasattr(estimator, "predict_proba")
    made, inputs = _converted(estimator, table, dtype, last if classes is not None else None)
    feeds = with_grouped_inputs(made, inputs)
    names = [one.name for one in made.graph.output]
    made.ir_version = min(made.ir_version, IR_VERSION)
    scores = names[1] if has_scores and len(names) > 1 else None
    return Graph(made.SerializeToString(), feeds, names[0], scores, dtype=dtype)


def _converted(estimator: Any, table: Table, dtype: str, classifier: Any) -> tuple[Any, list[tuple[str, str, str]]]:
    """The graph, and (input, type, column) of each of its inputs."""
    try:
        from skl2onnx import convert_sklearn
    except ImportError as error:
        raise NotExported("skl2onnx is not installed here (pip install 'cellkeep[onnx]')") from error
    initial, inputs = _initial_types(estimator, table, dtype)
    words: dict[str, Any] = {}
    imputer = sys.modules.get("sklearn.impute")
    if imputer is not None:
        words["custom_conversion_functions"] = {imputer.SimpleImputer: convert_imputer}
        words["custom_shape_calculators"] = {imputer.SimpleImputer: shape_of_imputer}
    # Classifiers have one of these options, or none: an output that is a list of dicts is of no use, and float64 knows only raw scores.
    options = [{id(classifier): one} for one in ({"zipmap": False}, {"raw_scores": True})] if classifier is not None else []
    for option in (*options, None):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                opsets = {"": OPSET, "ai.onnx.ml": _SKL_ML_OPSET}
                made = convert_sklearn(estimator, initial_types=initial, target_opset=opsets, options=option, **words)
        except NameError:  # some classifiers have no such option, and need none
            if option is None:
                raise
        else:
            break
    return made, inputs


def _initial_types(estimator: Any, table: Table, dtype: str) -> tuple[list[Any], list[tuple[str, str, str]]]:
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType

    number = DoubleTensorType if dtype == "float64" else FloatTensorType
    if table.takes in ("array", "rows") or not _names_columns(estimator):
        strings = [column for column in table.columns if column.type == "string"]
        if len(strings) == len(table.columns):
            name = "texts"
            return [(name, StringTensorType([None, len(strings)]))], [(name, "string", column.name) for column in table.columns]
        matrix_feed(table)
        return [("rows", number([None, len(table.columns)]))], [("rows", dtype, column.name) for column in table.columns]
    encoded = _encoded_columns(estimator, table)
    initial, inputs = [], []
    for at, column in enumerate(table.columns):
        kind = _feed_type(column, column.name in encoded, dtype)
        made = {"string": StringTensorType, "int64": Int64TensorType}.get(kind, number)
        initial.append((column.name, made([None, 1])))
        inputs.append((column.name, kind, table.columns[at].name))
    return initial, inputs


def _feed_type(column: Column, is_encoded: bool, dtype: str) -> str:
    if column.type in ("datetime", "binary"):
        raise NotExported(f"column {column.name!r} is a {column.type}, which ONNX has no type for")
    if column.type == "string":
        return "string"
    return "int64" if is_encoded and column.type in ("integer", "boolean") else dtype


def _names_columns(estimator: Any) -> bool:
    """Whether a ColumnTransformer comes first: then columns come one by one, with their types."""
    before, last = taken_apart(estimator)
    first = before[0][1] if before else last
    return type(first).__name__ == "ColumnTransformer"


def _encoded_columns(estimator: Any, table: Table) -> set[str]:
    """Columns whose values an encoder compares: integers stay integers there."""
    before, last = taken_apart(estimator)
    first = before[0][1] if before else last
    found: set[str] = set()
    for _, transformer, columns in getattr(first, "transformers_", []):
        inner, final = taken_apart(transformer)
        if any(type(step).__name__ in _ENCODERS for step in [*(step for _, step in inner), final]):
            found |= set(column_names(columns, table))
    return found


def column_names(columns: Any, table: Table) -> list[str]:
    """Names of the columns that a ColumnTransformer chooses by name, place, slice or mask."""
    names = table.names
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, slice):
        return names[columns] if isinstance(columns.start, int | None) else names
    listed = columns.tolist() if hasattr(columns, "tolist") else list(columns)
    if listed and all(isinstance(one, bool) for one in listed):
        return [name for name, is_chosen in zip(names, listed, strict=True) if is_chosen]
    return [one if isinstance(one, str) else names[int(one)] for one in listed if isinstance(one, str | int)]
