"""Notebooks as they lie on disk: of every format, broken in every way, huge."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellkeep.snapshots.canonical import digest_of
from cellkeep.snapshots.document import UnreadableNotebook, document_of, locate, read_notebook, script_document
from cellkeep.wire import NotebookDocument


class Parts:
    """Parts by digest, as a server would keep them."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def put(self, kind: str, text: str) -> str:
        self.texts[digest_of(text)] = text
        return digest_of(text)

    def sources(self, document: NotebookDocument) -> list[str]:
        return [json.loads(self.texts[cell["cell"]])["source"] for cell in document["cells"]]

    def outputs(self, document: NotebookDocument) -> list[Any]:
        return [json.loads(self.texts[digest]) for cell in document["cells"] for digest in cell["outputs"]]


def read(content: object) -> tuple[NotebookDocument, Parts]:
    parts = Parts()
    return document_of(json.loads(json.dumps(content)), parts.put), parts


def notebook(*cells: object, minor: int = 5, **fields: object) -> dict[str, object]:
    return {"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": list(cells), **fields}


def code(source: object, **fields: object) -> dict[str, object]:
    return {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": [], "source": source, **fields}


OLD = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": "old"},
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 2, "metadata": {}, "source": ["Data\n", "of flights"]},
                {
                    "cell_type": "code",
                    "collapsed": False,
                    "language": "python",
                    "metadata": {},
                    "prompt_number": 3,
                    "input": ["x = 1\n", "x"],
                    "outputs": [
                        {"output_type": "stream", "stream": "stderr", "text": "careful"},
                        {"output_type": "pyout", "prompt_number": 3, "metadata": {}, "text": ["1"], "html": ["<b>1</b>"], "png": "iVBO\n"},
                        {"output_type": "display_data", "metadata": {}, "svg": ["<svg/>"]},
                        {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": ["t"]},
                    ],
                },
                {"cell_type": "markdown", "metadata": {}, "source": "text"},
            ]
        },
        {"cells": [{"cell_type": "html", "metadata": {}, "source": "<b>x</b>"}]},
    ],
}


def test_a_notebook_of_nbformat_3_is_brought_to_4_as_nbformat_does_it() -> None:
    document, parts = read(OLD)
    expected = nbformat.reads(json.dumps(OLD), as_version=4)
    # nbformat keeps the first sheet alone; html cells were Markdown to every reader of their time
    theirs = [cell["source"] for cell in expected["cells"]]
    assert parts.sources(document)[: len(theirs)] == theirs
    assert [cell["type"] for cell in document["cells"]] == ["markdown", "code", "markdown", "markdown"]
    assert document["cells"][1]["executionCount"] == 3
    stream, result, display, error = parts.outputs(document)
    assert (stream["name"], stream["text"]) == ("stderr", "careful")
    assert result["data"] == {"text/plain": "1", "text/html": "<b>1</b>", "image/png": "iVBO\n"}
    assert display["data"] == {"image/svg+xml": "<svg/>"}
    assert (error["output_type"], error["ename"], error["traceback"]) == ("error", "E", ["t"])
    assert document["nbformat"] == [3, 0]


def test_cells_get_ids_that_stay_the_same() -> None:
    before, _ = read(notebook(code("1", id=None), code("2", id=None), minor=4))
    again, _ = read(notebook(code("1", id=None), code("2", id=None), minor=4))
    ids = [cell["id"] for cell in before["cells"]]
    assert ids == [cell["id"] for cell in again["cells"]]
    assert len(set(ids)) == 2
    assert before.get("warnings") == []


BROKEN = [
    ("two cells of one id", notebook(code("1"), code("2")), 2, "the id of another one"),
    ("an id that is no text", notebook(code("1", id=7)), 1, "no valid id"),
    ("a missing id", notebook({key: value for key, value in code("1").items() if key != "id"}), 1, "no valid id"),
    ("a cell that is none", notebook(code("1"), 7, {"cell_type": "widget"}), 1, "no code, Markdown or raw"),
    ("a source that is none", notebook(code({"a": 1})), 1, "no source"),
    ("an output that is none", notebook(code("1", outputs=[7, {"output_type": "dance"}])), 1, "none of nbformat 4"),
    ("a huge source", notebook(code("x" * 1_100_000)), 1, "its middle is left out"),
    ("huge metadata", notebook(code("1"), metadata={"kernelspec": {"name": "k"}, "x": "y" * 1_100_000}), 1, "metadata are too large"),
]


@pytest.mark.parametrize(("name", "content", "count", "warning"), BROKEN, ids=[row[0] for row in BROKEN])
def test_what_is_broken_is_repaired_and_told(name: str, content: object, count: int, warning: str) -> None:
    document, _ = read(content)
    ids = [cell["id"] for cell in document["cells"]]
    assert len(ids) == count
    assert len(set(ids)) == count
    assert any(warning in told for told in document.get("warnings", []))


@pytest.mark.parametrize("content", [7, [], {}, {"nbformat": 2, "worksheets": []}, {"nbformat": 5}, {"nbformat": "4"}, {"nbformat": True}])
def test_what_is_no_notebook_is_no_document(content: object) -> None:
    with pytest.raises(UnreadableNotebook):
        read(content)


@pytest.mark.parametrize("text", ["", "{", '{"nbformat": 4, "cells": [', "\x00\x01", "[" * 100_000])
def test_broken_json_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.ipynb").write_text(text)
    with pytest.raises(UnreadableNotebook, match=r"a\.ipynb"):
        read_notebook(tmp_path / "a.ipynb", Parts().put)
    with pytest.raises(UnreadableNotebook, match="cannot be read"):
        read_notebook(tmp_path / "none.ipynb", Parts().put)


FIELDS = ["id", "source", "outputs", "metadata", "execution_count", "attachments", "output_type", "data", "text", "name", "traceback"]
TYPES = ["code", "markdown", "raw", "stream", "error", "display_data", "execute_result", "text/plain", "application/json"]
LEAF: Any = st.sampled_from([None, True, 7, -0.5, "", "a", ["a", "b"], ["a", 1], {}, {"text/plain": 7}, [{}], *TYPES])
INNER: Any = LEAF | st.dictionaries(st.sampled_from(FIELDS), LEAF, max_size=5)
ODD: Any = INNER | st.lists(INNER, max_size=3) | st.dictionaries(st.sampled_from(["cell_type", *FIELDS, *TYPES]), INNER, max_size=5)
CELL = st.fixed_dictionaries({"cell_type": st.sampled_from(["code", "markdown", "raw"])}, optional=dict.fromkeys(FIELDS, ODD))


@settings(max_examples=150)
@given(st.lists(CELL | ODD, max_size=5), st.sampled_from([0, 4, 5]))
def test_whatever_stands_in_a_notebook_its_parts_are_what_the_server_takes(cells: list[Any], minor: int) -> None:
    document, parts = read(notebook(*cells, minor=minor))
    assert len({cell["id"] for cell in document["cells"]}) == len(document["cells"])
    for cell in document["cells"]:
        part = json.loads(parts.texts[cell["cell"]])
        assert isinstance(part["source"], str)
        assert isinstance(part["metadata"], dict)
        assert isinstance(part["attachments"], dict)
    for output in parts.outputs(document):
        if output["output_type"] == "stream":
            assert isinstance(output["text"], str)
            assert isinstance(output["name"], str)
        elif output["output_type"] == "error":
            assert all(isinstance(line, str) for line in output["traceback"])
        else:
            assert isinstance(output["metadata"], dict)
            assert all(isinstance(value, str) or "json" in kind for kind, value in output["data"].items())


def test_five_thousand_cells_and_a_hundred_megabytes_are_read(tmp_path: Path) -> None:
    image = {"output_type": "display_data", "data": {"image/png": "IMAGE"}, "metadata": {}}
    cells = [code(f"x = {n}", id=f"c{n}", outputs=[image] if n % 500 == 0 else []) for n in range(5_000)]
    (tmp_path / "large.ipynb").write_text(json.dumps(notebook(*cells)).replace("IMAGE", "A" * 10_000_000))
    parts = Parts()
    start = time.perf_counter()
    document = read_notebook(tmp_path / "large.ipynb", parts.put)
    assert time.perf_counter() - start < 60
    assert len(document["cells"]) == 5_000
    assert len(parts.texts) == 5_001  # each cell, and the one image
    assert document.get("warnings") == []


def test_of_a_cell_with_too_much_output_the_rest_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellkeep.snapshots.document.CELL_LIMIT", 1_000)
    outputs = [{"output_type": "display_data", "data": {"image/png": "A" * 200}, "metadata": {}} for _ in range(12)]
    document, _ = read(notebook(code("1", outputs=outputs)))
    assert len(document["cells"][0]["outputs"]) == 3
    assert any("left out" in told for told in document.get("warnings", []))


def test_a_script_is_a_notebook_of_one_cell(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_bytes("é = 1\n".encode() + b"\xff")
    parts = Parts()
    document = script_document(tmp_path / "train.py", parts.put)
    assert parts.sources(document) == ["é = 1\n\N{REPLACEMENT CHARACTER}"]


def test_a_notebook_is_found_by_the_name_that_jupyter_gives_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "examples/a.ipynb"
    path.parent.mkdir()
    path.write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert locate(str(path)) == path
    assert locate("examples/a.ipynb") == path
    monkeypatch.chdir(path.parent)  # as Jupyter starts kernels, its root unknown
    assert locate("examples/a.ipynb") == path
    monkeypatch.chdir("/")
    assert locate("examples/a.ipynb") is None
    monkeypatch.setenv("CELLKEEP_JUPYTER_ROOT", str(tmp_path))
    assert locate("examples/a.ipynb") == path
    monkeypatch.delenv("CELLKEEP_JUPYTER_ROOT")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert locate("examples/a.ipynb") == path
