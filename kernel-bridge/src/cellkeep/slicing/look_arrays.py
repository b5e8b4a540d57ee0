"""How looks see arrays and tables: numpy, pandas and torch, where the user has imported them."""

from __future__ import annotations

import os
import sys
import sysconfig
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .look_objects import Objects as Walk

_LIBRARIES = tuple({os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_INDEX_VALUES = 20_000


def is_local_file(path: object) -> bool:
    """Whether a module's file is the user's: neither the standard library's nor an installed package's."""
    return isinstance(path, str) and _is_local(path)


@lru_cache(maxsize=2_000)
def _is_local(path: str) -> bool:
    if path.startswith("<"):
        return False
    real = os.path.realpath(path)
    return not real.startswith(_LIBRARIES) and "site-packages" not in real and "ipykernel" not in real and real.endswith(".py")


def checksum(data: Any) -> int:
    """CRC-32 of a contiguous buffer: about 2.5 GB/s here, and it tells a sorted array from the unsorted one."""
    return zlib.crc32(data)


def kind_of(value: object) -> str:
    """``frame``, ``series``, ``array``, ``random``, ``figure``; empty for anything else."""
    module = type(value).__module__
    if module.startswith("pandas"):
        pandas = sys.modules.get("pandas")
        if pandas is None or not hasattr(pandas, "DataFrame"):
            return ""
        if isinstance(value, pandas.DataFrame):
            return "frame"
        if isinstance(value, pandas.Series):
            return "series"
        if isinstance(value, pandas.Index | pandas.Timestamp | pandas.Timedelta):
            return "atom"
        return ""
    if module.startswith("numpy"):
        numpy = sys.modules["numpy"]
        if isinstance(value, numpy.ndarray):
            return "objects" if value.dtype.hasobject else "array"
        if isinstance(value, numpy.generic | numpy.dtype | numpy.ufunc):
            return "atom"
        return "random" if module.startswith("numpy.random") else ""
    if module.startswith("matplotlib") and hasattr(value, "stale_callback"):
        return "figure"
    return ""


def is_global_stream(value: object) -> bool:
    """Whether a value is the stream that the functions of `random`, or of `numpy.random`, draw from."""
    if value is getattr(sys.modules.get("random"), "_inst", None):
        return value is not None
    return value is not None and value is getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None)


def is_scalar(value: object) -> bool:
    """Whether a value is a number of numpy."""
    return isinstance(value, sys.modules["numpy"].generic)


def size_of(value: Any) -> int | None:
    """Rows of a table, length of an array."""
    if kind_of(value) in ("frame", "series", "array", "objects") and getattr(value, "ndim", 0) > 0:
        return int(value.shape[0])
    return None


def visit(walk: Walk, value: Any, depth: int) -> bool:
    """Add a value of these libraries to a look; False where it is none."""
    kind = kind_of(value)
    module = type(value).__module__
    if kind in ("array", "objects"):
        array(walk, value, depth)
    elif kind == "frame":
        parts = frame(walk, value)
        walk.pieces.append(tuple(parts.items()) if parts is not None else None)
    elif kind == "series":
        walk.pieces.append((str(value.name), str(value.dtype)))
        _index(walk, value.index, depth)
        _values(walk, value._mgr.blocks[0].values, depth)
    elif kind == "atom":
        _atom(walk, value, depth)
    elif kind == "random":
        _random(walk, value, depth)
    elif kind == "figure":
        figure = getattr(value, "figure", None)
        if figure is not None:
            walk.ids.add(id(figure))
        walk.complete = False
    elif module.startswith("torch") and hasattr(value, "data_ptr") and hasattr(value, "_version"):
        # A tensor counts its own changes in place; views share the counter.
        walk.pieces.append((value._version, value.data_ptr(), tuple(value.shape), str(value.dtype)))
        walk.ids.add(value.untyped_storage().data_ptr())
        if value.grad is not None:
            walk.visit(value.grad, depth + 1)
    else:
        return False
    return True


def array(walk: Walk, value: Any, depth: int) -> None:
    """An array, or a view: the object that owns its memory is noted, so that views of the same memory are known for such."""
    owner, steps = value, 0
    while owner.base is not None and steps < 50:
        owner, steps = owner.base, steps + 1
        if not hasattr(owner, "base"):
            break
    if isinstance(owner, memoryview):
        owner = owner.obj
    if owner is not value:
        walk.ids.add(id(owner))
    walk.pieces.append((value.shape, value.dtype.str, value.strides, value.flags.writeable))
    if value.dtype.hasobject:
        if value.size > min(walk.nodes, _INDEX_VALUES) or value.dtype.kind != "O":
            _objects(walk, value, depth)
            return
        # As a tuple: the address of a list that is made here would make every look another one.
        walk.visit(tuple(value.ravel().tolist()), depth + 1) if _is_mixed(value) else _objects(walk, value, depth)
        return
    size = value.size * value.dtype.itemsize
    if size > walk.data:
        walk.complete = False
        return
    if value.flags.c_contiguous:
        walk.bytes_of(memoryview(value).cast("B") if _casts(value) else value.tobytes(), size)
    else:
        walk.bytes_of(value.tobytes(), size)
    if type(value).__name__ != "ndarray" and getattr(value, "__dict__", None):
        walk.visit(tuple(value.__dict__.items()), depth + 1)


def _casts(value: Any) -> bool:
    return value.dtype.kind in "biufc" and value.dtype.isnative and value.dtype.itemsize <= 16 and value.size > 0 and value.ndim > 0


def _is_mixed(value: Any) -> bool:
    return any(not isinstance(element, str | int | float | type(None)) for element in value.ravel().tolist())


def _objects(walk: Walk, value: Any, depth: int) -> None:
    """Texts of an object array: their hashes are kept by Python, so this reads pointers only."""
    if value.size > _INDEX_VALUES or value.dtype.kind != "O" or value.size > 40 * max(walk.nodes, 0):
        walk.complete = False
        return
    walk.nodes -= value.size // 40
    elements = value.ravel().tolist()
    if all(isinstance(element, str) for element in elements):
        walk.pieces.append(hash(tuple(elements)))
    else:
        walk.pieces.append(hash(tuple(repr(element) if isinstance(element, int | float | type(None)) else element for element in elements)))


def frame(walk: Walk, value: Any) -> dict[object, int] | None:
    """Digest of each column of a DataFrame; its row labels are in the digest of the whole."""
    _index(walk, value.index, 1)
    labels = _labels(value.columns)
    if len(labels) > 500:
        walk.complete = False
        return None
    blocks = value._mgr.blocks
    if sum(getattr(block.values, "nbytes", 0) for block in blocks) > walk.data or 3 * len(labels) > walk.nodes:
        walk.complete = False
        return {label if isinstance(label, str | int) else str(label): 0 for label in labels}
    walk.nodes -= 3 * len(labels)
    found: dict[int, int] = {}
    outer, walk.pieces = walk.pieces, []
    for block in blocks:
        values = block.values
        for place, column in enumerate(block.mgr_locs.as_array.tolist()):
            walk.pieces = [getattr(values.dtype, "str", None) or str(values.dtype)]
            _values(walk, values[place] if getattr(values, "ndim", 1) == 2 else values, 1)
            found[column] = hash(tuple(walk.pieces))
    walk.pieces = outer
    walk.pieces.append(("columns", getattr(value.columns, "name", None).__repr__()))
    if len(set(map(str, labels))) < len(labels):
        walk.pieces += [(str(label), found.get(at, 0)) for at, label in enumerate(labels)]
        return None
    return {label if isinstance(label, str | int) else str(label): found.get(at, 0) for at, label in enumerate(labels)}


_known_labels: dict[int, tuple[Any, list[Any]]] = {}


def _labels(columns: Any) -> list[Any]:
    """Names of columns: taking them out of a pandas index costs more than the rest, and an index never changes."""
    known = _known_labels.get(id(columns))
    if known is not None and known[0] is columns:
        return known[1]
    labels: list[Any] = columns.tolist()
    if len(_known_labels) >= 64:
        _known_labels.clear()
    if len(labels) <= 500:
        _known_labels[id(columns)] = (columns, labels)
    return labels


def _values(walk: Walk, values: Any, depth: int) -> None:
    """One column. Memory is not noted: with copy on write no table changes through another one."""
    ids, walk.ids = walk.ids, set()
    try:
        if hasattr(values, "strides") and hasattr(values, "flags"):
            if not _copies_on_write():
                ids.add(id(values if values.base is None else values.base))
            if values.flags.c_contiguous or values.nbytes <= walk.data:
                array_content(walk, values, depth)
            else:
                walk.complete = False
        elif hasattr(values, "_ndarray"):
            array_content(walk, values._ndarray, depth)
            categories = getattr(values.dtype, "categories", None)
            if categories is not None:
                walk.pieces.append((len(categories), bool(values.dtype.ordered)))
                _index(walk, categories, depth)
        elif hasattr(values, "_data") and hasattr(values, "_mask"):
            array_content(walk, values._data, depth)
            array_content(walk, values._mask, depth)
        elif hasattr(values, "_pa_array"):
            walk.pieces.append(tuple(b.address for chunk in values._pa_array.chunks for b in chunk.buffers() if b is not None))
        else:
            walk.complete = False
    finally:
        ids |= {found for found in walk.ids if found not in ids} if not _copies_on_write() else set()
        walk.ids = ids


def array_content(walk: Walk, values: Any, depth: int) -> None:
    """Content alone; where an array's memory lies does not matter in a table."""
    walk.pieces.append((values.shape, values.dtype.str))
    if values.dtype.hasobject:
        if any(not isinstance(element, str | int | float | bool | type(None)) for element in values.ravel()[:_INDEX_VALUES].tolist()):
            walk.visit(values.ravel().tolist(), depth + 1) if values.size <= walk.nodes else _set_incomplete(walk)
        else:
            _objects(walk, values, depth)
        return
    size = values.size * values.dtype.itemsize
    if size > walk.data:
        walk.complete = False
        return
    walk.bytes_of(memoryview(values).cast("B") if values.flags.c_contiguous and _casts(values) else values.tobytes(), size)


def _set_incomplete(walk: Walk) -> None:
    walk.complete = False


@lru_cache(maxsize=1)
def _copies_on_write() -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and int(str(pandas.__version__).partition(".")[0]) >= 3


def _index(walk: Walk, index: Any, depth: int) -> None:
    """Row labels: an index never changes, so a long one counts by its identity."""
    walk.pieces.append((type(index).__name__, repr(index.name) if isinstance(index.name, str | int | type(None)) else id(index.name)))
    if type(index).__name__ == "RangeIndex":
        walk.pieces.append((index.start, index.stop, index.step))
    elif len(index) <= 2_000 and type(index).__name__ != "MultiIndex":
        _values(walk, index._values, depth)
    else:
        walk.pieces.append(id(index))


def _atom(walk: Walk, value: Any, depth: int) -> None:
    if hasattr(value, "tobytes"):
        walk.pieces.append((type(value).__name__, value.tobytes()))
    elif type(value).__module__.startswith("pandas") and hasattr(value, "_values"):
        _index(walk, value, depth)
    else:
        walk.pieces.append((type(value).__name__, str(value) if type(value).__name__ in ("Timestamp", "Timedelta") else id(value)))


def _random(walk: Walk, value: Any, depth: int) -> None:
    """A generator's position is its state; generators may share a source of bits."""
    bits = getattr(value, "_bit_generator", None) or getattr(value, "bit_generator", None) or value
    walk.ids.add(id(bits))
    state = getattr(bits, "state", None)
    if state is None:
        walk.complete = False
        return
    walk.pieces.append(
        hash(repr(state)) if "MT19937" not in type(bits).__name__ else hash((state["state"]["key"].tobytes(), state["state"]["pos"]))
    )
