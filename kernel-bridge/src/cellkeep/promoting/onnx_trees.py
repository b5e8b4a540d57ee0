"""An ensemble of trees as nodes of an ONNX graph, in float64: ``TreeEnsemble`` of ai.onnx.ml 5, which onnxruntime has from 1.20 on.

A leaf of that operator has one value, so that a forest of more than two classes has its trees once for each class but the last, whose
probability is what is left; and one of many classes would be large: from ``_REGRESSOR_FROM`` outputs on ``TreeEnsembleRegressor`` takes
its place, whose thresholds are float64 and whose sums are float32.
"""

from __future__ import annotations

from typing import Any

from .trees import Forest

_REGRESSOR_FROM = 4
_LEQ, _LT = 0, 1


def forest_nodes(forest: Forest, given: str, prefix: str, is_classifier: bool) -> tuple[list[Any], list[Any], str]:
    """Nodes, initializers and the name of the output with the answers, ``(n_rows, outputs) float64``: values, or probabilities.

    Parameters
    ----------
    forest
        The trees.
    given
        Name of the input, ``(n_rows, n_features)`` of float64.
    prefix
        Of all names that are made.
    is_classifier
        Whether both probabilities are wanted of two classes, or the second one as a value.
    """
    from onnx import TensorProto, helper

    nodes: list[Any] = []
    at = given
    if forest.precision == "float32":
        nodes += [
            helper.make_node("Cast", [at], [f"{prefix}_rounded"], to=TensorProto.FLOAT),
            helper.make_node("Cast", [f"{prefix}_rounded"], [f"{prefix}_values"], to=TensorProto.DOUBLE),
        ]
        at = f"{prefix}_values"
    if forest.width >= _REGRESSOR_FROM:
        nodes += _regressor(forest, at, prefix)
    else:
        nodes.append(_ensemble(forest, at, f"{prefix}_leaves"))
    return _finished(forest, nodes, prefix, is_classifier)


def ml_opset(forest: Forest) -> int:
    """Version of ai.onnx.ml that has the operator of this forest."""
    return 3 if forest.width >= _REGRESSOR_FROM else 5


def _finished(forest: Forest, nodes: list[Any], prefix: str, is_classifier: bool) -> tuple[list[Any], list[Any], str]:
    import numpy as np
    from onnx import helper, numpy_helper

    constants: list[Any] = []

    def constant(name: str, value: Any) -> str:
        constants.append(numpy_helper.from_array(value, f"{prefix}_{name}"))
        return f"{prefix}_{name}"

    at = f"{prefix}_leaves"
    if _is_short(forest):
        # What all but the last class have not.
        nodes += [
            helper.make_node("ReduceSum", [at, constant("axis", np.array([1]))], [f"{prefix}_taken"], keepdims=1),
            helper.make_node("Sub", [constant("one", np.array([[1.0]])), f"{prefix}_taken"], [f"{prefix}_rest"]),
            helper.make_node("Concat", [at, f"{prefix}_rest"], [f"{prefix}_sums"], axis=1),
        ]
        return nodes, constants, f"{prefix}_sums"
    if np.any(forest.base):
        nodes.append(
            helper.make_node("Add", [at, constant("base", np.asarray(forest.base, dtype="float64").reshape(1, -1))], [f"{prefix}_sums"])
        )
        at = f"{prefix}_sums"
    if forest.post == "logistic" and not is_classifier:
        nodes.append(helper.make_node("Sigmoid", [at], [f"{prefix}_second"]))
        return nodes, constants, f"{prefix}_second"
    if forest.post == "logistic":
        nodes += [
            helper.make_node("Sigmoid", [at], [f"{prefix}_second"]),
            helper.make_node("Sub", [constant("one", np.array([[1.0]])), f"{prefix}_second"], [f"{prefix}_first"]),
            helper.make_node("Concat", [f"{prefix}_first", f"{prefix}_second"], [f"{prefix}_answers"], axis=1),
        ]
        at = f"{prefix}_answers"
    elif forest.post in ("softmax", "exp"):
        words = {"axis": 1} if forest.post == "softmax" else {}
        nodes.append(helper.make_node("Softmax" if forest.post == "softmax" else "Exp", [at], [f"{prefix}_answers"], **words))
        at = f"{prefix}_answers"
    return nodes, constants, at


def _is_short(forest: Forest) -> bool:
    """Whether one output is left away, since all sum to one."""
    import numpy as np

    if not 1 < forest.width < _REGRESSOR_FROM or forest.post != "none":
        return False
    sums = [tree.values[tree.feature < 0].sum(axis=1) for tree in forest.trees]
    return bool(np.allclose(np.concatenate(sums), 1 / len(forest.trees), atol=1e-12))


def _ensemble(forest: Forest, given: str, made: str) -> Any:
    """One node with all trees; each output of a wide leaf has its own copy of the tree."""
    import numpy as np
    from onnx import helper, numpy_helper

    outputs = forest.outputs - 1 if _is_short(forest) else forest.outputs
    parts = [
        (tree, output, tree.values[:, output if forest.width > 1 else 0])
        for tree in forest.trees
        for output in (range(outputs) if forest.width > 1 else [tree.output])
    ]
    features, splits, missing = [], [], []
    true_ids, false_ids, true_leaf, false_leaf, roots = [], [], [], [], []
    targets, weights = [], []
    node_base = leaf_base = 0
    for given_tree, output, given_values in parts:
        is_stump = given_tree.feature[0] < 0  # a tree that is one leaf becomes a split whose sides are the same
        tree = _stump(given_tree) if is_stump else given_tree
        values = np.repeat(given_values[:1], 3) if is_stump else given_values
        is_leaf = tree.feature < 0
        node_at = np.cumsum(~is_leaf) - 1 + node_base
        leaf_at = np.cumsum(is_leaf) - 1 + leaf_base
        inner = np.flatnonzero(~is_leaf)
        left, right = tree.left[inner], tree.right[inner]
        roots.append(node_base)
        features.append(tree.feature[inner])
        splits.append(tree.threshold[inner])
        missing.append(tree.missing_left[inner])
        true_ids.append(np.where(is_leaf[left], leaf_at[left], node_at[left]))
        false_ids.append(np.where(is_leaf[right], leaf_at[right], node_at[right]))
        true_leaf.append(is_leaf[left])
        false_leaf.append(is_leaf[right])
        leaves = values[is_leaf]
        weights.append(leaves)
        targets.append(np.full(len(leaves), output))
        node_base += len(inner)
        leaf_base += len(leaves)

    def listed(parts: list[Any]) -> Any:
        return np.concatenate(parts).astype("int64")

    return helper.make_node(
        "TreeEnsemble",
        [given],
        [made],
        domain="ai.onnx.ml",
        n_targets=outputs,
        aggregate_function=1,
        post_transform=0,
        tree_roots=np.array(roots, dtype="int64"),
        nodes_featureids=listed(features),
        nodes_modes=numpy_helper.from_array(np.full(node_base, _LEQ if forest.mode == "<=" else _LT, dtype="uint8")),
        nodes_splits=numpy_helper.from_array(np.concatenate(splits).astype("float64")),
        nodes_missing_value_tracks_true=listed(missing),
        nodes_truenodeids=listed(true_ids),
        nodes_falsenodeids=listed(false_ids),
        nodes_trueleafs=listed(true_leaf),
        nodes_falseleafs=listed(false_leaf),
        leaf_targetids=listed(targets),
        leaf_weights=numpy_helper.from_array(np.concatenate(weights).astype("float64")),
    )


def _stump(tree: Any) -> Any:
    import numpy as np

    from .trees import Tree

    return Tree(
        np.array([0, -1, -1]),
        np.zeros(3),
        np.array([1, -1, -1]),
        np.array([2, -1, -1]),
        np.zeros(3, dtype=bool),
        np.repeat(tree.values[:1], 3, axis=0),
        tree.output,
    )


def _regressor(forest: Forest, given: str, prefix: str) -> list[Any]:
    """One node whose leaves have a value for each output."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    words: dict[str, list[Any]] = {name: [] for name in ("tree", "node", "feature", "value", "true", "false", "missing", "leaf")}
    owners: list[Any] = []
    for number, tree in enumerate(forest.trees):
        count = len(tree.feature)
        is_leaf = tree.feature < 0
        words["tree"].append(np.full(count, number))
        words["node"].append(np.arange(count))
        words["feature"].append(np.where(is_leaf, 0, tree.feature))
        words["value"].append(np.where(is_leaf, 0.0, tree.threshold))
        words["true"].append(np.where(is_leaf, 0, tree.left))
        words["false"].append(np.where(is_leaf, 0, tree.right))
        words["missing"].append(np.where(is_leaf, False, tree.missing_left))
        words["leaf"].append(is_leaf)
        owners.append((number, np.flatnonzero(is_leaf), tree.values[is_leaf]))
    joined = {name: np.concatenate(parts) for name, parts in words.items()}
    mode = "BRANCH_LEQ" if forest.mode == "<=" else "BRANCH_LT"
    width = forest.width
    made = helper.make_node(
        "TreeEnsembleRegressor",
        [given],
        [f"{prefix}_narrow"],
        domain="ai.onnx.ml",
        n_targets=width,
        aggregate_function="SUM",
        post_transform="NONE",
        nodes_treeids=joined["tree"].astype("int64"),
        nodes_nodeids=joined["node"].astype("int64"),
        nodes_featureids=joined["feature"].astype("int64"),
        nodes_values_as_tensor=numpy_helper.from_array(joined["value"].astype("float64")),
        nodes_modes=["LEAF" if leaf else mode for leaf in joined["leaf"].tolist()],
        nodes_truenodeids=joined["true"].astype("int64"),
        nodes_falsenodeids=joined["false"].astype("int64"),
        nodes_missing_value_tracks_true=joined["missing"].astype("int64"),
        target_treeids=np.concatenate([np.full(leaves.size * width, number) for number, leaves, _ in owners]).astype("int64"),
        target_nodeids=np.concatenate([np.repeat(leaves, width) for _, leaves, _ in owners]).astype("int64"),
        target_ids=np.concatenate([np.tile(np.arange(width), leaves.size) for _, leaves, _ in owners]).astype("int64"),
        target_weights_as_tensor=numpy_helper.from_array(np.concatenate([values.reshape(-1) for *_, values in owners]).astype("float64")),
    )
    return [made, helper.make_node("Cast", [f"{prefix}_narrow"], [f"{prefix}_leaves"], to=TensorProto.DOUBLE)]
