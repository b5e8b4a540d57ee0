"""Which variable is taken for what a model was fitted on, and what is told where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from cellkeep.promoting.exporting import ask, export
from cellkeep.promoting.packing import baseline_told, pack
from cellkeep.promoting.rows import read_rows
from cellkeep.promoting.training_data import find_training_data

_draw = np.random.default_rng(2013)
ROWS = pd.DataFrame({"hour": _draw.integers(0, 24, 300), "distance": _draw.random(300)})
DELAY = ROWS["hour"] * 2.0 + ROWS["distance"]
ARRAY = ROWS.to_numpy()

CASES: dict[str, tuple[dict[str, Any], list[str], Any, str]] = {
    "what was given to fit": ({"a": ROWS[:200], "X_train": ROWS}, ["model.fit(a, y)", "X_train"], ROWS[:5], "a"),
    "a name that says so": ({"other": ROWS[:200], "X_train": ROWS}, ["make(other, X_train)"], ROWS[:5], "X_train"),
    "any other that the slice reads": ({"flights": ROWS}, ["features = flights", "model = fitted(features)"], ROWS[:5], "flights"),
    "with the target beside them": ({"flights": ROWS.assign(delay=DELAY)}, ["model = fitted(flights)"], ROWS[:5], "flights"),
    "those with the same columns first": (
        {"wide": ROWS.assign(delay=DELAY), "narrow": ROWS},
        ["narrow = wide[columns]; model = fitted(narrow)"],
        ROWS[:5],
        "narrow",
    ),
    "what holds the columns before what is held back": (
        {"X_test": ROWS[:50], "flights": ROWS.assign(delay=DELAY)},
        ["rest, X_test = split(flights)"],
        ROWS[:5],
        "flights",
    ),
    "what is held back where there is no other": ({"X_test": ROWS[:50]}, ["rest, X_test = split(x)"], ROWS[:5], "X_test"),
    "what is held back last": ({"held_out_test": ROWS[:50], "rest": ROWS}, ["held_out_test, rest = split(x)"], ROWS[:5], "rest"),
    "an array with as many features": ({"values": ARRAY, "other": np.zeros((400, 3))}, ["m(values, other)"], ARRAY[:5], "values"),
    "one that the slice does not read": ({"flights": ROWS}, ["model = load('it.pkl')"], ROWS[:5], "flights"),
    "in a script, where no slice is known": ({"flights": ROWS}, [], ROWS[:5], "flights"),
    "never the example itself": ({"sample_data": ROWS[:5], "df": ROWS[:5]}, ["sample_data = df = rows[:5]"], ROWS[:5], ""),
    "never another table": ({"table": pd.DataFrame({"hour": range(100)})}, ["model = fitted(table)"], ROWS[:5], ""),
    "never an array of the same width that the slice does not read": ({"points": ARRAY}, ["model = load()"], ARRAY[:5], ""),
    "never what the person hides": ({"_": ROWS, "_i": ROWS}, ["model = fitted(rows())"], ROWS[:5], ""),
}


@pytest.mark.parametrize("case", CASES)
def test_training_data_is(case: str) -> None:
    namespace, sources, example, wanted = CASES[case]
    table, name = find_training_data(namespace, read_rows(example), example, sources)
    assert name == wanted
    assert (table is None) == (wanted == "")
    if table is not None:
        assert table.count == len(namespace[wanted])


@pytest.mark.parametrize(("train", "of", "rows"), [(ROWS, "training", 300), (None, "example", 5)])
def test_a_baseline_of_the_example_says_that_it_is_none_of_training(train: Any, of: str, rows: int, tmp_path: Path) -> None:
    model = LinearRegression().fit(ROWS, DELAY)
    asked = ask(model, "sklearn", read_rows(ROWS[:5]), None if train is None else read_rows(train, "train"))
    pack(asked, export(asked, "onnx", 1e-5), tmp_path, {}, None)
    baseline = json.loads((tmp_path / "baseline.json").read_text())
    assert (baseline["of"], baseline["rows"]) == (of, rows)
    told = baseline_told(asked, "X_train")
    assert told == (
        "baseline of 300 rows of X_train" if of == "training" else "baseline of 5 example rows, by which no drift is judged: pass train=…"
    )
