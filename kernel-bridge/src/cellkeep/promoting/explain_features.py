"""How each feature of a last step is made of one column of the signature (``treeFeature`` of the contract), through a pipeline's steps."""

from __future__ import annotations

import math
from typing import Any

from .onnx_sklearn import column_names, taken_apart
from .rows import Table, is_nan

Slot = dict[str, Any]
"""A ``treeFeature``; ``kind`` is ``raw`` while it is a text that nothing has encoded yet."""

_FEATURES_LIMIT = 100_000
_CATEGORIES_LIMIT = 10_000


class Mixed(Exception):
    """A step mixes columns, or does what there is no word for."""


def features_of(before: list[tuple[str, Any]], table: Table) -> list[Slot]:
    """One for each feature of the last step.

    Raises
    ------
    Mixed
        They are not each made of one column.
    """
    slots = [_slot(column.name, column.type) for column in table.columns]
    for _, step in before:
        slots = _through(step, slots, table)
    if not slots or len(slots) > _FEATURES_LIMIT or any(slot["kind"] == "raw" for slot in slots):
        raise Mixed("a column is no number when it comes to the model")
    return slots


def _slot(name: str, kind: str) -> Slot:
    if kind in ("string", "datetime", "binary"):
        return {"kind": "raw", "column": name, "fill": None}
    return {"kind": "number", "column": name, "fill": None, "offset": 0.0, "divisor": 1.0}


def _through(step: Any, slots: list[Slot], table: Table) -> list[Slot]:
    name = type(step).__name__
    inner, last = taken_apart(step)
    if name == "Pipeline":
        for _, one in [*inner, ("", last)]:
            if one is not None and one != "passthrough":
                slots = _through(one, slots, table)
        return slots
    if name == "ColumnTransformer":
        return _of_columns(step, slots, table)
    if name in ("StandardScaler", "RobustScaler", "MaxAbsScaler", "MinMaxScaler"):
        return [_scaled(slot, *scale) for slot, scale in zip(slots, _scales(step, len(slots)), strict=True)]
    if name == "SimpleImputer":
        return _filled(step, slots)
    if name == "OneHotEncoder":
        return [made for slot, at in zip(slots, range(len(slots)), strict=True) for made in _one_hot(step, slot, at)]
    if name == "OrdinalEncoder":
        return [_ordinal(step, slot, at) for at, slot in enumerate(slots)]
    if name == "FunctionTransformer" and step.func is None:
        return slots
    if hasattr(step, "get_support"):
        return [slot for slot, kept in zip(slots, step.get_support().tolist(), strict=True) if kept]
    raise Mixed(f"{name} is not known to be of one column each")


def _of_columns(step: Any, slots: list[Slot], table: Table) -> list[Slot]:
    by_name = dict(zip(table.names, slots, strict=True)) if len(slots) == len(table.names) else {}
    if not by_name:
        raise Mixed("a ColumnTransformer comes after a step that makes other columns")
    found: list[Slot] = []
    for _, transformer, columns in step.transformers_:
        if isinstance(transformer, str) and transformer == "drop":
            continue
        chosen = [dict(by_name[name]) for name in column_names(columns, table)]
        if not isinstance(transformer, str) and chosen:
            chosen = _through(transformer, chosen, table)
        found += chosen
    return found


def _scales(step: Any, count: int) -> list[tuple[float, float]]:
    """(offset, divisor) of each column."""
    name = type(step).__name__
    none = [0.0] * count
    scale = [float(one) for one in step.scale_] if getattr(step, "scale_", None) is not None else [1.0] * count
    if name == "MinMaxScaler":
        if step.clip:
            raise Mixed("MinMaxScaler clips")
        return [(-float(least) / factor, 1 / factor) for least, factor in zip(step.min_, scale, strict=True)]
    offsets = {"StandardScaler": "mean_", "RobustScaler": "center_"}.get(name)
    given = getattr(step, offsets, None) if offsets is not None else None
    is_off = name == "StandardScaler" and not step.with_mean
    return list(zip(none if given is None or is_off else [float(one) for one in given], scale, strict=True))


def _scaled(slot: Slot, offset: float, divisor: float) -> Slot:
    if slot["kind"] != "number" or divisor == 0:
        raise Mixed("an encoded column is scaled")
    return {**slot, "offset": slot["offset"] + offset * slot["divisor"], "divisor": slot["divisor"] * divisor}


def _filled(step: Any, slots: list[Slot]) -> list[Slot]:
    statistics = step.statistics_.tolist()
    if step.add_indicator or len(statistics) != len(slots):
        raise Mixed("an imputer adds or leaves out columns")
    if step.missing_values is not None and not is_nan(step.missing_values):
        raise Mixed("an imputer takes a value for missing")
    found = []
    for slot, value in zip(slots, statistics, strict=True):
        if slot["fill"] is not None:
            found.append(slot)
            continue
        is_number = slot["kind"] == "number"
        found.append({**slot, "fill": value * slot["divisor"] + slot["offset"] if is_number else value})
    return found


def _one_hot(step: Any, slot: Slot, at: int) -> list[Slot]:
    categories = [_plain(one) for one in step.categories_[at].tolist()]
    rare_of = getattr(step, "infrequent_categories_", None)
    rare = rare_of[at] if getattr(step, "_infrequent_enabled", False) and rare_of is not None else None
    seldom = [] if rare is None else [_plain(one) for one in rare.tolist()]
    if step.drop_idx_ is not None or (seldom and step.handle_unknown in ("infrequent_if_exist", "warn")):
        raise Mixed("an encoder leaves out a category, or has one for all unknown ones")
    groups = [[one] for one in categories if one not in seldom] + ([seldom] if seldom else [])
    return [_encoded(slot, "equals", group) for group in groups]


def _ordinal(step: Any, slot: Slot, at: int) -> Slot:
    if getattr(step, "_infrequent_enabled", False):
        raise Mixed("an encoder puts infrequent categories together")
    found = _encoded(slot, "ordinal", [_plain(one) for one in step.categories_[at].tolist()])
    unknown = step.unknown_value if step.handle_unknown == "use_encoded_value" else None
    return {**found, "unknown": None if unknown is None or math.isnan(unknown) else float(unknown)}


def _encoded(slot: Slot, kind: str, values: list[Any]) -> Slot:
    if slot["kind"] not in ("raw", "number") or len(values) > _CATEGORIES_LIMIT:
        raise Mixed("a column is encoded twice, or has too many categories")
    if slot["kind"] == "number" and (slot["offset"] != 0 or slot["divisor"] != 1):
        raise Mixed("a scaled column is encoded")
    return {"kind": kind, "column": slot["column"], "values": values, "fill": slot["fill"]}


def _plain(value: Any) -> Any:
    return None if is_nan(value) else value


def made_of(slots: list[Slot], columns: dict[str, Any]) -> Any:
    """The features of rows, ``(n_rows, n_features) float64``: what the server makes of them."""
    import numpy as np

    count = len(next(iter(columns.values())))
    found = np.empty((count, len(slots)))
    for at, slot in enumerate(slots):
        values = columns[slot["column"]]
        if slot["kind"] == "number":
            numbers = np.array([math.nan if value is None else value for value in values], dtype="float64")
            if slot["fill"] is not None:
                numbers = np.where(np.isnan(numbers), slot["fill"], numbers)
            found[:, at] = (numbers - slot["offset"]) / slot["divisor"]
            continue
        listed = [_plain(value) for value in (values.tolist() if hasattr(values, "tolist") else values)]
        listed = [slot["fill"] if value is None else value for value in listed]
        if slot["kind"] == "equals":
            known = set(slot["values"])
            found[:, at] = [1.0 if value in known else 0.0 for value in listed]
        else:
            places = {value: place for place, value in enumerate(slot["values"])}
            unknown = math.nan if slot["unknown"] is None else slot["unknown"]
            found[:, at] = [places.get(value, unknown) for value in listed]
    return found
