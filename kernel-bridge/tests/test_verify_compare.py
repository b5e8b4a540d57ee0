"""What is the same and what is not: text, tables, pictures, series; and where an environment comes from."""

from __future__ import annotations

import base64
import io
import json
import math
import multiprocessing
import os
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from cellkeep.snapshots.canonical import digest_of, output_part
from cellkeep.verifying import environment as environments
from cellkeep.verifying.building import Built, not_there
from cellkeep.verifying.compare_images import NoImage, image_distance
from cellkeep.verifying.compare_numbers import Tolerance, compare_series
from cellkeep.verifying.compare_outputs import OutputComparer
from cellkeep.verifying.compare_tables import Table, compare_tables, read_html
from cellkeep.verifying.compare_text import compare_text
from cellkeep.verifying.environment import find_interpreter
from cellkeep.verifying.findings import Findings
from cellkeep.verifying.packages import Lock, lock_of, this_minor
from cellkeep.verifying.remade import read_mlflow
from cellkeep.wire import Environment, StoredExecution, Tolerances

EXACT = Tolerance(1e-9, 0)
TOLERANCES: Tolerances = {"relative": 1e-9, "absolute": 0, "metrics": {}, "images": 0.02}
SAME = [
    ("an object's address", "<Forest at 0x7f3a1234abcd>", "<Forest at 0x7f0000000010>"),
    ("a timing", "CPU times: user 3 ms\nWall time: 12 s\n0.9", "CPU times: user 99 ms\nWall time: 1 s\n0.9"),
    ("a timing of many loops", "12 µs ± 3 ns per loop (mean ± std. dev. of 7 runs)", "99 µs ± 1 ns per loop (mean ± std. dev. of 7 runs)"),
    ("a temporary folder", "/tmp/tmpab12cd34/model", "/tmp/tmpzz99yy88/model"),
    ("a cell as a file", "/tmp/ipykernel_11/22.py:3: UserWarning: x", "/tmp/ipykernel_33/44.py:7: UserWarning: x"),
    ("a run's id", "run 0123456789abcdef0123456789abcdef", "run fedcba9876543210fedcba9876543210"),
    ("MLflow's links", "🏃 View run owl at: http://a/#/1\n🧪 View experiment at: http://a/#/2\n0.5", "0.5"),
    ("MLflow's links and nothing else", "🏃 View run owl at: http://a/#/1\n🧪 View experiment at: http://a/#/2\n", ""),
    ("a progress bar's past", "10%\r50%\r100%", "33%\r100%"),
    ("the time before a log line", "2026-11-25 10:00:00,123 INFO done", "2026-11-26 11:11:11,456 INFO done"),
    ("the working folder", "/home/me/work/a.csv", "/tmp/scratch/work/a.csv"),
    ("colours", "\x1b[31mred\x1b[0m", "red"),
]
DIFFERENT = [
    ("a number", "auc 0.91", "auc 0.92"),
    ("a date that is a result", "last flight 2013-12-31", "last flight 2013-12-30"),
    ("a short hexadecimal number", "flags 0x1f", "flags 0x2f"),
    ("a line more", "a", "a\nb"),
]


@pytest.mark.parametrize(("was", "now"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_what_differs_from_process_to_process_is_no_difference(was: str, now: str) -> None:
    assert compare_text(was, now, ("/tmp/scratch/work", "/home/me/work")) is None


@pytest.mark.parametrize(("was", "now"), [case[1:] for case in DIFFERENT], ids=[case[0] for case in DIFFERENT])
def test_what_is_a_result_is_one(was: str, now: str) -> None:
    assert compare_text(was, now) is not None


def table(*rows: tuple[object, ...]) -> str:
    return "<table>" + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows) + "</table>"


def cells(html: str) -> Table:
    found = read_html(html)
    assert found is not None
    return found.table


def test_tables_are_compared_cell_by_cell_within_the_tolerance() -> None:
    was, near = cells(table(("UA", 3.558011), ("B6", "NaN"))), cells("<style>td {x: 1}</style>" + table(("UA", 3.558012), ("B6", "NaN")))
    assert compare_tables(was, near, Tolerance(1e-5, 0)) is None
    found = compare_tables(was, near, EXACT)
    assert found is not None
    assert (found.was, found.now) == ("row 1, column 2: 3.558011", "row 1, column 2: 3.558012")
    assert found.distance == pytest.approx(2.8e-7, rel=0.1)
    fewer = compare_tables(was, was[:1], EXACT)
    assert fewer is not None
    assert fewer.was == "2 rows, 2 columns"


def plot(shift: float = 0.0, **more: Any) -> bytes:
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    x = np.linspace(0, 10, 200)
    figure, axes = plt.subplots()
    axes.plot(x, np.sin(x + shift), **more)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return buffer.getvalue()


def test_pictures_that_look_the_same_are_near_and_another_curve_is_far() -> None:
    was = plot()
    dust = image_distance(was, plot(1e-6))
    other = image_distance(was, plot(1.0))
    colour = image_distance(was, plot(color="red"))
    assert dust < 0.001
    assert 0.02 < other <= 1
    assert 0.02 < colour < other, "in grey it would be 0.002"
    assert image_distance(was, plot(0.02)) > 0.02, "over all of the paper it would be 0.011"
    assert image_distance(was, was) == 0


def test_pictures_of_other_shapes_are_far_and_what_is_no_picture_is_said() -> None:
    from PIL import Image

    def grey(width: int, height: int) -> bytes:
        buffer = io.BytesIO()
        Image.new("L", (width, height), 128).save(buffer, "PNG")
        return buffer.getvalue()

    assert image_distance(grey(100, 50), grey(50, 100)) == 1
    assert image_distance(grey(100, 50), grey(101, 50)) < 0.01
    with pytest.raises(NoImage, match="cannot be read"):
        image_distance(grey(9, 9), b"<svg>")


def test_a_series_is_compared_point_by_point_and_nan_is_itself() -> None:
    was = [(0, 1.0), (1, math.nan), (2, math.inf)]
    assert compare_series(was, list(was), EXACT) is None
    found = compare_series(was, [(0, 1.0), (1, 0.5), (2, math.inf)], EXACT)
    assert found is not None
    assert (found.was, found.now, found.distance) == ("nan at step 1", "0.5 at step 1", math.inf)
    fewer = compare_series(was, was[:2], EXACT)
    assert fewer is not None
    assert fewer.now == "2 points, steps 0 to 1"


def execution(outputs: list[dict[str, Any]]) -> tuple[StoredExecution, dict[str, dict[str, Any]]]:
    stored = {digest_of(output_part(output)): output for output in outputs}
    record = {"order": 4, "executionCount": 7, "cellId": "c", "outputs": list(stored), "error": None}
    return cast("StoredExecution", record), stored


def shown(**data: str) -> dict[str, Any]:
    media = {name.replace("_", "/"): value for name, value in data.items()}
    return {"output_type": "display_data", "data": media, "metadata": {}}


def stream(name: str, text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


CASES: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]], list[tuple[str, str, bool]]]] = [
    ("prints in other pieces", [stream("stdout", "ab")], [stream("stdout", "a"), stream("stdout", "b")], []),
    ("another print", [stream("stdout", "1")], [stream("stdout", "2")], [("output", "In[7] stdout", True)]),
    ("another warning counts not", [stream("stderr", "1")], [stream("stderr", "2")], [("output", "In[7] stderr", False)]),
    ("a frame by its cells", [shown(text_html=table((1,)), text_plain="a")], [shown(text_html=table(("1.0",)), text_plain="b")], []),
    ("another frame", [shown(text_html=table((1,)))], [shown(text_html=table((2,)))], [("output", "In[7] table", True)]),
    ("a display less", [shown(text_plain="a")], [], [("missing", "In[7] output 1", True)]),
    ("a display more", [], [shown(text_plain="a")], [("extra", "In[7] output 1", True)]),
    (
        "JSON within the tolerance",
        [{**shown(), "data": {"application/json": {"y": [1.0]}}}],
        [{**shown(), "data": {"application/json": {"y": [1.0 + 1e-12]}}}],
        [],
    ),
    (
        "a widget is left out",
        [{**shown(), "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}}}],
        [{**shown(), "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "b"}}}],
        [],
    ),
]


@pytest.mark.parametrize(("was", "now", "told"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_outputs_of_a_cell(was: list[dict[str, Any]], now: list[dict[str, Any]], told: list[tuple[str, str, bool]]) -> None:
    record, stored = execution(was)
    findings = Findings()
    OutputComparer(findings, TOLERANCES, (), stored.get).compare(record, now)
    assert [(one["kind"], one["name"], one["counts"]) for one in findings.differences] == told
    assert all((one["order"], one["cellId"]) == (4, "c") for one in findings.differences)


def test_a_picture_within_its_tolerance_is_the_same_and_an_output_that_is_gone_is_said() -> None:
    png = {"output_type": "display_data", "data": {"image/png": base64.b64encode(plot()).decode()}, "metadata": {}}
    near = {**png, "data": {"image/png": base64.b64encode(plot(1e-6)).decode()}}
    far = {**png, "data": {"image/png": base64.b64encode(plot(1.0)).decode()}}
    record, stored = execution([png])
    for now, drifts in ((near, 0), (far, 1)):
        findings = Findings()
        OutputComparer(findings, TOLERANCES, (), stored.get).compare(record, [now])
        assert (findings.drifts, findings.images) == (drifts, 1)
    findings = Findings()
    OutputComparer(findings, TOLERANCES, (), lambda _digest: None).compare(record, [far])
    assert (findings.drifts, findings.notes) == (0, ["In[7]: some of its outputs are not on the server and were not compared"])


def test_runs_of_mlflow_belong_to_the_execution_during_which_they_began(tmp_path: Path) -> None:
    run = tmp_path / "7" / "abc"
    (run / "metrics" / "val").mkdir(parents=True)
    (run / "params").mkdir()
    (run / "meta.yaml").write_text("run_id: abc\nrun_name: 'tree'\nstart_time: 1500\n")
    (run / "metrics" / "val" / "auc").write_text("1501 0.5 1\n1500 nan 0\n1501 0.5 1 data 12ab m-1\n")
    (run / "params" / "depth").write_text("3")
    (tmp_path / "7" / "meta.yaml").write_text("experiment_id: 7\nname: x\n")
    (found,) = read_mlflow(tmp_path, [(1_000, 1_400), (1_450, 1_600)])
    assert (found.name, found.place, found.params) == ("tree", 1, {"depth": "3"})
    assert [step for step, _ in found.series["val/auc"]] == [0, 1]


def environment(**packages: str) -> Environment:
    listed = [{"name": name, "version": version, "hash": "", "source": ""} for name, version in packages.items()]
    return cast("Environment", {"python": f"{this_minor()}.0", "packages": listed})


def test_a_lock_holds_packages_and_nothing_else() -> None:
    recorded = environment(x="1.0", y="1.0\n--index-url https://evil", z="1.0")["packages"]
    recorded[2]["source"] = "editable"
    recorded.append({"name": "-r /etc/passwd", "version": "1", "hash": "", "source": ""})
    recorded.append({"name": "g", "version": "1", "hash": "", "source": "git+https://host/g@abc"})
    lock = lock_of({package["name"]: package for package in recorded}, sources=True)
    assert lock.lines == {"x": "x==1.0", "g": "g @ git+https://host/g@abc"}
    assert sorted(lock.unavailable) == ["-r /etc/passwd", "y", "z"]


def test_what_a_registry_does_not_have_is_read_from_what_the_installer_says() -> None:
    pip = "ERROR: Could not find a version of Foo_Bar==9 (from versions: 1)\nERROR: No matching distribution found for Foo_Bar==9"
    uv = "  No solution found:\n  Because foo-bar was not found in the package registry and you require foo-bar==9, we can conclude"
    assert [not_there(pip), not_there(uv), not_there("error: no space left on device")] == ["foo-bar", "foo-bar", ""]


class Builder:
    """Stands where environments are built: makes the folder, and counts."""

    def __init__(self, counter: Path, break_off: bool = False) -> None:
        self._counter = counter
        self._break_off = break_off

    def __call__(self, folder: Path, _minor: str, _lock: Lock, _progress: Any, _substitutes: bool) -> Built:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()
        with self._counter.open("a") as file:
            file.write("built\n")
        if self._break_off:
            raise KeyboardInterrupt
        return Built(str(folder / "bin" / "python"))

    @property
    def times(self) -> int:
        return len(self._counter.read_text().splitlines())


def _find(_at: int) -> tuple[str, str | None]:
    findings = Findings()
    return find_interpreter(environment(nothing="1.0"), True, findings, lambda _text: None), findings.environment


def test_an_environment_is_built_once_for_all_that_ask_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    builder = Builder(tmp_path / "count")
    monkeypatch.setattr(environments, "build_environment", builder)
    with multiprocessing.get_context("fork").Pool(3) as pool:
        found = pool.map(_find, range(3), chunksize=1)
    assert len({python for python, _ in found}) == 1
    assert sorted(how or "" for _, how in found) == ["rebuilt", "reused", "reused"]
    assert builder.times == 1


def test_what_a_broken_off_build_has_left_is_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(environments, "build_environment", Builder(tmp_path / "count", break_off=True))
    with pytest.raises(KeyboardInterrupt):
        _find(0)
    whole = Builder(tmp_path / "count")
    monkeypatch.setattr(environments, "build_environment", whole)
    assert _find(0)[1] == "rebuilt"
    assert whole.times == 2
    [folder] = [one for one in environments.environments_folder().iterdir() if one.is_dir()]
    os.utime(folder, (0, 0))
    assert _find(0)[1] == "reused"
    assert folder.stat().st_mtime > 0, "a server removes what nobody has used for weeks"


def test_asked_to_build_anew_it_does_and_findings_stay_within_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    builder = Builder(tmp_path / "count")
    monkeypatch.setattr(environments, "build_environment", builder)
    for reuse in (True, False):
        findings = Findings()
        find_interpreter(environment(nothing="1.0"), reuse, findings, lambda _text: None)
        assert findings.environment == "rebuilt"
    for number in range(1_200):
        findings.differ("metric", "x" * 5_000, "\x00" * 5_000, number, order=number)
    record = findings.record()
    assert (len(record["differences"]), record["firstOrder"]) == (1_000, 0)
    assert "201 more differences" in record["notes"][-1]
    assert "\x00" not in json.dumps(record)
    assert len(json.dumps(record)) < 10_000_000
