"""Models that take tensors, one or several: how their rows are read, asked and exported."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from cellkeep.linking import link_package
from cellkeep.promoting.comparing import compare
from cellkeep.promoting.errors import CannotPromote
from cellkeep.promoting.examples import read_example
from cellkeep.promoting.exporting import ask, export
from cellkeep.promoting.onnx_as_is import ask_graph
from cellkeep.promoting.rows import read_rows
from cellkeep.promoting.travelling import prove_in_fresh_process, write_python
from cellkeep.serving.native import NativeModel, load_native
from cellkeep.serving.onnx_session import OnnxModel

LEFT = np.arange(24, dtype="float32").reshape(6, 4) / 10
RIGHT = np.arange(12).reshape(6, 2) % 5
ONE_EACH = np.arange(6) % 3


def test_several_tensors_are_columns_of_their_own_shapes() -> None:
    table = read_rows({"left": LEFT, "ids": RIGHT, "kind": ONE_EACH}, tensor=True)
    assert [(one.name, one.type, one.shape, one.dtype) for one in table.columns] == [
        ("left", "float", [4], "float32"),
        ("ids", "integer", [2], "int64"),
        ("kind", "integer", None, "int64"),
    ]
    assert (table.layout, table.takes, table.count) == ("columns", "tensors", 6)
    assert read_rows((LEFT, RIGHT), tensor=True).names == ["input_0", "input_1"]
    assert read_rows([LEFT, RIGHT], names=["left", "ids"], tensor=True).names == ["left", "ids"]


@pytest.mark.parametrize(
    ("example", "reason"),
    [
        ((LEFT, RIGHT[:3]), "different numbers of rows"),
        ((LEFT, np.array([["a"]] * 6)), "only numbers can be in one"),
        ({"left": LEFT, "ids": np.empty((6, 2), dtype="complex64")}, "only numbers can be in one"),
        ({"left": csr_matrix((6, 1_000_000))}, "'left' of example is sparse with 1,000,000 columns"),
        ((LEFT, csr_matrix((6, 1_000_000))), "'input_1' of example is sparse with 1,000,000 columns"),
    ],
)
def test_tensors_that_cannot_travel_are_refused_with_the_reason(example: Any, reason: str) -> None:
    with pytest.raises(CannotPromote, match=reason):
        read_rows(example, tensor=True)


class Dot:
    """A model of somebody's own with two inputs."""

    def predict(self, rows: Any) -> Any:
        return rows["left"].sum(axis=1) * rows["ids"][:, 0]


def test_a_model_of_ones_own_is_asked_with_an_array_for_each_name() -> None:
    asked = ask(Dot(), "python", read_rows({"left": LEFT, "ids": RIGHT}), None)
    assert asked.bundle["python"]["takes"] == "tensors"
    again = NativeModel(Dot(), asked.bundle).answer({"left": LEFT.astype("float64"), "ids": RIGHT.astype("float64")})
    np.testing.assert_allclose(again.columns[0], LEFT.sum(1) * RIGHT[:, 0], rtol=1e-6)


def test_a_model_is_proven_in_an_environment_that_has_no_cellkeep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of a stored model, in which the server exports it; this package is linked there, and nothing that is installed beside it."""
    asked = ask(Dot(), "python", read_rows({"left": LEFT, "ids": RIGHT}), None)
    bundle = {**asked.bundle, "python": write_python(asked, tmp_path).bundle}
    (tmp_path / "cellkeep.json").write_text(json.dumps(bundle))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "other")], check=True)
    site = next((tmp_path / "other" / "lib").glob("python*/site-packages"))
    for one in Path(sysconfig.get_path("purelib")).iterdir():
        if "cellkeep" not in one.name and one.suffix != ".pth":
            (site / one.name).symlink_to(one)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "other" / "bin" / "python"))
    prove_in_fresh_process(asked, tmp_path, bundle, 1e-5)
    assert [one.name for one in Path(link_package(tmp_path / "bridge")).iterdir()] == ["cellkeep"]


def graph_of_two() -> bytes:
    """left @ weights, plus what each row says alone: ``(n_rows,)``."""
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("MatMul", ["left", "weights"], ["sums"]),
        helper.make_node("Cast", ["kind"], ["number"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["number", "one"], ["beside"]),
        helper.make_node("Add", ["sums", "beside"], ["output"]),
    ]
    inputs = [
        helper.make_tensor_value_info("left", TensorProto.FLOAT, [None, 4]),
        helper.make_tensor_value_info("kind", TensorProto.INT64, [None]),
    ]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [None, 3])]
    constants = [numpy_helper.from_array(np.ones((4, 3), "float32"), "weights"), numpy_helper.from_array(np.array([1]), "one")]
    graph = helper.make_graph(nodes, "two", inputs, outputs, constants)
    content: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10).SerializeToString()
    return content


def test_a_graph_that_takes_one_number_a_row_without_a_second_dimension_gets_a_column() -> None:
    asked, graph = ask_graph(graph_of_two(), read_rows({"left": LEFT, "kind": ONE_EACH}))
    assert [feed["columns"] for feed in graph.feeds] == [["left"], ["kind"]]
    told = {"feeds": graph.feeds, "label": graph.label, "scores": graph.scores}
    session = OnnxModel(graph.content, {**asked.bundle, "onnx": told})
    for count in (1, 2, 6):
        (found,) = session.answer({"left": LEFT[:count], "kind": ONE_EACH[:count]}).columns
        np.testing.assert_allclose(found, (LEFT.sum(1) + ONE_EACH)[:count, None].repeat(3, 1), rtol=1e-6)


def torch_network() -> Any:
    import torch

    class Two(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.words, self.numbers, self.end = torch.nn.Embedding(5, 8), torch.nn.Linear(4, 8), torch.nn.Linear(8, 3)
            self.drop = torch.nn.Dropout(0.5)

        def forward(self, left: Any, ids: Any, kind: Any) -> Any:
            return self.end(self.drop(torch.relu(self.numbers(left) + self.words(ids).mean(1)))) + kind[:, None]

    torch.manual_seed(1)
    return Two(), "torch"


def keras_network() -> Any:
    import keras

    class Doubled(keras.layers.Layer):  # type: ignore[misc]
        def call(self, given: Any) -> Any:
            return given * 2

    left, ids, kind = keras.Input((4,), name="left"), keras.Input((2,), name="ids"), keras.Input((1,), name="kind")
    found = keras.layers.Dense(3, activation="tanh")(keras.layers.concatenate([Doubled()(left), ids, kind]))
    return keras.Model([left, ids, kind], found), "keras"


@pytest.mark.parametrize("make", [torch_network, keras_network])
@pytest.mark.parametrize("runtime", ["onnx", "python"])
def test_a_network_with_several_inputs_answers_the_same_with_any_number_of_rows(make: Any, runtime: str, tmp_path: Path) -> None:
    needs = make.__name__.partition("_")[0]
    lacking = [name for name in (needs, "onnxscript" if needs == "torch" else "tf2onnx") if find_spec(name) is None]
    if lacking:
        pytest.skip(f"needs {', '.join(lacking)}, which this environment lacks")
    model, framework = make()
    kind = ONE_EACH if framework == "torch" else ONE_EACH.reshape(-1, 1).astype("float32")
    right = RIGHT if framework == "torch" else RIGHT.astype("float32")
    rows = {"left": LEFT, "ids": right, "kind": kind}
    asked = ask(model, framework, read_example(model, framework, dict(reversed(rows.items()))), None)
    exported = export(asked, runtime, 1e-5)
    if exported.graph is None:
        travelling = write_python(asked, tmp_path)
        bundle = {**asked.bundle, "python": travelling.bundle}
        served: Any = load_native(tmp_path, bundle)
    else:
        graph = exported.graph
        bundle = {**asked.bundle, "onnx": {"feeds": graph.feeds, "label": graph.label, "scores": graph.scores}}
        served = OnnxModel(graph.content, bundle)
    native = NativeModel(model, asked.bundle)
    for count in (1, 3, 6):
        some = {name: values[:count] for name, values in rows.items()}
        assert compare(served.answer(some), native.answer(some), None, 1e-5).is_within(1e-5)
