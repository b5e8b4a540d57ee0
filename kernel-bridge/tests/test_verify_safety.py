"""What a verification keeps from the person's own files, environment and machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from server import Api
from test_verify_limits import LOG, recorded

from cellkeep.cli.main import main
from cellkeep.link import ServerLink
from cellkeep.snapshots.kernel_half import KernelHalf
from cellkeep.verifying import building, predictions
from cellkeep.verifying.environment import Allowed
from cellkeep.verifying.findings import Findings
from cellkeep.verifying.original import Original, chosen_of_session, chosen_snapshot
from cellkeep.verifying.packages import Lock, lock_of
from cellkeep.verifying.remade import read_mlflow
from cellkeep.verifying.workplace import bring_files, kernel_variables, workplace
from cellkeep.wire import KernelRecord, StoredExecution, StoredRun, Tolerances

TOLERANCES: Tolerances = {"relative": 1e-9, "absolute": 0, "metrics": {}, "images": 0.02}

#: Each ends with an assertion about itself; the folder of the person stands for {folder}.
CELLS = [
    "import os, subprocess, sys\nfolder = {folder!r}\nfrom pathlib import Path",
    # into the recorded folder by its absolute path: its copy is meant
    "os.chdir(folder)\nPath('out.csv').write_text('new')\nassert Path('out.csv').read_text() == 'new' and os.getcwd() != folder",
    "%cd -q {folder}/sub\nPath('inner.csv').write_text('new')",
    # past the copy: refused, with the reason
    """
def refused(what, *words):
    try:
        what(*words)
    except PermissionError as error:
        assert 'verify writes only into its scratch folder' in str(error), error
    else:
        raise AssertionError(f'{{what}} was not refused')
there = folder + '/out.csv'
refused(open, there, 'w'), refused(open, there, 'r+'), refused(os.remove, there)
refused(os.rename, there, 'x'), refused(os.truncate, there, 0)
refused(os.rename, 'inner.csv', there), refused(os.mkdir, folder + '/new')
refused(os.open, there, os.O_WRONLY), refused(os.chmod, there, 0)
os.symlink(there, 'link')
refused(open, 'link', 'a')
assert open(there).read() == 'mine'""",
    # by a Python of its own
    "done = subprocess.run([sys.executable, '-c', f'open({{there!r}}, \"w\")'], capture_output=True, text=True)\n"
    "assert 'verify writes only into' in done.stderr",
    "import tempfile\nwith tempfile.NamedTemporaryFile() as file: file.write(b'x')\nos.makedirs('/tmp', exist_ok=True)",
    # installing, in all ways
    "def told(lines): assert any('verify does not install' in line for line in lines), lines",
    "out = !pip install nothing-of-this-name\ntold(out)",
    "out = !{{sys.executable}} -m pip install \\\n    nothing-of-this-name\ntold(out)",
    "out = !uv pip install nothing-of-this-name\ntold(out)\nout = !conda install -y nothing-of-this-name\ntold(out)",
    "done = subprocess.run([sys.executable, '-m', 'pip', 'install', 'nothing'], capture_output=True, text=True, check=True)\n"
    "told(done.stdout.splitlines())",
    "out = !python -W ignore -mpip --timeout 3 install nothing-of-this-name\ntold(out)",
    "out = !sudo -H pip install nothing-of-this-name\ntold(out)",
    "%pip install nothing-of-this-name",
    "%conda install nothing-of-this-name",
    "%%bash\npip install nothing-of-this-name",
    "get_ipython().system('pip3 uninstall -y pytest')\n"
    "text = '''\n!pip install x\n'''\nassert '!pip install x' in text and 'pass' not in text",
    "out = !pip --version\nassert out[0].startswith('pip '), out\nout = !mamba --version\nassert 'not found' in out[0], out",
    # the same Python everywhere, and of the recorded variables only those that change results
    "out = !python -c 'import sys; print(sys.prefix)'\nassert out[0] == sys.prefix, out",
    "assert os.environ['OMP_NUM_THREADS'] == '3' and 'PYTHONINSPECT' not in os.environ and 'BASH_ENV' not in os.environ",
]


def with_kernel(api: Api, run: str, **kernel: Any) -> None:
    """Add a snapshot of the run's end."""
    session = api.get(f"runs/{run}")["source"]["sessionId"]
    told = {"sessionId": session, "lastOrder": None, "environment": None, "git": None, "files": [], **kernel}
    api.put(f"snapshots/{uuid.uuid4()}", {"reason": "end", "takenAt": 3_000, "runIds": [run], "kernel": told})


def test_what_cells_do_to_the_persons_folder_and_environment_does_not_reach_them(
    api: Api, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    (folder / "sub").mkdir(parents=True)
    for file in (folder / "out.csv", folder / "sub" / "inner.csv"):
        file.write_text("mine")
    run = recorded(api, *(cell.format(folder=str(folder)) for cell in CELLS), "y = 1.5", LOG)
    with_kernel(
        api, run, folder=str(folder), variables={"OMP_NUM_THREADS": "3", "PYTHONINSPECT": "1", "BASH_ENV": "/x", "LD_PRELOAD": "/x"}
    )
    code = main(["verify", run, "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert (code, findings["error"]) == (0, None)
    assert sorted(path.name for path in folder.rglob("*")) == ["inner.csv", "out.csv", "sub"]
    assert (folder / "out.csv").read_text() == (folder / "sub" / "inner.csv").read_text() == "mine"
    assert any("was refused; other programs" in note for note in findings["notes"])
    assert any("did not install" in note for note in findings["notes"])


def test_who_says_so_lets_cells_write_and_no_server_is_told_that(api: Api, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = recorded(api, f"open({str(tmp_path / 'out.csv')!r}, 'w').write('new')", "y = 1.5", LOG)
    with_kernel(api, run, folder=str(tmp_path))
    assert main(["verify", run, "--allow-writes"]) == 0, capsys.readouterr()
    assert (tmp_path / "out.csv").read_text() == "new"
    for word in ("--allow-writes", "--allow-sources", "--substitute"):
        assert main(["verify", run, "--on-server", word]) == 5
        assert "never on a server" in capsys.readouterr().err


def test_a_snapshot_of_somebody_else_decides_nothing() -> None:
    found = Original(cast("StoredRun", {"id": "r", "userName": "ann"}), [], [0])
    rows = [
        {
            "id": name,
            "userName": name,
            "hasKernel": True,
            "runs": [{"id": "r", "reason": reason}],
            "reason": reason,
            "takenAt": at,
            "lastOrder": 1,
        }
        for name, reason, at in (("ann", "start", 1), ("mallory", "end", 2), ("bob", "end", 1))
    ]
    assert cast("Any", chosen_snapshot(rows, found, {"ann"}))["id"] == "ann"
    assert cast("Any", chosen_snapshot(rows, found, {"ann", "bob"}))["id"] == "bob"
    assert cast("Any", chosen_of_session(rows, found, {"ann"}))["id"] == "ann"
    assert chosen_snapshot(rows[1:2], found, {"ann"}) is None
    assert "by others than its author are ignored: bob, mallory" in found.notes[0]


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("PYTHONHASHSEED", "0", True),
        ("TZ", "Europe/Berlin", True),
        ("CUDA_VISIBLE_DEVICES", "0,1", True),
        ("CUBLAS_WORKSPACE_CONFIG", ":4096:8", True),
        ("CELLKEEP_EXPERIMENT", "my study", True),
        ("TZ", ":/etc/passwd", False),
        ("LC_ALL", "../../x", False),
        ("LD_PRELOAD", "/tmp/x.so", False),
        ("PYTHONSTARTUP", "x.py", False),
        ("PYTHONPATH", "/tmp/x", False),
        ("OMP_TOOL_LIBRARIES", "x.so", False),
        ("TORCH_EXTENSIONS_DIR", "x", False),
        ("PATH", "/tmp/x", False),
    ],
)
def test_of_recorded_variables_only_those_that_change_results_are_set(name: str, value: str, taken: bool) -> None:
    with workplace("") as place:
        kernel = cast("KernelRecord", {"variables": {name: value}})
        assert (kernel_variables(place, kernel, {"PATH": "/bin", "CONDA_PREFIX": "/c"}, sys.executable).get(name) == value) is taken


def test_in_a_built_environment_its_programs_come_first(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").touch()
    python = str(tmp_path / "bin" / "python")
    with workplace("") as place:
        variables = kernel_variables(
            place, None, {"PATH": "/usr/bin", "CONDA_PREFIX": "/c", "VIRTUAL_ENV": "/other", "PYTHONHOME": "/p"}, python
        )
    assert variables["PATH"].split(os.pathsep)[1:] == [str(tmp_path / "bin"), "/usr/bin"]
    assert (variables["VIRTUAL_ENV"], "CONDA_PREFIX" in variables, "PYTHONHOME" in variables) == (str(tmp_path), False, False)


def test_what_a_repository_has_is_built_only_where_somebody_says_so() -> None:
    recorded = {"g": {"name": "g", "version": "1", "hash": "", "source": "git+https://host/g@abc"}}
    assert lock_of(cast("Any", recorded)).unavailable == {"g": "it came from a repository, which is built only with --allow-sources"}
    assert lock_of(cast("Any", recorded), sources=True).lines == {"g": "g @ git+https://host/g@abc"}
    assert Allowed() == Allowed(sources=False, substitutes=False)


@pytest.mark.parametrize(("substitutes", "asked"), [(False, []), (True, ["own"])])
def test_another_version_is_installed_only_where_somebody_says_so(
    substitutes: bool, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[str] = []

    def install(_self: Any, *words: str) -> str:
        lines = Path(words[-1]).read_text() if "-r" in words else ""
        wanted.extend(word for word in words[-1:] if word == "own")
        return "ERROR: No matching distribution found for own==7" if "own==7" in lines else ""

    monkeypatch.setattr(building._Installer, "_make", lambda _self, _minor: None)
    monkeypatch.setattr(building._Installer, "_install", install)
    monkeypatch.setattr(building._Installer, "_command", lambda _self, _command: (0, "8"))
    built = building.build_environment(tmp_path, "3.11", Lock({"own": "own==7"}, {}), lambda _text: None, substitutes)
    assert wanted == asked
    assert ("left out" in built.replaced["own"]) is not substitutes


_MODELS = """
import sys, types
class Model:
    @staticmethod
    def load(path): return Model()
    def load_input_example(self, path): return [1]
class Loaded:
    def __init__(self, path): self.path = path
    def predict(self, example):
        if open(self.path + '/bad').read() == 'yes': raise RuntimeError('it cannot')
        return [1.0]
class Numpy:
    @staticmethod
    def asarray(value):
        return types.SimpleNamespace(tolist=lambda: value)
for name in ('mlflow', 'mlflow.pyfunc', 'mlflow.models', 'numpy', 'pandas'):
    sys.modules[name] = types.ModuleType(name)
sys.modules['mlflow'].pyfunc = sys.modules['mlflow.pyfunc']
sys.modules['mlflow.models'].Model = Model
sys.modules['mlflow.pyfunc'].load_model = Loaded
sys.modules['numpy'].asarray = Numpy.asarray
sys.modules['pandas'].DataFrame = type('DataFrame', (), {})
"""


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("no", "no", {"was": [1.0], "now": [1.0]}),
        ("no", "yes", {"was": [1.0], "failed": "RuntimeError: it cannot"}),
        ("yes", "no", {"skipped": "RuntimeError: it cannot"}),
    ],
    ids=["both predict", "only the original", "not even the original"],
)
def test_a_remade_model_that_does_not_predict_is_a_difference_and_not_a_note(
    was: str, now: str, told: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, bad in (("was", was), ("now", now)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "bad").write_text(bad)
    monkeypatch.setattr(predictions, "_PREDICT", _MODELS + predictions._PREDICT)
    assert predictions._predict(sys.executable, tmp_path / "was", tmp_path / "now", os.environ) == told


def test_a_remade_model_that_takes_too_long_counts_as_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Link:
        def call(self, *_words: object) -> Any:
            return {"outputs": [{"id": "m-1", "name": "forest", "createdAt": 1}]}

    def run(*_words: object, **_named: object) -> Any:
        raise subprocess.TimeoutExpired("python", 900, output=b'{"was": [1.0]}\n')

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(predictions, "_download", lambda *_words: "")
    findings = Findings()
    models = [tmp_path / "remade"]
    run_row = cast("StoredRun", {"id": "r"})
    predictions.compare_predictions(cast("ServerLink", Link()), run_row, models, "python", tmp_path, {}, TOLERANCES, findings)
    assert [(one["kind"], one["name"], one["now"], one["counts"]) for one in findings.differences] == [
        ("prediction", "forest", "it did not predict within 900 s", True)
    ]


def test_models_of_one_run_are_paired_in_the_order_in_which_they_were_logged(tmp_path: Path) -> None:
    run = tmp_path / "0" / "abc"
    run.mkdir(parents=True)
    (run / "meta.yaml").write_text("run_id: abc\nstart_time: 1\n")
    for model, at in (("m-9", 10), ("m-1", 30), ("m-5", 20)):
        (run / "outputs" / model).mkdir(parents=True)
        (tmp_path / "0" / "models" / model).mkdir(parents=True)
        (tmp_path / "0" / "models" / model / "meta.yaml").write_text(f"creation_timestamp: {at}\nmodel_id: {model}\n")
    (found,) = read_mlflow(tmp_path, [])
    assert [path.parent.name for path in found.models] == ["m-9", "m-5", "m-1"]


def test_the_folder_of_a_record_is_the_one_in_which_the_kernel_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    half = KernelHalf(cast("Any", SimpleNamespace(session=SimpleNamespace(id="s", script=None))))
    monkeypatch.chdir("/")
    assert half.read(None)[0]["folder"] == str(tmp_path)


@pytest.mark.parametrize(
    ("touched", "began", "copied", "said"),
    [
        (True, 0, False, ""),
        (False, 0, True, "what was read then is lost"),
        (False, 2**53, True, ""),
        (None, 0, False, "in which order is not recorded"),
        (None, 2**53, True, ""),
    ],
    ids=["written first", "read first, written later", "read, not written since", "unknown and newer", "unknown and older"],
)
def test_what_the_run_itself_wrote_is_no_input(touched: bool | None, began: int, copied: bool, said: str, tmp_path: Path) -> None:
    path = tmp_path / "cache.bin"
    path.write_text("made")
    touches = [{"name": f"file:{path}", "how": "bound", "sure": True}] if touched else []
    flow = None if touched is None else {"needs": [], "touches": touches}
    execution = cast("StoredExecution", {"order": 4, "startedAt": began, "flow": flow})
    file = {"path": str(path), "mode": "both", "size": 4, "digest": None, "orders": [4, 6]}
    findings = Findings()
    with workplace(str(tmp_path)) as place:
        bring_files(place, cast("KernelRecord", {"files": [file]}), [execution], findings)
        assert (place.work / "cache.bin").exists() is copied
    assert [note for note in findings.notes if said and said in note] == findings.notes
