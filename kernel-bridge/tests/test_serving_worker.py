"""A worker over its channel, as a host starts it: answers are what the notebook got, and nothing that a model does breaks the frames."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellkeep.serving import __file__ as serving
from cellkeep.serving.columns import BINARY, FLOAT64, INT64, TEXT, WrongAnswer, read_columns, write_answer

CODE = str(Path(serving).parent)
# As the classes of a notebook.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


def column(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "required": False, "categories": None, "shape": None, **more}


def bundle_of(inputs: list[dict[str, Any]], outputs: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    python = {"file": "model.pkl", "format": "cloudpickle", "modules": [], "takes": "frame", "dtype": "", "dtypes": {}}
    return {
        "framework": "sklearn",
        "task": "other",
        "classes": None,
        "signature": {"layout": "columns", "inputs": inputs, "outputs": outputs},
        **more,
        "python": {**python, **more.get("python", {})},
    }


# The host's end.


def frame_of(rows: int, columns: list[Any]) -> bytes:
    parts = [b"P", struct.pack("<II", rows, len(columns))]
    for values in columns:
        if isinstance(values, np.ndarray):
            kind, code = (FLOAT64, "<f8") if values.dtype.kind == "f" else (INT64, "<i8")
            parts += [struct.pack("<BI", kind, values.size), values.astype(code).tobytes()]
            continue
        kind = BINARY if any(isinstance(value, bytes) for value in values) else TEXT
        pieces = [value.encode() if isinstance(value, str) else value for value in values]
        parts.append(struct.pack("<BI", kind, len(pieces)))
        parts.append(struct.pack(f"<{len(pieces)}i", *[-1 if piece is None else len(piece) for piece in pieces]))
        parts += [piece for piece in pieces if piece is not None]
    return b"".join(parts)


def read_answer(frame: bytes) -> tuple[list[Any], Any]:
    assert frame[:1] == b"A", frame
    rows, count = struct.unpack_from("<II", frame, 1)
    at = 9
    columns: list[Any] = []
    for _ in range(count):
        kind, length = struct.unpack_from("<BI", frame, at)
        at += 5
        if kind in (FLOAT64, INT64):
            columns.append(np.frombuffer(frame, "<f8" if kind == FLOAT64 else "<i8", length, at))
            at += 8 * length
            continue
        lengths = struct.unpack_from(f"<{length}i", frame, at)
        at += 4 * length
        values: list[Any] = []
        for size in lengths:
            piece = frame[at : at + max(size, 0)]
            values.append(None if size < 0 else piece if kind == BINARY else piece.decode())
            at += max(size, 0)
        columns.append(values)
    classes = struct.unpack_from("<I", frame, at)[0]
    scores = np.frombuffer(frame, "<f8", rows * classes, at + 4).reshape(rows, classes) if classes else None
    return columns, scores


class Worker:
    def __init__(self, channel: socket.socket, process: subprocess.Popen[bytes]) -> None:
        self.channel = channel
        self.process = process

    def exchange(self, frame: bytes) -> bytes:
        self.channel.sendall(struct.pack("<I", len(frame)) + frame)
        head = self.channel.recv(4, socket.MSG_WAITALL)
        return self.channel.recv(struct.unpack("<I", head)[0], socket.MSG_WAITALL)

    def ask(self, rows: int, columns: list[Any]) -> tuple[list[Any], Any]:
        return read_answer(self.exchange(frame_of(rows, columns)))


@contextmanager
def worker(folder: Path, bundle: dict[str, Any]) -> Iterator[Worker]:
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    move = f"import os; os.dup2({theirs.fileno()}, 3); os.execv({sys.executable!r}, [{sys.executable!r}, {CODE!r}])"
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", move],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    theirs.close()
    try:
        one = Worker(ours, process)
        told = one.exchange(b"L" + json.dumps({"folder": str(folder), "bundle": bundle, "memory": 2**31}).encode())
        assert told == b"R", told
        yield one
    finally:
        ours.close()
        if process.stdin:
            process.stdin.close()
        process.wait(20)
        if process.stdout:
            process.stdout.close()


def test_a_pipeline_answers_as_in_the_notebook(tmp_path: Path) -> None:
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    random = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "carrier": random.choice(["AA", "DL", "ÜA"], 200),
            "distance": random.integers(100, 3000, 200),
            "delay": np.where(random.random(200) < 0.2, np.nan, random.normal(10, 30, 200)),
            "weekend": random.random(200) < 0.3,
        }
    )
    late = np.where(frame["distance"] + 40 * frame["delay"].fillna(0) + 500 * (frame["carrier"] == "AA") > 1800, "late", "on time")
    encoder = make_column_transformer((OneHotEncoder(), ["carrier"]), (SimpleImputer(), ["delay"]), remainder="passthrough")
    model: Any = make_pipeline(encoder, RandomForestClassifier(20, random_state=0)).fit(frame, late)
    (tmp_path / "model.pkl").write_bytes(cloudpickle.dumps(model))

    inputs = [column("carrier", "string"), column("distance", "integer"), column("delay", "double"), column("weekend", "boolean")]
    bundle = bundle_of(inputs, [column("label", "string")], task="classification", classes=list(model.classes_))
    asked: Any = frame.head(50)
    columns = [asked["carrier"].tolist(), *(asked[name].to_numpy("f8") for name in ("distance", "delay", "weekend"))]
    with worker(tmp_path, bundle) as one:
        (labels,), scores = one.ask(50, columns)
        (first,), first_score = one.ask(1, [values[:1] for values in columns])
    assert labels == list(model.predict(asked))
    np.testing.assert_array_equal(scores, model.predict_proba(asked))
    assert first == labels[:1]
    np.testing.assert_array_equal(first_score, scores[:1])


class Echo:
    """Gives back what it was given, in every type."""

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        assert str(frame.dtypes["kind"]) == "category"
        print("frames go another way", flush=True)
        os.write(3, b"no harm") if os.path.exists("/proc/self/fd/3") else None
        return frame


def test_every_type_travels_exactly_and_missing_stays_missing(tmp_path: Path) -> None:
    kinds = ["double", "integer", "boolean", "string", "datetime", "binary", "string"]
    names = ["share", "count", "is_new", "text", "at", "raw", "kind"]
    inputs = [column(name, kind) for name, kind in zip(names, kinds, strict=True)]
    inputs[-1]["categories"] = ["low", "high"]
    bundle = bundle_of(inputs, inputs, framework="python", python={"dtypes": {"kind": "category"}})
    (tmp_path / "model.pkl").write_bytes(cloudpickle.dumps(Echo()))
    big = 2**53 + 1
    columns: list[Any] = [
        np.array([0.1, np.nan, np.inf]),
        np.array([big, -big, 0]),
        np.array([1.0, np.nan, 0.0]),
        ["ü\U0001f600", None, ""],
        ["2026-01-31T08:30:00", None, "1999-12-31T23:59:59.123456"],
        [b"\x00\xff", None, b""],
        ["high", None, "unseen"],
    ]
    with worker(tmp_path, bundle) as one:
        told, scores = one.ask(3, columns)
    assert scores is None
    np.testing.assert_array_equal(told[0], columns[0])
    assert told[1].tolist() == [big, -big, 0]
    np.testing.assert_array_equal(told[2], columns[2])
    assert told[3] == columns[3]
    assert [None if one is None else pd.Timestamp(one) for one in told[4]] == [
        None if one is None else pd.Timestamp(one) for one in columns[4]
    ]
    assert told[5] == columns[5]
    assert told[6] == ["high", None, None]


def test_a_tensor_keeps_its_shape(tmp_path: Path) -> None:
    class Sums:
        def predict(self, images: Any) -> Any:
            assert images.shape == (2, 3, 4)
            assert images.dtype == np.float32
            return images.sum(axis=1)

    (tmp_path / "model.pkl").write_bytes(cloudpickle.dumps(Sums()))
    inputs, outputs = [column("image", "float", shape=[3, 4])], [column("sums", "float", shape=[4])]
    bundle = bundle_of(inputs, outputs, framework="python", python={"takes": "array", "dtype": "float32"})
    bundle["signature"]["layout"] = "tensor"
    values = np.arange(24, dtype="f8")
    with worker(tmp_path, bundle) as one:
        (sums,), _ = one.ask(2, [values])
    np.testing.assert_array_equal(sums, values.reshape(2, 3, 4).sum(axis=1).reshape(-1))


def test_a_worker_whose_host_is_gone_ends(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(cloudpickle.dumps(Echo()))
    with worker(tmp_path, bundle_of([column("x", "double")], [], framework="python")) as one:
        assert one.process.stdin is not None
        one.process.stdin.close()  # the lifeline, as when the host is killed; the channel is open
        assert one.process.wait(20) == -9


@pytest.mark.parametrize(
    ("columns", "scores", "reason"),
    [
        ([[1, 2, 3]], None, "3 answers for 2 rows"),
        ([[1, 2], [3, 4]], None, "2 outputs; its signature has 1"),
        ([["a", "b"]], None, "what is no double"),
        ([[1, 2]], [[0.5], [0.5]], r"shape \(2, 1\) for 2 rows and 2 classes"),
    ],
)
def test_answers_that_are_not_of_the_signature_are_refused(columns: Any, scores: Any, reason: str) -> None:
    with pytest.raises(WrongAnswer, match=reason):
        write_answer(2, columns, scores, [column("y", "double")], 2)


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"])))))
@settings(max_examples=50, deadline=None)
def test_any_text_comes_through_both_ways(texts: list[str | None]) -> None:
    rows, columns = read_columns(memoryview(bytearray(frame_of(len(texts), [texts]))), [column("text", "string")])
    assert (rows, columns["text"]) == (len(texts), texts)
    (told,), _ = read_answer(write_answer(rows, [columns["text"]], None, [column("text", "string")], 0))
    assert told == texts
