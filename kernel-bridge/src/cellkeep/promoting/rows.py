"""Rows as people have them (a DataFrame, an array, a tensor, a list of dicts or of texts) as columns of the signature's types."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..wire import KEY_LIMIT
from .errors import CannotPromote

ColumnType = Literal["boolean", "integer", "float", "double", "string", "datetime", "binary"]
_COLUMNS_LIMIT = 100_000
_SPARSE_LIMIT = 20_000
_LOOKED_AT = 10_000  # rows of a column of objects
_LARGEST = 2**53


@dataclass
class Column:
    """A column's values and what they are.

    ``dtype`` is pandas' name of their type where it is not the plain one; ``shape`` of one row's value where that is a tensor.
    """

    name: str
    type: ColumnType
    values: Any
    dtype: str = ""
    categories: list[Any] | None = None
    shape: list[int] | None = None


@dataclass
class Table:
    """Rows as columns. ``original`` is what was given, ``takes`` and ``dtype`` what a model of such rows is asked with."""

    columns: list[Column]
    count: int
    takes: Literal["frame", "array", "rows", "list", "tensors"]
    original: Any
    layout: Literal["columns", "tensor"] = "columns"
    dtype: str = ""
    _named: dict[str, Any] = field(default_factory=dict)

    @property
    def named(self) -> dict[str, Any]:
        """Values by name, as ``serving.native`` takes them."""
        if not self._named:
            self._named = {column.name: column.values for column in self.columns}
        return self._named

    @property
    def is_of_tensors(self) -> bool:
        """Whether the model is asked with tensors, one or several; then its answers are such as well."""
        return self.layout == "tensor" or self.takes == "tensors"

    @property
    def names(self) -> list[str]:
        """Of its columns, in order."""
        return [column.name for column in self.columns]


def read_rows(given: Any, what: str = "example", names: Sequence[str] | None = None, tensor: bool = False) -> Table:
    """Rows as columns.

    Parameters
    ----------
    given
        A pandas or polars DataFrame, a numpy array, a sparse matrix, a tensor, a list of dicts or of texts, a dict of lists, or several
        tensors of as many rows each: a tuple, or a dict by name.
    what
        The argument's name, for errors.
    names
        Names of an array's columns, or of several tensors; absent: ``x0``, ``x1``, …, or ``input_0``, ….
    tensor
        An array is one tensor for each row, also where it has two dimensions.

    Raises
    ------
    CannotPromote
        They are none of these, are empty, or a column holds something that cannot travel.
    """
    table = _read(given, what, names, tensor)
    if table.count == 0:
        raise CannotPromote(f"{what} has no rows; give a few, like {what}=X[:5]")
    if not table.columns or len(table.columns) > _COLUMNS_LIMIT:
        raise CannotPromote(f"{what} has {len(table.columns):,} columns; an endpoint takes 1 to {_COLUMNS_LIMIT:,}")
    seen: set[str] = set()
    for name in table.names:
        if not name or len(name) > KEY_LIMIT:
            raise CannotPromote(f"{what} has a column named {name[:50]!r}; a name has 1 to {KEY_LIMIT} characters")
        if name in seen:
            raise CannotPromote(f"{what} has two columns named {name!r}; rename one")
        seen.add(name)
    return table


def _read(given: Any, what: str, names: Sequence[str] | None, tensor: bool) -> Table:
    root = type(given).__module__.partition(".")[0]
    if root == "polars" and hasattr(given, "to_pandas"):
        given = given.to_pandas()
        root = "pandas"
    if root == "pandas":
        return _of_pandas(given, what)
    if root == "scipy" and hasattr(given, "toarray"):
        given = _dense(given, what)
    if root in ("torch", "tensorflow", "jax", "jaxlib"):
        given = _numpy_of(given, what)
        tensor = True
    several = _several(given, names, tensor)
    if several is not None:
        return _of_tensors(several, what)
    if isinstance(given, Mapping):
        return _of_lists(given, what)
    if isinstance(given, list | tuple) and given:
        if isinstance(given[0], Mapping):
            return _of_dicts(given, what)
        if all(isinstance(one, str) for one in given):
            return Table([Column("text", "string", list(given))], len(given), "list", list(given))
    return _of_array(given, what, names, tensor)


def _dense(given: Any, what: str) -> Any:
    """A sparse array with its zeros, of which a wide one has more than fit into memory."""
    width = math.prod(given.shape[1:])
    if width > _SPARSE_LIMIT:
        raise CannotPromote(f"{what} is sparse with {width:,} columns; deploy a pipeline that takes what these are made of")
    return given.toarray()


def _numpy_of(given: Any, what: str) -> Any:
    if hasattr(given, "toarray"):
        return _dense(given, what)
    if hasattr(given, "detach"):
        given = given.detach().cpu()
    try:
        return given.numpy() if hasattr(given, "numpy") else given
    except TypeError as error:  # torch's bfloat16, which nothing outside of it knows
        raise CannotPromote(f"a tensor of {getattr(given, 'dtype', type(given).__name__)} cannot be sent to an endpoint") from error


def _several(given: Any, names: Sequence[str] | None, tensor: bool) -> dict[str, Any] | None:
    """Several tensors by name; None: it is something else. A list of arrays may be rows, unless one of them is a matrix itself."""
    if isinstance(given, Mapping):
        listed, told = list(given.values()), [str(name) for name in given]
    elif isinstance(given, tuple) or (isinstance(given, list) and tensor):
        listed = list(given)
        told = [str(name) for name in names] if names is not None and len(names) == len(listed) else []
        told = told or [f"input_{at}" for at in range(len(listed))]
    else:
        return None
    shapes = [getattr(one, "shape", None) for one in listed]
    if not listed or any(shape is None or len(shape) == 0 for shape in shapes):
        return None
    is_sure = tensor and isinstance(given, tuple | Mapping)
    return dict(zip(told, listed, strict=True)) if is_sure or any(len(shape or ()) > 1 for shape in shapes) else None


def _of_lists(given: Mapping[Any, Any], what: str) -> Table:
    """A dict of columns that are no tensors."""
    import pandas as pd

    for name, one in given.items():
        shape = tuple(getattr(one, "shape", None) or ())
        other = next((key for key, value in given.items() if not getattr(value, "shape", None)), None)
        if len(shape) > 1 and other is not None:
            raise CannotPromote(
                f"{name!r} of {what} is an array of {shape}, {other!r} beside it a {type(given[other]).__name__}; "
                f"give all of them as arrays of {shape[0]:,} rows, like {str(other)!r}: np.asarray(…)"
            )
    if given and all(pd.api.types.is_scalar(one) for one in given.values()):
        raise CannotPromote(f"{what} is a dict of single values; give a list of such rows, like {what}=[row]")
    counts = {str(name): len(one) for name, one in given.items() if isinstance(one, list | tuple) or len(getattr(one, "shape", ())) == 1}
    if len(set(counts.values())) > 1:
        raise CannotPromote(f"the columns of {what} have different numbers of rows: {counts}; give as many values for each")
    try:
        frame = pd.DataFrame(dict(given))
    except (ValueError, TypeError) as error:
        raise CannotPromote(f"{what} is a dict that is no table: {error}; give a list of values for each column, or a DataFrame") from error
    return _of_pandas(frame, what)


def _of_tensors(given: Mapping[str, Any], what: str) -> Table:
    import numpy as np

    arrays = {name: np.asarray(_numpy_of(one, f"{name!r} of {what}")) for name, one in given.items()}
    counts = {name: len(one) for name, one in arrays.items()}
    if len(set(counts.values())) > 1:
        raise CannotPromote(f"the tensors of {what} have different numbers of rows: {counts}")
    if len(arrays) == 1:
        return _of_array(next(iter(arrays.values())), what, None, True)
    columns = []
    for name, array in arrays.items():
        if array.dtype.kind not in "bifu":
            raise CannotPromote(f"{name!r} of {what} is a tensor of {array.dtype}; only numbers can be in one")
        shape = list(array.shape[1:]) if array.ndim > 1 else None
        columns.append(Column(name, _tensor_type(array), array, array.dtype.name, shape=shape))
    return Table(columns, len(columns[0].values), "tensors", arrays)


def _tensor_type(array: Any) -> ColumnType:
    return "float" if array.dtype.itemsize <= 4 and array.dtype.kind == "f" else _number_type(array)


def _of_array(given: Any, what: str, names: Sequence[str] | None, tensor: bool) -> Table:
    import numpy as np

    try:
        array = np.asarray(given)
    except ValueError as error:
        raise CannotPromote(f"{what} is no table: its rows have different lengths") from error
    if array.ndim == 0 or (array.dtype == object and not isinstance(given, np.ndarray | list | tuple)):
        raise CannotPromote(f"{what} is a {type(given).__name__}; give rows as a DataFrame, an array or a list of dicts, like X[:5]")
    if array.ndim == 1:
        if array.dtype.kind in "UO" and all(isinstance(one, str) for one in array.tolist()):
            return Table([Column("text", "string", array.tolist())], len(array), "list", given)
        raise CannotPromote(f"{what} has one dimension: {array.shape}; a single row is example=x.reshape(1, -1), several are X[:5]")
    if array.dtype.kind not in "bifuUO":
        raise CannotPromote(f"{what} is an array of {array.dtype}; numbers, booleans and texts can be sent to an endpoint")
    if tensor or array.ndim > 2:
        if array.dtype.kind not in "bifu":
            raise CannotPromote(f"{what} is a tensor of {array.dtype}; only numbers can be in one")
        column = Column("input", _tensor_type(array), array, shape=list(array.shape[1:]))
        return Table([column], len(array), "array", given, "tensor", array.dtype.name)
    told = [str(name) for name in names] if names is not None and len(names) == array.shape[1] else []
    told = told or [f"x{at}" for at in range(array.shape[1])]
    if array.dtype.kind in "UO":
        columns = [_of_objects(name, array[:, at].tolist(), what) for at, name in enumerate(told)]
        return Table(columns, len(array), "array", given, dtype="object")
    return Table(
        [Column(name, _number_type(array), array[:, at]) for at, name in enumerate(told)],
        len(array),
        "array",
        given,
        dtype=array.dtype.name,
    )


def _number_type(array: Any) -> ColumnType:
    if array.dtype.kind == "b":
        return "boolean"
    if array.dtype.kind in "iu":
        return "integer"
    return "double" if array.dtype.itemsize > 4 else "float"


def _of_dicts(given: Sequence[Mapping[str, Any]], what: str) -> Table:
    names: dict[str, None] = {}
    for at, row in enumerate(given):
        if not isinstance(row, Mapping):
            raise CannotPromote(f"row {at} of {what} is a {type(row).__name__}, the first one a dict")
        names.update(dict.fromkeys(str(name) for name in row))
    columns = [_of_objects(name, [row.get(name) for row in given], what) for name in names]
    return Table(columns, len(given), "rows", list(given))


def _of_pandas(given: Any, what: str) -> Table:
    import pandas as pd

    if isinstance(given, pd.Series):
        if len(given) and all(isinstance(one, str) for one in given.tolist()):
            return Table([Column("text", "string", given.tolist())], len(given), "list", given)
        raise CannotPromote(f"{what} is one row or column (a Series); give rows, like X[:5] or X.loc[[label]]")
    if not isinstance(given, pd.DataFrame):
        raise CannotPromote(f"{what} is a {type(given).__name__}; give a DataFrame, like X[:5]")
    if any(not isinstance(name, str) for name in given.columns):
        plain = given.to_numpy()
        if plain.dtype.kind in "bifu":
            return _of_array(plain, what, [str(name) for name in given.columns], False)
        raise CannotPromote(f"the columns of {what} are named by {type(given.columns[0]).__name__}s; name them by text, and fit with those")
    columns = [_of_series(str(name), given.iloc[:, at], what) for at, name in enumerate(given.columns)]
    return Table(columns, len(given), "frame", given)


def _of_series(name: str, series: Any, what: str) -> Column:
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        categories = [_python(one) for one in dtype.categories.tolist()]
        inner = _of_objects(name, categories, what)
        return Column(name, inner.type, [_python(one) for one in series.tolist()], "category", categories)
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind == "M":
        return Column(name, "datetime", [None if one is pd.NaT else one.isoformat() for one in series.tolist()])
    if dtype.kind == "b" and dtype.name == "bool":
        return Column(name, "boolean", series.to_numpy())
    if dtype.kind in "iu" and dtype.name.islower():
        return Column(name, "integer", series.to_numpy(), "" if dtype.name == "int64" else dtype.name)
    if dtype.kind == "f" and dtype.name.islower():
        return Column(name, "double" if dtype.itemsize > 4 else "float", series.to_numpy(), "" if dtype.itemsize in (4, 8) else dtype.name)
    if dtype.kind in "iufb":  # Int64, Float64, boolean: those that know what is missing
        kind: ColumnType = {"i": "integer", "u": "integer", "f": "double", "b": "boolean"}[dtype.kind]  # type: ignore[assignment]
        return Column(name, kind, series.astype("float64").to_numpy(na_value=math.nan), dtype.name)
    if isinstance(dtype, pd.StringDtype) or pd.api.types.infer_dtype(series, skipna=True) == "string":
        # Value by value a million texts take seconds.
        return Column(name, "string", series.astype(object).where(series.notna(), None).tolist())
    return _of_objects(name, [None if _is_missing(one) else one for one in series.tolist()], what)


def _of_objects(name: str, values: list[Any], what: str) -> Column:
    """A column of Python objects, by what they are."""
    import numpy as np

    values = [None if _is_missing(value) else _python(value) for value in values]
    kinds = {type(value) for value in values[:_LOOKED_AT] if value is not None}
    if kinds <= {str}:
        return Column(name, "string", values)
    if kinds == {bool}:
        return Column(name, "boolean", np.array([math.nan if value is None else float(value) for value in values]))
    if kinds <= {int, bool} and None not in values and all(abs(value) <= _LARGEST for value in values):
        return Column(name, "integer", np.array(values, dtype="int64"))
    if kinds <= {int, float, bool}:
        return Column(name, "double", np.array([math.nan if value is None else float(value) for value in values]))
    if kinds <= {bytes}:
        return Column(name, "binary", values)
    if all(hasattr(kind, "isoformat") for kind in kinds):
        return Column(name, "datetime", [None if value is None else value.isoformat() for value in values])
    names = sorted(kind.__name__ for kind in kinds)
    raise CannotPromote(
        f"column {name!r} of {what} holds {' and '.join(names[:3])}; an endpoint takes numbers, booleans, texts, dates and bytes, "
        "one kind in a column"
    )


def is_nan(value: object) -> bool:
    """Whether it is the number that is none."""
    return isinstance(value, float) and math.isnan(value)


def _is_missing(value: Any) -> bool:
    return value is None or is_nan(value) or type(value).__name__ in ("NAType", "NaTType")


def _python(value: Any) -> Any:
    """numpy's scalars as Python's own."""
    return value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value


def as_json(values: Any) -> list[Any]:
    """A column's values as JSON has them: what is missing as null."""
    import base64

    listed = values.tolist() if hasattr(values, "tolist") else list(values)

    def one(value: Any) -> Any:
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        return [one(item) for item in value] if isinstance(value, list) else value

    return [one(value) for value in listed]
