"""Runs of other tools, written by the tools themselves, brought to the real server and compared with what they hold."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import socket
import sqlite3
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from server import Api, Server

from cellkeep.cli.main import main
from cellkeep.importing import reaching
from cellkeep.importing.bring import Different, Report, bring
from cellkeep.importing.from_tensorboard import tensorboard_runs
from cellkeep.importing.from_wandb import BrokenLog, read_pieces
from cellkeep.importing.models import SourceRegistration, SourceVersion, bring_registration
from cellkeep.importing.source import Points, SourceFile, SourceRun
from cellkeep.link import ServerAway, ServerLink
from cellkeep.settings import parse_server


def _png() -> bytes:
    """One grey pixel."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + part(b"IDAT", zlib.compress(b"\0\x80")) + part(b"IEND", b"")


PNG = _png()
Import = Callable[..., dict[str, Any]]


@pytest.fixture
def imported(capsys: pytest.CaptureFixture[str]) -> Import:
    """Run `cellkeep import …` and return its report; `code` is the exit code that it is to have."""

    def run(*words: str, code: int = 0) -> dict[str, Any]:
        found = main(["import", *words, "--json"])
        told = capsys.readouterr()
        assert found == code, told.err
        report: dict[str, Any] = json.loads(told.out)
        return report

    return run


def written(folder: Path, program: str, **env: str) -> None:
    """Run a program that logs with another tool."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


MLFLOW = """
import math, mlflow, shutil
import numpy as np
from pathlib import Path
from sklearn.linear_model import LinearRegression

def runs(uri, experiment):
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name="forest", description="# notes") as parent:
        mlflow.log_params({"depth": 6, "text": "ä" * 10})
        mlflow.set_tag("team", "blue")
        for step in range(50):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metric("odd", math.nan, step=-3)
        mlflow.log_metric("odd", math.inf, step=7)
        Path("model.bin").write_bytes(bytes(range(256)) * 1000)
        mlflow.log_artifact("model.bin", "model/deep")
        mlflow.log_text("hello", "a b/notes.txt")
        with mlflow.start_run(run_name="fold", nested=True, tags={"mlflow.user": "zed"}):
            mlflow.log_metric("loss", 2.0)
    try:
        with mlflow.start_run(run_name="broken") as run:
            mlflow.set_tag("mlflow.parentRunId", run.info.run_id)
            raise RuntimeError("as it happens")
    except RuntimeError:
        pass

def models(uri):
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    mlflow.set_experiment("from mlflow models")
    model = LinearRegression().fit(np.arange(10.0).reshape(-1, 1), np.arange(10.0) * 2)
    mlflow.set_experiment_tag("team", "blue")
    with mlflow.start_run(run_name="line"):
        mlflow.log_input(mlflow.data.from_numpy(np.arange(10.0), name="ten"), context="training")
        for _ in range(3):
            logged = mlflow.sklearn.log_model(model, name="line", registered_model_name="imported line", pip_requirements=["scikit-learn"])
        mlflow.log_metric("rmse", 0.25, step=3, model_id=logged.model_id)
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("unreadable", artifact_location="s3://nowhere/at/all"))
    with mlflow.start_run(run_name="beyond"):
        mlflow.log_metric("a", 1)
    mlflow.set_experiment("gone")
    with mlflow.start_run(run_name="last"):
        pass
    client = mlflow.MlflowClient()
    client.delete_experiment(client.get_experiment_by_name("gone").experiment_id)
    client.delete_model_version("imported line", "2")
    client.set_registered_model_alias("imported line", "champion", "1")
    client.set_model_version_tag("imported line", "3", "checked", "yes")
    client.update_registered_model("imported line", "a line")
    client.register_prompt("imported-prompt", "Hello {{name}}")
    client.register_prompt("imported-prompt", "Good day {{name}}")

mlflow.set_tracking_uri("sqlite:///runs.db")
mlflow.search_experiments()
shutil.copy("runs.db", "models.db")  # to make its tables takes MLflow several seconds
runs("sqlite:///runs.db", "from mlflow database")
runs("sqlite:///runs.db", "broken off")
runs(Path("folder").absolute().as_uri(), "from mlflow folder")
models("sqlite:///models.db")
"""


@pytest.fixture(scope="module")
def mlflows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What MLflow has left in runs.db, models.db and folder: one process for all, which imports half of the world."""
    at = tmp_path_factory.mktemp("mlflow")
    written(at, MLFLOW, MLFLOW_ALLOW_FILE_STORE="true")
    return at


@pytest.mark.timeout(300)  # the first of them waits for MLflow
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("kind", ["folder", "database"])
def test_an_mlflow_is_brought_whole_and_a_second_time_changes_nothing(api: Api, imported: Import, mlflows: Path, kind: str) -> None:
    name = f"from mlflow {kind}"
    given = str(mlflows / "folder") if kind == "folder" else f"sqlite:///{mlflows}/runs.db"
    report = imported("mlflow", given, "--experiment", name)
    assert (report["brought"], report["skipped"], report["failed"]) == (3, 0, [])
    assert {(entry["run"], entry["remark"]) for entry in report["remarks"]} == {("broken", "it is its own parent there")}
    assert (report["points"], report["files"]) == (53, 2)
    runs = {run["name"]: run for run in api.runs(name)}
    forest, fold = runs["forest"], runs["fold"]
    assert [runs[run]["status"] for run in ("forest", "fold", "broken")] == ["finished", "finished", "failed"]
    assert (fold["parentRunId"], runs["broken"]["parentRunId"]) == (forest["id"], None)
    assert (fold["user"], fold["userName"] == "zed") == ("zed", False)  # whose it was there, and whose account has brought it
    assert forest["params"] == {"depth": "6", "text": "ä" * 10}
    assert forest["tags"]["team"] == "blue"
    assert forest["notes"] == "# notes"
    assert [value for _, value in api.points(forest["id"], "loss")] == [1 / (step + 1) for step in range(50)]
    infinite = math.inf if kind == "folder" else sys.float_info.max  # which is what MLflow's database holds for it
    assert repr(api.points(forest["id"], "odd")) == repr([(-3, math.nan), (7, infinite)])
    assert set(api.artifacts(forest["id"])) == {"model/deep/model.bin", "a b/notes.txt"}
    assert api.content(forest["id"], "model/deep/model.bin") == bytes(range(256)) * 1000
    again = imported("mlflow", given, "--experiment", name)
    assert (again["brought"], again["skipped"], again["points"]) == (0, 3, 0)


@pytest.mark.timeout(300)
def test_an_import_that_was_broken_off_goes_on_with_what_is_missing(
    api: Api, server: Server, imported: Import, mlflows: Path, tmp_path: Path
) -> None:
    uri = f"sqlite:///{mlflows}/runs.db"
    with sqlite3.connect(mlflows / "runs.db") as database:
        ((artifacts,),) = database.execute(
            "select artifact_uri from runs natural join (select experiment_id from experiments where name = 'broken off')"
            " where runs.name = 'forest'"
        )
    database.close()
    lost = mlflows / artifacts.removeprefix("file://").removeprefix("./") / "model/deep/model.bin"
    content = lost.read_bytes()
    lost.unlink()
    lost.parent.joinpath("model.bin").symlink_to(tmp_path / "nowhere")  # listed, but not to be read
    report = imported("mlflow", uri, "--experiment", "broken off", code=1)
    ((run, reason),) = [(entry["run"], entry["reason"]) for entry in report["failed"]]
    assert run == "forest"
    assert reason.startswith("without some of its files: FileNotFoundError: ")
    assert report["brought"] == 2
    (forest,) = [run for run in api.runs("broken off") if run["name"] == "forest"]
    assert (forest["status"], forest["endedAt"] is None, forest["tags"]["team"]) == ("finished", False, "blue")
    assert set(api.artifacts(forest["id"])) == {"a b/notes.txt"}
    lost.unlink()
    lost.write_bytes(content)
    report = imported("mlflow", uri, "--experiment", "broken off")
    assert (report["brought"], report["skipped"], report["failed"]) == (1, 2, [])
    (forest,) = [run for run in api.runs("broken off") if run["name"] == "forest"]
    assert (forest["metrics"]["loss"]["count"], forest["status"]) == (50, "finished")
    assert set(api.artifacts(forest["id"])) == {"model/deep/model.bin", "a b/notes.txt"}
    assert server.url  # the same server all along


@pytest.mark.timeout(300)
def test_models_are_brought_with_their_files_versions_and_aliases(
    api: Api, server: Server, imported: Import, mlflows: Path, tmp_path: Path
) -> None:
    uri = f"sqlite:///{mlflows}/models.db"
    report = imported("mlflow", uri, "--deleted", code=1)
    # What cannot be read there is told, and everything else is brought.
    ((run, reason),) = [(entry["run"], entry["reason"]) for entry in report["failed"]]
    assert (run, reason.partition(":")[0]) == ("beyond", "without its files")
    (beyond,) = api.runs("unreadable")
    assert (beyond["status"], beyond["metrics"]["a"]["last"]) == ("finished", 1)
    assert (report["models"], report["versions"]) == (3, 4)
    model = api.get("models/imported%20line")
    assert (model["description"], model["aliases"], model["latestVersion"]) == ("a line", [{"alias": "champion", "version": 1}], 3)
    versions = {row["version"]: row for row in api.get("models/imported%20line/versions")["versions"]}
    assert set(versions) == {1, 3}
    assert versions[3]["tags"] == {"checked": "yes"}
    (run,) = api.runs("from mlflow models")
    related = api.get(f"runs/{run['id']}/models")
    assert len(related["outputs"]) == 3
    measured = [(point["key"], point["value"], point["step"]) for one in related["outputs"] for point in one["metrics"]]
    assert measured == [("rmse", 0.25, 3)]
    assert [dataset["name"] for dataset in related["datasets"]] == ["ten"]
    experiments = {row["name"]: row for row in api.get("experiments", lifecycle="all", limit=1000)["experiments"]}
    assert experiments["from mlflow models"]["tags"]["team"] == "blue"
    assert experiments["gone"]["lifecycle"] == "deleted"
    again = imported("mlflow", uri, "--deleted", code=1)
    assert (len(again["failed"]), again["brought"], again["models"], again["versions"]) == (1, 0, 0, 0)
    assert len(api.get("experiments", lifecycle="all", limit=1000)["experiments"]) == len(experiments)
    predicted = subprocess.run(
        [
            sys.executable,
            "-c",
            "import mlflow, numpy as np\n"
            "print(mlflow.sklearn.load_model('models:/imported line@champion').predict(np.array([[21.0]]))[0])\n"
            "print(*[mlflow.MlflowClient().get_prompt_version('imported-prompt', n).template for n in (1, 2)], sep='; ')",
        ],
        env={**os.environ, "MLFLOW_TRACKING_URI": server.url, "MLFLOW_TRACKING_TOKEN": server.token},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert predicted.returncode == 0, predicted.stderr
    number, prompts = predicted.stdout.splitlines()
    assert float(number) == pytest.approx(42.0)
    assert prompts == "Hello {{name}}; Good day {{name}}"


def test_a_run_comes_without_the_files_that_cannot_be_read_and_they_follow_later(api: Api, server: Server, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("there")
    away = True

    def fetch(_folder: Path) -> Path:
        if away:
            raise OSError("the disk is away")
        return tmp_path / "there"

    def files() -> Iterator[SourceFile]:
        yield SourceFile("a/lost", fetch, False)
        yield SourceFile("there", lambda _folder: tmp_path / "there", False)

    def broken(error: Exception) -> Iterator[Points]:
        raise error

    run = SourceRun(
        "d" * 32, "partly", "partly", "failed", 1_000, 2_000, "mark", tags={"team": "blue"}, files=files, deleted=True, remarks=["cut"]
    )
    link = ServerLink(parse_server(server.url, server.token))
    report = Report()
    try:
        bring(link, [run], report, lambda _run, _how: None)
        assert report.failed == [("partly", "without 1 of its files: a/lost: OSError: the disk is away")]
        found = api.get(f"runs/{run.id}")
        assert (found["status"], found["endedAt"], found["tags"], found["lifecycle"]) == ("failed", 2_000, {"team": "blue"}, "deleted")
        assert set(api.artifacts(run.id)) == {"there"}
        assert report.remarks == [("partly", "cut")]
        for error in (ServerAway("away"), Different("changed")):  # it was restored by then
            with pytest.raises(ServerAway) if isinstance(error, ServerAway) else contextlib.nullcontext():
                bring(link, [replace(run, points=partial(broken, error))], report, lambda _run, _how: None)
            assert api.get(f"runs/{run.id}")["lifecycle"] == "deleted"
        assert report.failed.pop() == ("partly", "changed")
        away = False
        bring(link, [run], report, lambda _run, _how: None)
        bring(link, [run], report, lambda _run, _how: None)
    finally:
        link.close()
    assert (len(report.failed), report.brought, report.skipped) == (1, 1, 1)
    assert (set(api.artifacts(run.id)), api.get(f"runs/{run.id}")["lifecycle"]) == ({"a/lost", "there"}, "deleted")


def test_a_registry_that_was_brought_by_half_is_made_whole(api: Api, server: Server) -> None:
    api.post("models", {"name": "half"})
    for source in ("s3://there/1", "deleted", "s3://there/3"):
        api.post("models/half/versions", {"source": source})
    versions = [
        SourceVersion(number, f"s3://there/{number}", "", "", stage, {"a": "b"}) for number, stage in ((1, "Production"), (3, "None"))
    ]
    model = SourceRegistration("half", "words", {"team": "blue"}, {"champion": 3}, versions)
    link = ServerLink(parse_server(server.url, server.token))
    try:
        bring_registration(link, model, Report())
    finally:
        link.close()
    found = api.get("models/half")
    assert (found["description"], found["tags"]) == ("words", {"team": "blue"})
    assert found["aliases"] == [{"alias": "champion", "version": 3}]
    rows = {row["version"]: row for row in api.get("models/half/versions")["versions"]}
    assert {number: (row["stage"], row["tags"]) for number, row in rows.items()} == {1: ("Production", {"a": "b"}), 3: ("None", {"a": "b"})}


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("{here}/mlrums", "there is no folder '{here}/mlrums': give the mlruns folder, or http://HOST:PORT"),
        ("file://{here}/mlrums", "there is no folder 'file://{here}/mlrums': "),
        ("{here}/a file", "that is a file; a database is given as sqlite:///FILE"),
        ("{here}", "the folder '{here}' holds no experiments of MLflow: give '{here}/mlruns'"),
        ("sqlite:///{here}/no.db", "there is no database '{here}/no.db'"),
        ("http://127.0.0.1:{closed}", "http://127.0.0.1:{closed} cannot be reached ("),
        ("http://127.0.0.1:{silent}", "http://127.0.0.1:{silent} does not answer within "),
        ("http://me:secret@127.0.0.1:{closed}", "http://127.0.0.1:{closed} cannot be reached ("),
        ("http://secret@127.0.0.1:{closed}", "http://127.0.0.1:{closed} cannot be reached ("),
        ("http://me:secret/1@127.0.0.1:{closed}", "http://me:***@127.0.0.1:{closed} is no address: a port is a number, and / ? # @ in "),
        ("http://me:1@secret/2@127.0.0.1:{closed}", "http://me:***@127.0.0.1:{closed} is no address: "),
        ("postgresql://me:secret@127.0.0.1:{closed}/mlflow", "no database answers on 127.0.0.1, port {closed}: "),
        # Their drivers know several hosts, and more of passwords; none of them is installed here.
        ("postgresql://me:secret@127.0.0.1,127.0.0.2/mlflow", "postgresql://me:***@127.0.0.1,127.0.0.2/mlflow cannot be read as an "),
        ("mysql+pymysql://me:1/secret@127.0.0.1/mlflow", "mysql+pymysql://me:***@127.0.0.1/mlflow cannot be read as an MLflow: "),
        ("elsewhere://me:secret@127.0.0.1/mlflow", "elsewhere://me:***@127.0.0.1/mlflow cannot be read as an MLflow: "),
    ],
)
@pytest.mark.usefixtures("server")
def test_where_there_is_no_mlflow_one_line_says_so_and_nothing_is_made(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, uri: str, reason: str
) -> None:
    monkeypatch.setattr(reaching, "_PATIENCE", 0.3)  # seconds
    here = tmp_path / "here"
    (here / "mlruns").mkdir(parents=True)
    (here / "a file").touch()
    with socket.socket() as closed, socket.socket() as silent:
        for one in (closed, silent):
            one.bind(("127.0.0.1", 0))
        silent.listen()
        known = {"here": str(here), "closed": closed.getsockname()[1], "silent": silent.getsockname()[1]}
        assert main(["import", "mlflow", uri.format(**known)]) == 1
        told = capsys.readouterr()
    (line,) = told.err.strip().splitlines()
    assert line.startswith("cellkeep: ")
    assert reason.format(**known) in line
    assert "secret" not in line
    assert told.out == ""
    assert {path.name for path in here.rglob("*")} == {"a file", "mlruns"}


TENSORBOARD = """
import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util.tensor_util import make_tensor_proto

for name in ("train", "validation"):
    writer = EventFileWriter("logs/" + name)
    for step in range(20):  # as TensorFlow 1 and PyTorch write scalars
        value = Summary.Value(tag="epoch/loss", simple_value=1 / (step + 1))
        writer.add_event(Event(step=step, wall_time=1e9 + step, summary=Summary(value=[value])))
    plugin = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
    value = Summary.Value(tag="lr", metadata=plugin, tensor=make_tensor_proto(np.float32(0.5)))  # as TensorFlow 2 does
    writer.add_event(Event(step=3, wall_time=1e9 + 30, summary=Summary(value=[value])))
    image = Summary.Value(tag="sample", image=Summary.Image(width=1, height=1, colorspace=4, encoded_image_string=bytes.fromhex("{png}")))
    writer.add_event(Event(step=5, wall_time=1e9 + 40, summary=Summary(value=[image])))
    writer.close()
"""


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of event files."""
    folder = tmp_path_factory.mktemp("tensorboard")
    written(folder, TENSORBOARD.replace("{png}", PNG.hex()))
    return folder / "logs"


@pytest.mark.usefixtures("server")
def test_event_files_are_runs(api: Api, imported: Import, events: Path) -> None:
    report = imported("tensorboard", str(events), "--into", "from tensorboard")
    assert (report["brought"], report["failed"]) == (2, [])
    runs = {run["name"]: run for run in api.runs("from tensorboard")}
    train = runs["train"]
    assert [step for step, _ in api.points(train["id"], "epoch/loss")] == list(range(20))
    assert api.points(train["id"], "lr") == [(3, 0.5)]
    assert (train["startedAt"], train["endedAt"]) == (1_000_000_000_000, 1_000_000_040_000)
    assert api.content(train["id"], "images/sample/00000005.png") == PNG
    assert imported("tensorboard", str(events), "--into", "from tensorboard")["skipped"] == 2


@pytest.mark.usefixtures("server")
def test_an_event_file_that_was_cut_off_or_damaged_gives_what_it_has_and_is_told(
    api: Api, imported: Import, events: Path, tmp_path: Path
) -> None:
    (good,) = (events / "train").iterdir()
    whole = good.read_bytes()
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "events.out.tfevents.1.cut").write_bytes(whole[:400])
    (tmp_path / "train" / "events.out.tfevents.2.flipped").write_bytes(whole[:300] + bytes([whole[300] ^ 1]) + whole[301:])
    (tmp_path / "train" / "events.out.tfevents.3.noise").write_bytes(b"no event file at all")
    report = imported("tensorboard", str(tmp_path / "train"), "--into", "cut off")
    (run,) = api.runs("cut off")
    told = {
        name.rpartition(".")[2]: (int(events_read), int(count), int(size))
        for name, events_read, count, size in (
            re.fullmatch(
                r"(\S+) cannot be read to its end: (\d+) events were read, the first (\d+) of its (\d+) bytes \(.*\)", entry["remark"]
            ).groups()  # type: ignore[union-attr]
            for entry in report["remarks"]
        )
    }
    assert told.keys() == {"cut", "flipped", "noise"}
    assert (told["noise"], told["cut"][2], told["flipped"][2]) == ((0, 0, 20), 400, len(whole))
    assert 300 < told["cut"][1] < 400
    assert told["flipped"][1] <= 300
    # The first event says only its version; what both files have is one point.
    assert run["metrics"]["epoch/loss"]["count"] == told["cut"][0] - 1 > told["flipped"][0] - 1 > 0


def test_an_event_file_that_vanishes_is_told_and_the_others_are_read(events: Path, tmp_path: Path) -> None:
    (good,) = (events / "train").iterdir()
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
        for file in ("events.out.tfevents.1", "events.out.tfevents.2"):
            (tmp_path / name / file).write_bytes(good.read_bytes())
    runs = tensorboard_runs(tmp_path, "vanishing")
    assert next(runs).remarks == []  # all files have been listed by now
    for path in ("second/events.out.tfevents.1", "third/events.out.tfevents.1", "third/events.out.tfevents.2"):
        (tmp_path / path).unlink()
    second, third = runs
    (remark,) = second.remarks
    assert remark.startswith("events.out.tfevents.1 cannot be read to its end: 0 events were read, ")
    assert "FileNotFoundError" in remark
    assert [len(points.steps) for points in second.points()] == [20, 1]
    assert (len(third.remarks), list(third.points())) == (2, [])


WANDB = """
import wandb
run = wandb.init(project="flights wandb", name="brisk", config={"lr": 0.1, "optimizer": {"name": "adam"}}, tags=["blue"], notes="hello")
for step in range(30):
    wandb.log({"loss": 1 / (step + 1), "nested": {"auc": step}})
wandb.log({"odd": float("nan")})
wandb.log({"picture": wandb.Image("picture.png")})
run.summary["verdict"] = "good"
wandb.finish()
"""


@pytest.fixture(scope="module")
def wandb_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an offline run leaves."""
    folder = tmp_path_factory.mktemp("wandb")
    (folder / "picture.png").write_bytes(PNG)
    quiet = {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_CONSOLE": "off", "HOME": str(folder), "WANDB_DISABLE_CODE": "true"}
    written(folder, WANDB, **quiet)
    return folder


@pytest.mark.usefixtures("server")
def test_offline_runs_of_wandb(api: Api, imported: Import, wandb_folder: Path) -> None:
    report = imported("wandb", str(wandb_folder / "wandb"))
    assert (report["brought"], report["failed"]) == (1, [])
    (run,) = api.runs("flights wandb")
    assert (run["name"], run["status"], run["notes"]) == ("brisk", "finished", "hello")
    assert run["params"] == {"lr": "0.1", "optimizer/name": "adam"}
    assert (run["tags"]["blue"], run["tags"]["summary/verdict"]) == ("true", "good")
    assert [value for _, value in api.points(run["id"], "loss")] == [1 / (step + 1) for step in range(30)]
    assert [value for _, value in api.points(run["id"], "nested/auc")] == list(range(30))
    assert [str(value) for _, value in api.points(run["id"], "odd")] == ["nan"]
    (picture,) = [path for path in api.artifacts(run["id"]) if path.startswith("media/images/")]
    assert api.content(run["id"], picture) == PNG


def test_a_record_log_that_is_damaged_ends_there(wandb_folder: Path, tmp_path: Path) -> None:
    (log,) = [path for path in wandb_folder.glob("wandb/offline-run-*/run-*.wandb") if path.is_file()]
    whole = list(read_pieces(log))
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 0xFF
    damaged = tmp_path / "run-x.wandb"
    damaged.write_bytes(data)
    found: list[bytes] = []
    with pytest.raises(BrokenLog):
        found.extend(read_pieces(damaged))
    assert found == whole[: len(found)]
    assert 0 < len(found) < len(whole)


def test_records_that_cross_a_block_are_put_together(tmp_path: Path) -> None:
    def piece(kind: int, data: bytes) -> bytes:
        return struct.pack("<IHB", zlib.crc32(data, zlib.crc32(bytes([kind]))), len(data), kind) + data

    first, last = b"a" * (32 * 1024 - 7 - 7), b"b" * 100
    path = tmp_path / "run-x.wandb"
    path.write_bytes(b":W&B\xe1\xbe\x00" + piece(2, first) + piece(4, last) + piece(1, b"c"))
    assert list(read_pieces(path)) == [first + last, b"c"]
