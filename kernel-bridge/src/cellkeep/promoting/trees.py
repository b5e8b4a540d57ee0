"""Ensembles of trees of scikit-learn, XGBoost and LightGBM in one form, of which their ONNX graph and their explain file are made.

skl2onnx 1.20 converts them as well, but not HistGradientBoosting of scikit-learn 1.9, GradientBoosting in float64 not at all, and it
rounds thresholds so that a forest behind a StandardScaler gave other votes (by 3 of 30 trees); 30 trees took it five seconds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Post = Literal["none", "logistic", "softmax", "exp"]


class NoForest(Exception):
    """This ensemble has something that the one form has no word for; the text names it."""


@dataclass
class Tree:
    """One tree; all arrays have an entry for each node, node 0 is the root, ``feature`` -1 is a leaf.

    ``missing_left`` says where NaN goes, ``values`` are ``(n_nodes, width)``: of a leaf what it adds. ``output`` is the one that a tree of
    width 1 adds to.
    """

    feature: Any
    threshold: Any
    left: Any
    right: Any
    missing_left: Any
    values: Any
    output: int = 0


@dataclass
class Forest:
    """Trees whose leaves are added up, ``base`` added, ``post`` applied; values are rounded to ``precision`` before they are compared."""

    trees: list[Tree]
    mode: Literal["<=", "<"]
    precision: Literal["float32", "float64"]
    width: int
    base: Any
    post: Post
    features: int

    @property
    def outputs(self) -> int:
        """How many sums there are."""
        return len(self.base)

    def sums(self, values: Any) -> Any:
        """Sums of the leaves with the base, ``(n_rows, outputs) float64``, for ``values`` of ``(n_rows, n_features)``."""
        import numpy as np

        rounded = np.asarray(values, dtype="float64").astype(self.precision).astype("float64")
        missing = np.isnan(rounded)
        rows = np.arange(len(rounded))
        found = np.tile(np.asarray(self.base, dtype="float64"), (len(rounded), 1))
        for tree in self.trees:
            at = np.zeros(len(rounded), dtype="int64")
            while True:
                feature = tree.feature[at]
                inner = feature >= 0
                if not inner.any():
                    break
                place = np.where(inner, feature, 0)
                value, gone = rounded[rows, place], missing[rows, place]
                with np.errstate(invalid="ignore"):
                    holds = value <= tree.threshold[at] if self.mode == "<=" else value < tree.threshold[at]
                goes_left = np.where(gone, tree.missing_left[at], holds)
                at = np.where(inner, np.where(goes_left, tree.left[at], tree.right[at]), at)
            if self.width > 1:
                found += tree.values[at]
            else:
                found[:, tree.output] += tree.values[at, 0]
        return found

    def answers(self, values: Any) -> Any:
        """``sums`` after ``post``: values, or probabilities of each class."""
        import numpy as np

        sums = self.sums(values)
        if self.post == "exp":
            return np.exp(sums)
        if self.post == "logistic":
            second = 1 / (1 + np.exp(-sums[:, 0]))
            return np.stack([1 - second, second], axis=1)
        if self.post == "softmax":
            powers = np.exp(sums - sums.max(axis=1, keepdims=True))
            return powers / powers.sum(axis=1, keepdims=True)
        return sums


def forest_of(model: Any) -> Forest | None:
    """The trees of a fitted model; None where it is no ensemble of trees that is known here.

    Raises
    ------
    NoForest
        It is one, with something that has no word here: categorical splits, linear leaves, an objective of somebody's own.
    """
    maker = _MAKERS.get(type(model).__name__)
    module = type(model).__module__.partition(".")[0]
    return maker(model) if maker is not None and module in ("sklearn", "xgboost", "lightgbm") else None


# scikit-learn


def _sklearn_tree(tree: Any, values: Any, output: int = 0) -> Tree:
    import numpy as np

    leaf = tree.children_left < 0
    missing = getattr(tree, "missing_go_to_left", None)
    return Tree(
        np.where(leaf, -1, tree.feature),
        np.where(leaf, 0.0, tree.threshold),
        tree.children_left,
        tree.children_right,
        np.zeros(len(leaf), dtype=bool) if missing is None else missing.astype(bool),
        values,
        output,
    )


def _of_votes(trees: list[Any], features: int) -> Forest:
    """Classifiers: each tree has the shares of the classes in its leaves."""
    import numpy as np

    found = []
    for one in trees:
        if one.tree_.n_outputs != 1:
            raise NoForest("it has several targets")
        counts = one.tree_.value[:, 0, :]
        found.append(_sklearn_tree(one.tree_, counts / counts.sum(axis=1, keepdims=True) / len(trees)))
    width = found[0].values.shape[1]
    return Forest(found, "<=", "float32", width, np.zeros(width), "none", features)


def _of_means(trees: list[Any], features: int) -> Forest:
    import numpy as np

    if trees[0].tree_.n_outputs != 1:
        width = trees[0].tree_.n_outputs
        found = [_sklearn_tree(one.tree_, one.tree_.value[:, :, 0] / len(trees)) for one in trees]
        return Forest(found, "<=", "float32", width, np.zeros(width), "none", features)
    found = [_sklearn_tree(one.tree_, one.tree_.value[:, 0, :1] / len(trees)) for one in trees]
    return Forest(found, "<=", "float32", 1, np.zeros(1), "none", features)


def _of_stages(model: Any) -> Forest:
    """GradientBoosting of scikit-learn."""
    import numpy as np

    if model.init_ != "zero" and not type(model.init_).__name__.startswith("Dummy"):
        raise NoForest("it begins with another model (init)")
    base = np.asarray(model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype="float32")), dtype="float64").reshape(-1)
    is_classifier = hasattr(model, "classes_")
    factor = 2.0 if is_classifier and model.loss == "exponential" else 1.0
    trees = [
        _sklearn_tree(one.tree_, one.tree_.value[:, 0, :1] * model.learning_rate * factor, at)
        for stage in model.estimators_
        for at, one in enumerate(stage)
    ]
    post: Post = "none" if not is_classifier else "logistic" if len(base) == 1 else "softmax"
    return Forest(trees, "<=", "float32", 1, base * factor, post, model.n_features_in_)


def _of_histograms(model: Any) -> Forest:
    """HistGradientBoosting of scikit-learn."""
    import numpy as np

    if model.is_categorical_ is not None and model.is_categorical_.any():
        raise NoForest("it splits by categories")
    trees = []
    for stage in model._predictors:
        for at, one in enumerate(stage):
            nodes = one.nodes
            leaf = nodes["is_leaf"].astype(bool)
            trees.append(
                Tree(
                    np.where(leaf, -1, nodes["feature_idx"]),
                    np.where(leaf, 0.0, nodes["num_threshold"]),
                    np.where(leaf, -1, nodes["left"].astype("int64")),
                    np.where(leaf, -1, nodes["right"].astype("int64")),
                    nodes["missing_go_to_left"].astype(bool),
                    nodes["value"].reshape(-1, 1),
                    at,
                )
            )
    base = np.asarray(model._baseline_prediction, dtype="float64").reshape(-1)
    if hasattr(model, "classes_"):
        post: Post = "logistic" if len(base) == 1 else "softmax"
    else:
        post = "exp" if model.loss in ("poisson", "gamma") else "none"
    return Forest(trees, "<=", "float64", 1, base, post, model.n_features_in_)


# XGBoost


_XGBOOST_POSTS: dict[str, Post] = {
    **dict.fromkeys(["reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "rank:pairwise", "rank:ndcg"], "none"),
    **dict.fromkeys(["binary:logistic", "reg:logistic"], "logistic"),
    **dict.fromkeys(["multi:softprob", "multi:softmax"], "softmax"),
    **dict.fromkeys(["count:poisson", "reg:gamma", "reg:tweedie"], "exp"),
}


def _of_xgboost(model: Any) -> Forest:
    import numpy as np

    booster = model if type(model).__name__ == "Booster" else model.get_booster()
    told = json.loads(booster.save_raw("json"))["learner"]
    objective, params = told["objective"]["name"], told["learner_model_param"]
    if told["gradient_booster"]["name"] != "gbtree" or objective not in _XGBOOST_POSTS:
        raise NoForest(f"it is {told['gradient_booster']['name']} with the objective {objective}")
    content = told["gradient_booster"]["model"]
    outputs = max(1, int(params["num_class"]), int(params.get("num_target", 1)))
    post = _XGBOOST_POSTS[objective]
    given = params["base_score"]
    scores = json.loads(given) if given.startswith("[") else [float(given)]
    base = np.array([_margin(float(score), post) for score in scores])
    base = np.resize(base, outputs) if len(base) in (1, outputs) else np.zeros(outputs)
    classes, trees = content["tree_info"], content["trees"]
    try:
        best = model.best_iteration
    except AttributeError:
        best = None
    if best is not None and getattr(model, "early_stopping_rounds", None):
        kept = (int(best) + 1) * max(1, int(content["gbtree_model_param"].get("num_parallel_tree", 1))) * outputs
        classes, trees = classes[:kept], trees[:kept]
    found = [_xgboost_tree(tree, output) for tree, output in zip(trees, classes, strict=True)]
    return Forest(found, "<", "float32", 1, base, post, int(params["num_feature"]))


def _margin(score: float, post: Post) -> float:
    if post == "logistic":
        return math.log(score / (1 - score))
    return math.log(score) if post == "exp" else score


def _xgboost_tree(told: Any, output: int) -> Tree:
    import numpy as np

    if any(told.get("split_type", [])) or int(told["tree_param"].get("size_leaf_vector", 1)) > 1:
        raise NoForest("it splits by categories, or has several values in a leaf")
    left, right = np.array(told["left_children"]), np.array(told["right_children"])
    leaf = left < 0
    conditions = np.array(told["split_conditions"], dtype="float32").astype("float64")
    return Tree(
        np.where(leaf, -1, np.array(told["split_indices"])),
        np.where(leaf, 0.0, conditions),
        left,
        right,
        np.array(told["default_left"]).astype(bool),
        np.where(leaf, conditions, 0.0).reshape(-1, 1),
        output,
    )


# LightGBM


def _of_lightgbm(model: Any) -> Forest:
    import numpy as np

    booster = model if type(model).__name__ == "Booster" else model.booster_
    told = booster.dump_model()
    words = str(told.get("objective", "")).split()
    name, settings = (words[0] if words else ""), dict(word.split(":", 1) for word in words[1:] if ":" in word)
    outputs = int(told["num_tree_per_iteration"])
    if name == "binary" and float(settings.get("sigmoid", 1)) == 1:
        post: Post = "logistic"
    elif name == "multiclass":
        post = "softmax"
    elif name in ("poisson", "gamma", "tweedie"):
        post = "exp"
    elif name in ("regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank") and "sqrt" not in words:
        post = "none"
    else:
        raise NoForest(f"its objective is {' '.join(words) or 'unknown'}")
    count = len(told["tree_info"]) // outputs if told.get("average_output") else 1
    trees = [_lightgbm_tree(one["tree_structure"], at % outputs, count) for at, one in enumerate(told["tree_info"])]
    return Forest(trees, "<=", "float64", 1, np.zeros(outputs), post, int(told["max_feature_idx"]) + 1)


def _lightgbm_tree(root: Any, output: int, count: int) -> Tree:
    import numpy as np

    feature: list[int] = []
    threshold: list[float] = []
    left: list[int] = []
    right: list[int] = []
    missing: list[bool] = []
    values: list[float] = []
    waiting: list[tuple[Any, int, list[int] | None]] = [(root, -1, None)]
    while waiting:
        node, parent, side = waiting.pop()
        at = len(feature)
        if side is not None:
            side[parent] = at
        is_leaf = "leaf_value" in node
        if not is_leaf and (node["decision_type"] != "<=" or node["missing_type"] == "Zero"):
            raise NoForest("it splits by categories, or takes zeros for missing")
        feature.append(-1 if is_leaf else node["split_feature"])
        threshold.append(0.0 if is_leaf else float(node["threshold"]))
        # Where training has seen nothing missing, NaN counts as 0.
        goes_left = not is_leaf and (node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0)
        missing.append(bool(goes_left))
        values.append(node["leaf_value"] / count if is_leaf else 0.0)
        left.append(-1)
        right.append(-1)
        if not is_leaf:
            waiting.append((node["right_child"], at, right))
            waiting.append((node["left_child"], at, left))
    return Tree(
        np.array(feature), np.array(threshold), np.array(left), np.array(right), np.array(missing), np.array(values).reshape(-1, 1), output
    )


_MAKERS: dict[str, Callable[[Any], Forest]] = {
    "DecisionTreeClassifier": lambda model: _of_votes([model], model.n_features_in_),
    "ExtraTreeClassifier": lambda model: _of_votes([model], model.n_features_in_),
    "RandomForestClassifier": lambda model: _of_votes(model.estimators_, model.n_features_in_),
    "ExtraTreesClassifier": lambda model: _of_votes(model.estimators_, model.n_features_in_),
    "DecisionTreeRegressor": lambda model: _of_means([model], model.n_features_in_),
    "ExtraTreeRegressor": lambda model: _of_means([model], model.n_features_in_),
    "RandomForestRegressor": lambda model: _of_means(model.estimators_, model.n_features_in_),
    "ExtraTreesRegressor": lambda model: _of_means(model.estimators_, model.n_features_in_),
    "GradientBoostingClassifier": _of_stages,
    "GradientBoostingRegressor": _of_stages,
    "HistGradientBoostingClassifier": _of_histograms,
    "HistGradientBoostingRegressor": _of_histograms,
    **dict.fromkeys(["XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor", "XGBRanker"], _of_xgboost),
    **dict.fromkeys(["LGBMClassifier", "LGBMRegressor", "LGBMRanker"], _of_lightgbm),
    "Booster": lambda model: _of_xgboost(model) if type(model).__module__.startswith("xgboost") else _of_lightgbm(model),
}
