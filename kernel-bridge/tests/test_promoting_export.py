"""Exports of real models, proven against them; and where there is none, the reason."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before scikit-learn loads OpenMP: its threads spin where cores are few

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from cellkeep.promoting import explain_features, onnx_sklearn
from cellkeep.promoting.comparing import compare
from cellkeep.promoting.errors import CannotPromote
from cellkeep.promoting.explaining import explain_of
from cellkeep.promoting.exporting import Asked, ask, export
from cellkeep.promoting.frameworks import framework_of
from cellkeep.promoting.rows import read_rows
from cellkeep.serving.native import Answer
from cellkeep.serving.onnx_session import OnnxModel

_draw = np.random.default_rng(2013)
_N = 800
FLIGHTS = pd.DataFrame(
    {
        "month": _draw.integers(1, 13, _N),
        "distance": _draw.random(_N) * 2_000,
        "temp": np.where(_draw.random(_N) < 0.1, np.nan, _draw.normal(10, 5, _N)),
        "carrier": _draw.choice(["AA", "UA", "DL", "XX"], _N, p=[0.4, 0.3, 0.28, 0.02]),
        "origin": _draw.choice(["JFK", "EWR"], _N),
    }
)
NUMERIC = ["month", "distance", "temp"]
NUMBERS = FLIGHTS[NUMERIC].fillna(0).to_numpy()
LATE = (FLIGHTS["distance"] / 2_000 + _draw.random(_N) + (FLIGHTS["carrier"] == "AA") > 1.4).astype(int).to_numpy()
THREE = np.array(["early", "on time", "late"])[LATE + (FLIGHTS["month"] > 6).to_numpy()]
DISTANCE = FLIGHTS["distance"].to_numpy()
CATEGORIES = FLIGHTS.astype({"carrier": "category", "origin": "category"})
TEXTS, KINDS = ["good film", "bad film", "good ships", "bad bad day"] * 20, [1, 0, 1, 0] * 20


def columns(encoder: Any = None, impute: bool = True) -> Any:
    numbers = make_pipeline(SimpleImputer(), StandardScaler()) if impute else StandardScaler()
    encoder = encoder or OneHotEncoder(handle_unknown="ignore", min_frequency=50)
    return make_column_transformer((numbers, NUMERIC), (encoder, ["carrier", "origin"]))


def behind(model: Any, labels: Any, **words: Any) -> Callable[[], Any]:
    """The model behind named columns of several types."""
    return lambda: make_pipeline(columns(**words), model).fit(FLIGHTS, labels)


def xgb(kind: str, **words: Any) -> Any:
    import xgboost

    return getattr(xgboost, kind)(n_estimators=10, max_depth=4, **words)


def lgb(kind: str) -> Any:
    import lightgbm

    return getattr(lightgbm, kind)(n_estimators=10, verbose=-1)


def ols() -> Any:
    from statsmodels.api import OLS

    return OLS(DISTANCE, NUMBERS).fit()


NAMED = FLIGHTS[NUMERIC]
TWO = np.stack([DISTANCE, LATE], 1)
SMALL = NUMBERS / 1_000
Case = tuple[Callable[[], Any], Any, str, str]
#: Model, its rows, the way it is exported, and how it is explained.
CASES: dict[str, Case] = {
    "linear": (lambda: LinearRegression().fit(NUMBERS, DISTANCE), NUMBERS, "skl2onnx in float64", "linear"),
    "linear of float32": (
        lambda: LinearRegression().fit(NUMBERS.astype("float32"), DISTANCE.astype("float32")),
        NUMBERS.astype("float32"),
        "skl2onnx",
        "linear",
    ),
    "several targets": (
        lambda: LinearRegression().fit(NUMBERS, TWO),
        NUMBERS,
        "skl2onnx in float64",
        "linear",
    ),
    "logistic behind named columns": (
        behind(LogisticRegression(), LATE),
        FLIGHTS,
        "skl2onnx in float64",
        "linear",
    ),
    "logistic of three": (
        behind(LogisticRegression(), THREE),
        FLIGHTS,
        "skl2onnx in float64",
        "linear",
    ),
    "Poisson": (lambda: PoissonRegressor().fit(SMALL, LATE), SMALL, "", "linear"),
    "polynomial": (
        lambda: make_pipeline(PolynomialFeatures(2), LinearRegression()).fit(SMALL, DISTANCE),
        SMALL,
        "skl2onnx",
        "sampled",
    ),
    "tree": (lambda: DecisionTreeClassifier(max_depth=6).fit(NUMBERS, LATE == 1), NUMBERS, "trees", "trees"),
    "forest": (lambda: RandomForestClassifier(20, max_depth=6).fit(NUMBERS, LATE), NUMBERS, "trees", "trees"),
    "forest of three": (lambda: RandomForestClassifier(10, max_depth=6).fit(NUMBERS, THREE), NUMBERS, "trees", "trees"),
    "forest of many": (lambda: RandomForestClassifier(10, max_depth=6).fit(NUMBERS, FLIGHTS["month"]), NUMBERS, "trees", "trees"),
    "forest behind named columns": (
        behind(RandomForestClassifier(20, max_depth=6), LATE),
        FLIGHTS,
        "trees",
        "trees",
    ),
    "forest of numbers": (lambda: RandomForestRegressor(10, max_depth=6).fit(NUMBERS, DISTANCE), NUMBERS, "trees", "trees"),
    "forest of two targets": (
        lambda: ExtraTreesRegressor(10, max_depth=6).fit(NUMBERS, TWO),
        NUMBERS,
        "trees",
        "trees",
    ),
    "stages": (lambda: GradientBoostingClassifier(n_estimators=20).fit(NUMBERS, LATE), NUMBERS, "trees", "trees"),
    "stages of three": (lambda: GradientBoostingClassifier(n_estimators=10).fit(NUMBERS, THREE), NUMBERS, "trees", "trees"),
    "stages of numbers": (lambda: GradientBoostingRegressor(n_estimators=20).fit(NUMBERS, DISTANCE), NUMBERS, "trees", "trees"),
    "histograms that take what is missing": (
        lambda: make_pipeline(columns(impute=False), HistGradientBoostingClassifier(max_iter=15)).fit(FLIGHTS, LATE),
        FLIGHTS,
        "trees",
        "trees",
    ),
    "histograms of three": (
        lambda: HistGradientBoostingClassifier(max_iter=10).fit(NAMED, THREE),
        NAMED,
        "trees",
        "trees",
    ),
    "histograms of counts": (
        lambda: HistGradientBoostingRegressor(loss="poisson", max_iter=15).fit(NUMBERS, LATE),
        NUMBERS,
        "trees",
        "trees",
    ),
    "ordinals": (
        lambda: make_pipeline(
            columns(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)), HistGradientBoostingClassifier(max_iter=10)
        ).fit(FLIGHTS, LATE),
        FLIGHTS,
        "trees",
        "trees",
    ),
    "neighbours": (lambda: KNeighborsClassifier().fit(NUMBERS, THREE), NUMBERS, "skl2onnx", "sampled"),
    "labels only": (lambda: make_pipeline(StandardScaler(), SVC()).fit(NUMBERS, THREE), NUMBERS, "skl2onnx", "sampled"),
    "labels only, linear": (lambda: make_pipeline(StandardScaler(), LinearSVC()).fit(NUMBERS, LATE), NUMBERS, "skl2onnx", "sampled"),
    "texts": (
        lambda: make_pipeline(CountVectorizer(lowercase=False), LogisticRegression()).fit(TEXTS, KINDS),
        TEXTS,
        "",
        "sampled",
    ),
    "XGBoost": (lambda: xgb("XGBClassifier").fit(NUMBERS, LATE), NUMBERS, "trees", "trees"),
    "XGBoost of three": (lambda: xgb("XGBClassifier").fit(NUMBERS, FLIGHTS["month"] % 3), NUMBERS, "trees", "trees"),
    "XGBoost of numbers": (lambda: xgb("XGBRegressor").fit(NAMED, DISTANCE), NAMED, "trees", "trees"),
    "XGBoost with categories": (lambda: xgb("XGBClassifier", enable_categorical=True).fit(CATEGORIES, LATE), CATEGORIES, "", "sampled"),
    "LightGBM": (lambda: lgb("LGBMClassifier").fit(NAMED, LATE), NAMED, "trees", "trees"),
    "LightGBM of three": (lambda: lgb("LGBMClassifier").fit(NUMBERS, THREE), NUMBERS, "trees", "trees"),
    "LightGBM with categories": (lambda: lgb("LGBMClassifier").fit(CATEGORIES, LATE), CATEGORIES, "", "sampled"),
    "least squares of statsmodels": (ols, NUMBERS, "parameters", "linear"),
}


def asked_of(model: Any, rows: Any) -> Asked:
    framework = framework_of(model)
    assert framework is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ask(model, framework, read_rows(rows[:5]), read_rows(rows))


@pytest.mark.parametrize("case", CASES)
def test_a_model_is_exported_so_that_it_answers_the_same(case: str) -> None:
    make, rows, way, explained = CASES[case]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asked = asked_of(make(), rows)
        exported = export(asked, "auto", 1e-5)
        assert explain_of(asked, exported)[0] == explained
    if not way:
        assert exported.report["tried"][-1]["runtime"] in ("python", "onnx")
        return
    assert exported.graph is not None, exported.report
    assert exported.way.startswith(way)
    greatest = exported.report["maxDifference"]
    assert greatest is None or greatest <= 1e-5
    assert exported.report["rows"]["random"] >= 256
    if asked.classes is not None and exported.graph.scores is not None:
        assert asked.answers.scores.shape == (5, len(asked.classes))


def test_categories_and_ranges_come_of_the_training_data_and_what_may_be_missing_of_the_model() -> None:
    model = make_pipeline(columns(impute=False), HistGradientBoostingClassifier(max_iter=5)).fit(FLIGHTS, LATE)
    inputs = {one["name"]: one for one in asked_of(model, FLIGHTS).bundle["signature"]["inputs"]}
    assert inputs["carrier"]["categories"] == ["AA", "DL", "UA", "XX"]
    assert (inputs["month"]["type"], inputs["month"]["min"], inputs["month"]["max"]) == ("integer", 1.0, 12.0)
    assert not inputs["temp"]["required"]
    strict = LinearRegression().fit(NUMBERS, DISTANCE)
    assert all(one["required"] for one in asked_of(strict, NUMBERS).bundle["signature"]["inputs"])


def test_an_export_that_answers_otherwise_is_told_with_the_greatest_difference_and_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    model = LinearRegression().fit(NUMBERS, DISTANCE)
    other = LinearRegression().fit(NUMBERS, DISTANCE + 1_000 * LATE)
    whole = onnx_sklearn._whole
    monkeypatch.setattr(onnx_sklearn, "_whole", lambda _model, *rest: whole(other, *rest))
    asked = asked_of(model, NUMBERS)
    exported = export(asked, "auto", 1e-5)
    assert exported.graph is None
    reasons = [one["reason"] for one in exported.report["tried"] if not one["ok"]]
    assert reasons
    assert all("the greatest difference is" in reason and "in row" in reason for reason in reasons)
    with pytest.raises(CannotPromote, match="greatest difference"):
        export(asked, "onnx", 1e-5)


def test_a_tie_of_two_classes_is_no_other_label_and_anything_else_is() -> None:
    tied, clear = np.array([[0.5, 0.5]]), np.array([[0.4, 0.6]])
    first, second = np.array([0]), np.array([1])
    assert compare(Answer([first], tied), Answer([second], tied), [0, 1], 1e-5).labels == 0
    assert compare(Answer([first], clear), Answer([second], clear), [0, 1], 1e-5).labels == 1
    nan = np.array([np.nan])
    assert compare(Answer([nan], None), Answer([nan], None), None, 1e-5).greatest == 0
    assert compare(Answer([nan], None), Answer([np.array([1.0])], None), None, 1e-5).greatest == np.inf


def test_the_features_of_an_explanation_are_what_the_pipeline_makes_of_the_columns() -> None:
    before = columns(OneHotEncoder(handle_unknown="ignore", min_frequency=50, sparse_output=False)).fit(FLIGHTS)
    table = read_rows(FLIGHTS)
    slots = explain_features.features_of([("columns", before)], table)
    assert np.allclose(explain_features.made_of(slots, table.named), before.transform(FLIGHTS), atol=1e-12)


@pytest.mark.parametrize("encoder", [OneHotEncoder(handle_unknown="ignore", min_frequency=50), OneHotEncoder()])
def test_the_graph_takes_columns_of_one_type_as_one_matrix(encoder: Any) -> None:
    model = make_pipeline(columns(encoder), LogisticRegression()).fit(FLIGHTS, LATE)
    asked = asked_of(model, FLIGHTS)
    graph = export(asked, "onnx", 1e-5).graph
    assert graph is not None
    assert [(feed["type"], feed["columns"]) for feed in graph.feeds] == [("float64", NUMERIC), ("string", ["carrier", "origin"])]
    session = OnnxModel(graph.content, {**asked.bundle, "onnx": {"feeds": graph.feeds, "label": graph.label, "scores": graph.scores}})
    lone = {name: values[:1] for name, values in read_rows(FLIGHTS).named.items()}
    assert session.answer(lone).columns[0].tolist() == model.predict(FLIGHTS[:1]).tolist()


WRONG_ROWS = {
    "one dimension": (np.arange(3.0), "reshape"),
    "no rows": (FLIGHTS[:0], "no rows"),
    "a Series": (FLIGHTS["distance"], "X\\[:5\\]"),
    "two columns of one name": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns named 'a'"),
    "objects": (pd.DataFrame({"a": [object()]}), "column 'a' of example holds object"),
    "complex numbers": (np.ones((2, 2), dtype=complex), "complex128"),
    "a number": (3, "is a int"),
    "numbers beside texts": (pd.DataFrame({"a": [1, "x"]}), "one kind in a column"),
    "rows of different lengths": ([[1, 2], [3]], "different lengths"),
    "a matrix beside a list": (
        {"image": np.ones((2, 3)), "age": [1, 2]},
        r"'image' of example is an array of \(2, 3\), 'age' beside it a list; give all",
    ),
    "columns of different lengths": ({"a": [1, 2], "b": [3]}, r"different numbers of rows: \{'a': 2, 'b': 1\}"),
    "a dict of values": ({"a": 1, "b": "x"}, r"example=\[row\]"),
    "a column without an order": ({"a": {1, 2}}, "a dict that is no table: .*; give a list of values"),
    "a name that is too long": (pd.DataFrame({"n" * 300: [1]}), "1 to 250 characters"),
}


@pytest.mark.parametrize("case", WRONG_ROWS)
def test_rows_that_cannot_travel_are_refused_with_the_reason(case: str) -> None:
    given, reason = WRONG_ROWS[case]
    with pytest.raises(CannotPromote, match=reason):
        read_rows(given)


def test_a_frames_own_types_come_back_as_they_were() -> None:
    from cellkeep.promoting.signature import input_columns
    from cellkeep.serving.native import frame_of

    frame = pd.DataFrame(
        {
            "small": np.array([1, 2], dtype="int8"),
            "maybe": pd.array([1, None], dtype="Int64"),
            "kind": pd.Categorical(["b", "a"], categories=["a", "b", "c"]),
            "day": pd.to_datetime(["2013-01-01", "2013-06-01T12:00:00"], format="ISO8601"),
            "is_late": [True, False],
            "name": ["ä", None],
        }
    )
    table = read_rows(frame)
    signature = {"layout": "columns", "inputs": input_columns(table, None, frozenset(table.names))}
    back = frame_of(table.named, signature, {one.name: one.dtype for one in table.columns if one.dtype})
    assert (back["small"].dtype, back["maybe"].dtype, back["is_late"].dtype) == (np.dtype("int8"), pd.Int64Dtype(), np.dtype("bool"))
    assert list(back["kind"].cat.categories) == ["a", "b", "c"]
    assert back["day"].tolist() == frame["day"].tolist()
    assert back["name"].isna().tolist() == [False, True]
    assert back["maybe"].isna().tolist() == [False, True]
