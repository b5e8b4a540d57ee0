"""How the answers of a version can be explained exactly: the bundle's ``explain`` with its file, proven here by evaluating it."""

from __future__ import annotations

from typing import Any

from ..serving.native import Answer, NativeModel
from ..tracker import logger
from .explain_features import Mixed, features_of, made_of
from .exporting import Asked, Exported
from .onnx_sklearn import taken_apart
from .trees import Forest, NoForest, Tree, forest_of

Explain = tuple[str, Any]
"""Method and content of the file; None: it needs none."""
_SAMPLED: Explain = ("sampled", None)
#: More would make a file that takes longer to write and send than all else.
_NODES_LIMIT = 300_000
_SAME = 1e-6
_GREATEST = 1.7976931348623157e308
_IDENTITY = frozenset(
    "LinearRegression Ridge RidgeCV Lasso LassoCV LassoLars ElasticNet ElasticNetCV Lars BayesianRidge ARDRegression HuberRegressor "
    "SGDRegressor LinearSVR TheilSenRegressor QuantileRegressor".split()
)
_LOG = frozenset(["PoissonRegressor", "GammaRegressor"])
_LOGIT = frozenset(["LogisticRegression", "LogisticRegressionCV"])
_STATSMODELS = {"Identity": "identity", "Log": "log", "Logit": "logit"}


def explain_of(asked: Asked, exported: Exported) -> Explain:
    """The exact method, where there is one that says what the model says; else ``sampled``."""
    try:
        return _trees(asked) or _linear(asked) or _SAMPLED
    except (Mixed, NoForest):
        return _SAMPLED
    except Exception as error:  # an explanation by sampling is there for every model
        logger.debug("no exact explanation: %s: %s", type(error).__name__, error)
        return _SAMPLED


def _trees(asked: Asked) -> Explain | None:
    if asked.framework not in ("sklearn", "xgboost", "lightgbm") or asked.table.layout == "tensor":
        return None
    before, last = taken_apart(asked.model)
    forest = forest_of(last)
    if forest is None:
        return None
    if sum(len(tree.feature) for tree in forest.trees) > _NODES_LIMIT:
        return _SAMPLED
    slots = features_of(before, asked.table)
    if len(slots) != forest.features:
        return None
    content = tree_file(forest, slots)
    for _, columns, answer in asked.rows:
        answers = forest.answers(made_of(slots, columns))
        if not _says(answers, answer, asked.classes is not None, forest):
            return _SAMPLED
    return "trees", content


def _says(answers: Any, answer: Answer, is_classifier: bool, forest: Forest) -> bool:
    import numpy as np

    if is_classifier:
        wanted = answer.scores
    else:
        wanted = np.stack([np.asarray(one, dtype="float64") for one in answer.columns], axis=1)
        if forest.post == "logistic":
            answers = answers[:, 1:]
    if wanted is None or wanted.shape != answers.shape:
        return False
    return bool((np.abs(answers - wanted) <= max(_SAME, 1e-5 if forest.mode == "<" else 0.0) * np.maximum(1.0, np.abs(wanted))).all())


def tree_file(forest: Forest, slots: list[dict[str, Any]]) -> dict[str, Any]:
    """The contract's ``explainTrees``."""
    return {
        "format": 1,
        "kind": "trees",
        "features": slots,
        "mode": forest.mode,
        "precision": forest.precision,
        "width": forest.width,
        "base": [float(one) for one in forest.base],
        "post": forest.post,
        "trees": [_tree(tree) for tree in forest.trees],
    }


def _tree(tree: Tree) -> dict[str, Any]:
    import numpy as np

    is_leaf = tree.feature < 0
    return {
        "output": int(tree.output),
        "feature": np.where(is_leaf, -1, tree.feature).tolist(),
        "threshold": np.clip(np.where(is_leaf, 0.0, tree.threshold), -_GREATEST, _GREATEST).tolist(),
        "left": np.where(is_leaf, -1, tree.left).tolist(),
        "right": np.where(is_leaf, -1, tree.right).tolist(),
        "missingLeft": np.where(is_leaf, 0, tree.missing_left).astype(int).tolist() if tree.missing_left.any() else [],
        "leaves": tree.values[is_leaf].reshape(-1).tolist(),
    }


def _linear(asked: Asked) -> Explain | None:
    link = _link_of(asked)
    if link is None or not _is_additive(asked, link):
        return None
    told = "logit" if asked.classes is not None else "identity"
    return "linear", None if link == told else {"format": 1, "kind": "linear", "link": link}


def _link_of(asked: Asked) -> str | None:
    if asked.framework == "statsmodels":
        from .onnx_statsmodels import link_of

        return _STATSMODELS.get(link_of(asked.model) or "")
    if asked.framework != "sklearn" or asked.table.layout == "tensor":
        return None
    before, last = taken_apart(asked.model)
    name = type(last).__name__
    features_of(before, asked.table)  # a pipeline that mixes columns is additive in none of them
    if name in _IDENTITY:
        return "identity"
    if name in _LOG:
        return "log"
    return "logit" if name in _LOGIT and asked.classes is not None else None


def _is_additive(asked: Asked, link: str) -> bool:
    """Whether two rows that swap half of their columns have the same sum, in the space of the link."""
    import numpy as np

    native = NativeModel(asked.model, asked.bundle)
    _, columns, answer = asked.rows[-1] if len(asked.rows) == 1 else asked.rows[1]
    count = len(next(iter(columns.values())))
    if count < 2:
        return True
    half = count // 2
    names = list(columns)
    swapped = {one: columns[one] if at % 2 else _turned(columns[one], half) for at, one in enumerate(names)}
    before, after = _in_link(answer, link), _in_link(native.answer(swapped), link)
    pairs = before[:half] + before[half : 2 * half] - after[:half] - after[half : 2 * half]
    kept = np.isfinite(pairs)
    near = 1e-4 if asked.table.dtype == "float32" else 1e-6
    return bool(kept.any() and (np.abs(pairs[kept]) <= near * max(1.0, float(np.abs(before[np.isfinite(before)]).max()))).all())


def _turned(values: Any, half: int) -> Any:
    if hasattr(values, "dtype"):
        import numpy as np

        return np.concatenate([values[half : 2 * half], values[:half], values[2 * half :]])
    return [*values[half : 2 * half], *values[:half], *values[2 * half :]]


def _in_link(answer: Answer, link: str) -> Any:
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        if answer.scores is not None and answer.scores.shape[1] > 2:
            # Centred log-ratios, in which a softmax is linear; the explanations of more than two classes are in them.
            logs = np.log(answer.scores)
            return logs - logs.mean(axis=1, keepdims=True)
        values = answer.scores[:, 1] if answer.scores is not None else np.asarray(answer.columns[0], dtype="float64")
        if link == "logit":
            return np.log(values) - np.log1p(-values)
        return np.log(values) if link == "log" else values
