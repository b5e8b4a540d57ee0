"""What a verdict may say: nothing is reproduced that was not compared, and what was passed over is told."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, cast

import pytest

from cellkeep.verifying import compare_runs
from cellkeep.verifying.compare_outputs import OutputComparer
from cellkeep.verifying.errors import Failed
from cellkeep.verifying.findings import Findings
from cellkeep.verifying.original import Original
from cellkeep.verifying.remade import RemadeRun
from cellkeep.wire import StoredExecution, StoredRun, Tolerances

TOLERANCES: Tolerances = {"relative": 1e-9, "absolute": 0, "metrics": {}, "images": 0.02}


def test_a_run_that_has_nothing_to_compare_is_reproduced_and_the_verdict_says_so() -> None:
    findings = Findings(executed=3)
    findings.conclude()
    assert findings.status == "reproduced"
    assert findings.notes == ["the run has no metrics and shows nothing; only that its cells ran again was checked"]


def test_a_run_of_which_nothing_could_be_compared_is_not_reproduced() -> None:
    findings = Findings(executed=3)
    findings.pass_over("In[1]: widgets and JavaScript are not compared")
    findings.conclude()
    assert findings.status == "drifted"
    (found,) = findings.differences
    assert (found["kind"], found["counts"], found["now"]) == ("missing", True, "nothing could be compared")
    assert findings.notes[-1] == "nothing could be compared: In[1]: widgets and JavaScript are not compared"


@pytest.mark.parametrize("compared", ["metrics", "outputs", "images", "predictions", "files"])
def test_what_was_passed_over_is_only_a_note_beside_what_was_compared(compared: str) -> None:
    findings = Findings(**{compared: 1})  # type: ignore[arg-type]
    findings.pass_over("a")
    findings.conclude()
    assert (findings.status, findings.notes) == ("reproduced", ["a"])


def test_a_failure_stays_one() -> None:
    findings = Findings(failure=Failed("ValueError", "x"))
    findings.pass_over("a")
    findings.conclude()
    assert (findings.status, findings.differences) == ("failed", [])


WIDGET = "application/vnd.jupyter.widget-view+json"
TABLE = "<h2>{}</h2><table><tr><td>{}</td></tr></table>"


def display(media: str, value: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {media: value}, "metadata": {}}


def error(message: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "E", "evalue": message, "traceback": []}


@pytest.mark.parametrize(
    ("was", "now", "counted", "differing"),
    [
        (display(WIDGET, {"model_id": "a"}), display(WIDGET, {"model_id": "b"}), 0, []),
        (error("a"), error("b"), 0, []),
        (display("text/html", TABLE.format("A", 1)), display("text/html", TABLE.format("A", "1.0")), 1, []),
        (display("text/html", TABLE.format("A", 1)), display("text/html", TABLE.format("B", 2)), 1, ["table", "text beside the table"]),
        (
            display("text/html", TABLE.format('<img src="data:a">', 1)),
            display("text/html", TABLE.format('<img src="data:b">', 1)),
            1,
            ["images beside the table"],
        ),
        (display("image/png", "AAAA"), display("image/png", "no"), 1, ["image/png"]),
        (display("application/json", {"a": 1}), display("application/json", {"a": 2}), 1, ["application/json"]),
    ],
    ids=["a widget", "an error", "a table", "a table and its heading", "an image beside a table", "no picture", "JSON"],
)
def test_an_output_counts_as_compared_where_it_was(was: Any, now: Any, counted: int, differing: list[str]) -> None:
    record = cast("StoredExecution", {"order": 0, "executionCount": 1, "cellId": "c", "outputs": ["d"], "error": None})
    findings = Findings()
    OutputComparer(findings, TOLERANCES, (), {"d": was}.get).compare(record, [now])
    assert findings.outputs == counted
    assert [one["name"] for one in findings.differences] == [f"In[1] {name}" for name in differing]


HUGE = 64 * 1024 * 1024 + 1
#: Path, content then, content now, whether it counts as compared, the differences (True where they count), a word of the note.
FILES: list[tuple[str, bytes | None, bytes | None, int, list[bool], str]] = [
    ("a.npy", b"1", b"1", 1, [], ""),
    ("a.npy", b"1", b"2", 1, [True], ""),
    ("a.pkl", b"1", b"1", 1, [], ""),
    ("a.pkl", b"1", b"2", 0, [False], "files of its kind"),
    ("a.parquet", b"1", None, 0, [True], ""),
    ("a.csv", b"x\n1.0\n", b"x\n1\n", 1, [], ""),
    ("a.csv", b"x\n1\n", b"x\n2\n", 1, [True], ""),
    ("a.csv", b"x\n" + b"1" * 200_000, b"x\n" + b"2" * 200_000, 1, [True], ""),
    ("a.json", b"{", b"[", 1, [True], ""),
    ("a.txt", None, b"1", 0, [], "is gone from the server"),
    ("model/model.pkl", b"1", b"1", 1, [], ""),
    ("model/model.pkl", b"1", b"2", 0, [], "what it predicts"),
    ("model/model.pkl", b"1", None, 0, [], "not logged again"),
    ("model/MLmodel", b"1", b"2", 0, [], ""),
]


def compared(monkeypatch: pytest.MonkeyPatch, row: dict[str, Any], was: bytes | None, now: Path | None) -> Findings:
    run = cast("StoredRun", {"id": "r", "name": "x", "params": {}, "metrics": {}, "source": {"executionId": None}})
    findings = Findings()
    monkeypatch.setattr(compare_runs, "read_artifacts", lambda _link, _run: {row["path"]: row})
    monkeypatch.setattr(compare_runs, "read_artifact", lambda *_: was)
    monkeypatch.setattr(compare_runs, "read_series", lambda *_: {})
    again = RemadeRun("n", "x", 0, None, files={row["path"]: now} if now is not None else {})
    comparer = compare_runs.RunComparer(cast("Any", None), Original(run, [], []), findings, TOLERANCES, ())
    comparer.compare(run, again, None)
    return findings


@pytest.mark.parametrize(
    ("path", "was", "now", "counted", "differing", "noted"), FILES, ids=[f"{number} {case[0]}" for number, case in enumerate(FILES)]
)
def test_a_file_is_compared_by_its_digest_and_then_by_what_it_holds(
    path: str,
    was: bytes | None,
    now: bytes | None,
    counted: int,
    differing: list[bool],
    noted: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = {"path": path, "size": len(was or b""), "digest": hashlib.sha256(was or b"gone").hexdigest()}
    file = tmp_path / "file"
    if now is not None:
        file.write_bytes(now)
    findings = compared(monkeypatch, row, was, file if now is not None else None)
    assert findings.files == counted
    assert [one["counts"] for one in findings.differences] == differing
    assert noted in " ".join(findings.notes)
    assert bool(findings.notes) == bool(noted)
    assert json.dumps(findings.record())


@pytest.mark.parametrize("path", ["a.csv", "a.npy", "a.pkl"])
def test_of_a_large_file_no_more_is_held_than_its_digest_needs(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    with file.open("wb") as empty:
        empty.truncate(HUGE)

    def read(_file: Path) -> bytes:
        raise AssertionError("read as a whole")

    monkeypatch.setattr(Path, "read_bytes", read)
    findings = compared(monkeypatch, {"path": path, "size": 1, "digest": "0" * 64}, None, file)
    assert findings.notes or findings.differences
