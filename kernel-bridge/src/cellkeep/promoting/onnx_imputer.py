"""SimpleImputer to ONNX in the type of its columns: ONNX Runtime has its own operator for it in float32 and integers only."""

from __future__ import annotations

from typing import Any

from .onnx_graphs import NotExported
from .rows import is_nan


def shape_of_imputer(operator: Any) -> None:
    """What skl2onnx asks first: the type and shape of the output."""
    kind = type(operator.inputs[0].type)
    width = len(operator.raw_operator.statistics_)
    operator.outputs[0].type = kind([None, width])


def convert_imputer(scope: Any, operator: Any, container: Any) -> None:
    """Where what is missing stood, the statistic."""
    import numpy as np
    from onnx import numpy_helper
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType

    imputer = operator.raw_operator
    kind = operator.inputs[0].type
    statistics = imputer.statistics_
    if imputer.add_indicator or any(value is None or is_nan(value) for value in statistics.tolist()):
        raise NotExported("its imputer adds an indicator, or has no statistic for a column")
    given = [one.full_name for one in operator.inputs]
    made = operator.outputs[0].full_name
    if len(given) > 1:
        joined = scope.get_unique_variable_name("joined")
        container.add_node("Concat", given, joined, axis=1, name=scope.get_unique_operator_name("Concat"))
        given = [joined]

    def constant(name: str, value: Any) -> str:
        unique: str = scope.get_unique_variable_name(name)
        container.add_initializer(unique, None, None, numpy_helper.from_array(value, unique))
        return unique

    missing = scope.get_unique_variable_name("missing")
    if isinstance(kind, StringTensorType):
        if imputer.missing_values is not None and not is_nan(imputer.missing_values):
            raise NotExported("its imputer takes a text for missing")
        empty = constant("empty", np.array([""], dtype=object))
        container.add_node("Equal", [given[0], empty], missing, name=scope.get_unique_operator_name("Equal"), op_version=19)
        fill = constant("fill", np.array([[str(value) for value in statistics.tolist()]], dtype=object))
    elif isinstance(kind, DoubleTensorType | FloatTensorType):
        if imputer.missing_values is not None and not is_nan(imputer.missing_values):
            raise NotExported(f"its imputer takes {imputer.missing_values!r} for missing")
        container.add_node("IsNaN", given, missing, name=scope.get_unique_operator_name("IsNaN"), op_version=13)
        dtype = "float64" if isinstance(kind, DoubleTensorType) else "float32"
        fill = constant("fill", np.asarray(statistics, dtype=dtype).reshape(1, -1))
    else:
        raise NotExported("its imputer gets integers")
    container.add_node("Where", [missing, fill, given[0]], made, name=scope.get_unique_operator_name("Where"), op_version=16)
