"""Which variables are models: told by classes and by what lies in the objects, in bounded time, without running the user's code."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cellkeep.promoting.finding import find_models, label_of, value_of
from cellkeep.promoting.frameworks import class_name, framework_of

TRAPS = """
class Trap(type):
    def __instancecheck__(cls, other): raise SystemExit('metaclass')
    def __getattribute__(cls, name): raise SystemExit('class attribute')
    def __hash__(cls): raise SystemExit('hash')
    def __eq__(cls, other): raise SystemExit('eq of classes')
class Model(metaclass=Trap):
    def __getattr__(self, name): raise SystemExit('getattr')
    def __getattribute__(self, name): raise SystemExit('getattribute')
    def __eq__(self, other): raise SystemExit('eq')
    __hash__ = None
    def __len__(self): raise SystemExit('len')
    def __bool__(self): raise SystemExit('bool')
    def predict(self, rows): return rows
"""


def _sklearn() -> dict[str, Any]:
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, labels = np.arange(20.0).reshape(10, 2), np.arange(10) % 2
    return {
        "rows": rows,
        "forest": RandomForestClassifier(3).fit(rows, labels),
        "unfitted": RandomForestClassifier(),
        "scaler": StandardScaler().fit(rows),
        "pipe": make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels),
        "pipe_unfitted": make_pipeline(StandardScaler(), LogisticRegression()),
        "search": GridSearchCV(LogisticRegression(), {"C": [1]}, cv=2).fit(rows, labels),
        "several": {0.1: LogisticRegression().fit(rows, labels), "b": 3},
        "listed": [LogisticRegression().fit(rows, labels), LogisticRegression()],
    }


def test_fitted_models_are_found_also_in_a_dict_or_list_and_what_is_not_fitted_is_none() -> None:
    found = {one.variable: (one.framework, one.class_name) for one in find_models(_sklearn(), budget=30)}
    assert found == {
        "forest": ("sklearn", "RandomForestClassifier"),
        "listed[0]": ("sklearn", "LogisticRegression"),
        "pipe": ("sklearn", "Pipeline(StandardScaler, LogisticRegression)"),
        "search": ("sklearn", "GridSearchCV(LogisticRegression)"),
        "several[0.1]": ("sklearn", "LogisticRegression"),
    }


def test_boosters_and_statsmodels_results_are_found_once_they_have_learnt() -> None:
    import lightgbm
    import numpy as np
    import xgboost
    from statsmodels.api import OLS

    rows, labels = np.arange(60.0).reshape(30, 2), np.arange(30) % 2
    namespace = {
        "xgb": xgboost.XGBClassifier(n_estimators=2).fit(rows, labels),
        "xgb_unfitted": xgboost.XGBClassifier(),
        "lgb": lightgbm.LGBMRegressor(n_estimators=2, verbose=-1).fit(rows, labels),
        "lgb_unfitted": lightgbm.LGBMRegressor(),
        "booster": xgboost.train({}, xgboost.DMatrix(rows, labels), 2),
        "ols": OLS(labels, rows).fit(),
        "ols_unfitted": OLS(labels, rows),
    }
    assert {one.variable: one.framework for one in find_models(namespace, budget=30)} == {
        "xgb": "xgboost",
        "lgb": "lightgbm",
        "booster": "xgboost",
        "ols": "statsmodels",
        "ols_unfitted": "python",
    }


def test_looking_runs_nothing_of_the_users_classes() -> None:
    namespace: dict[str, Any] = {}
    exec(TRAPS, namespace)
    trap = object.__new__(namespace["Model"])
    assert framework_of(trap) == "python"
    assert class_name(trap) == "Model"
    assert [one.variable for one in find_models({"trap": trap, "Model": namespace["Model"]})] == ["trap"]


def test_looking_imports_nothing() -> None:
    code = (
        "import sys, cellkeep\n"
        "class Rule:\n    def predict(self, rows): return rows\n"
        "rule = Rule()\n"
        "assert [one.variable for one in cellkeep.models()] == ['rule']\n"
        "assert not {'sklearn', 'numpy', 'pandas', 'onnx', 'onnxruntime', 'httpx'} & set(sys.modules), sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_hundred_thousand_names_take_no_longer_than_the_budget() -> None:
    class Rule:
        def predict(self) -> None: ...

    namespace: dict[str, Any] = {f"name{at}": Rule() for at in range(100_000)}
    begun = time.monotonic()
    assert 0 < len(find_models(namespace)) <= 200
    assert time.monotonic() - begun < 1.0


def test_the_folder_of_a_tensorflow_js_model_is_one_and_other_texts_are_not(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"format": "layers-model", "modelTopology": {}}')
    other = tmp_path / "other"
    other.mkdir()
    (other / "model.json").write_text("{}")
    texts = {
        "folder": str(tmp_path),
        "path": tmp_path,
        "file": str(tmp_path / "model.json"),
        "other": str(other),
        "text": "a\nb",
        "nul": "\0",
    }
    assert {one.variable for one in find_models({**texts, "far": "https://example.org/model.json"})} == {"folder", "path", "file"}


def test_a_label_stands_for_its_value_and_nothing_is_evaluated() -> None:
    inner = object()
    namespace = {"models": {0.1: inner, "a": 1}, "one": 5}
    assert value_of(namespace, "models[0.1]") is inner
    assert label_of(namespace, inner) == "models[0.1]"
    for wrong in ("gone", "models[__import__('os')]", "one.real", ""):
        with pytest.raises(KeyError):
            value_of(namespace, wrong)
