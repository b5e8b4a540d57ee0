"""Artifacts: logged, listed, downloaded, deleted; large ones in parts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import mlflow
import pytest
import requests
from mlflow.exceptions import MlflowException


@pytest.fixture
def folder(tmp_path):
    for path, text in {"a.txt": "a", "sub/b.json": '{"b": 1}', "sub/deep/ü c.csv": "x,y\n1,2\n", "empty": ""}.items():
        (tmp_path / "folder" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / path).write_text(text)
    return tmp_path / "folder"


def paths(infos):
    return [(info.path, info.is_dir, info.file_size) for info in infos]


def test_a_run_without_artifacts_lists_none(client, run):
    assert client.list_artifacts(run.info.run_id) == []


def test_a_file_is_logged_listed_and_downloaded(client, run, folder, tmp_path):
    run_id = run.info.run_id
    client.log_artifact(run_id, str(folder / "a.txt"))
    client.log_artifact(run_id, str(folder / "sub/b.json"), artifact_path="some/place")
    assert paths(client.list_artifacts(run_id)) == [("a.txt", False, 1), ("some", True, None)]
    assert paths(client.list_artifacts(run_id, "some")) == [("some/place", True, None)]
    assert paths(client.list_artifacts(run_id, "some/place")) == [("some/place/b.json", False, 8)]
    assert [info.path.rpartition("/")[2] for info in client.list_artifacts(run_id, "./some/.")] == ["place"]
    assert Path(client.download_artifacts(run_id, "a.txt", str(tmp_path))).read_text() == "a"


def test_a_folder_is_logged_and_downloaded_as_it_was(client, run, folder, tmp_path):
    run_id = run.info.run_id
    client.log_artifacts(run_id, str(folder), artifact_path="up")
    assert paths(client.list_artifacts(run_id, "up")) == [("up/a.txt", False, 1), ("up/empty", False, None), ("up/sub", True, None)]
    out = tmp_path / "out"
    out.mkdir()
    local = client.download_artifacts(run_id, "up", str(out))
    found = {os.path.relpath(os.path.join(root, name), local) for root, _, names in os.walk(local) for name in names}
    assert found == {"a.txt", "empty", "sub/b.json", "sub/deep/ü c.csv"}
    assert (out / "up/sub/deep/ü c.csv").read_text() == "x,y\n1,2\n"


def test_everything_of_a_run_is_downloaded(client, run, folder, tmp_path):
    client.log_artifacts(run.info.run_id, str(folder))
    # A name is a file or a folder: what could not lie beside the others on a disk is refused.
    for path in ("a.txt/below", "sub"):
        with pytest.raises((MlflowException, requests.RequestException)):
            client.log_text(run.info.run_id, "x", path)
    local = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="", dst_path=str(tmp_path / "all"))
    assert sorted(os.listdir(local)) == ["a.txt", "empty", "sub"]


def test_an_artifact_is_found_by_its_address(run, client, folder):
    client.log_artifact(run.info.run_id, str(folder / "a.txt"))
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/a.txt") == "a"
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/a.txt") == "a"
    found = mlflow.artifacts.list_artifacts(run_id=run.info.run_id)
    assert [info.path for info in found] == ["a.txt"]


def test_the_same_path_again_replaces_it(client, run, tmp_path):
    file = tmp_path / "a.txt"
    for text in ("first", "second, longer"):
        file.write_text(text)
        client.log_artifact(run.info.run_id, str(file))
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/a.txt") == "second, longer"
    assert paths(client.list_artifacts(run.info.run_id)) == [("a.txt", False, 14)]


def test_text_dicts_and_figures(experiment, client):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([1, 2])
    with mlflow.start_run() as run:
        mlflow.log_text("text ü", "notes/a.txt")
        mlflow.log_dict({"a": [1, None]}, "config.json")
        mlflow.log_dict({"a": [1]}, "config.yaml")
        mlflow.log_figure(figure, "plot.png")
    plt.close(figure)
    root = f"runs:/{run.info.run_id}"
    assert mlflow.artifacts.load_text(f"{root}/notes/a.txt") == "text ü"
    assert mlflow.artifacts.load_dict(f"{root}/config.json") == {"a": [1, None]}
    assert mlflow.artifacts.load_image(f"{root}/plot.png").format == "PNG"
    assert [info.path for info in client.list_artifacts(run.info.run_id)] == ["config.json", "config.yaml", "notes", "plot.png"]


def test_images_by_step(experiment, client, rest):
    import numpy as np

    with mlflow.start_run() as run:
        for step in range(3):
            mlflow.log_image(np.full((8, 8, 3), step, dtype=np.uint8), key="dog", step=step, timestamp=5, synchronous=True)
    found = [info.path for info in client.list_artifacts(run.info.run_id, "images")]
    assert len(found) == 6
    assert client.get_run(run.info.run_id).data.tags["mlflow.loggedImages"] == "True"
    answer = rest("GET", "/get-artifact", params={"run_uuid": run.info.run_id, "path": found[0]})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment; filename=dog")


def test_an_artifact_that_is_not_there_is_told(client, run, rest):
    with pytest.raises(MlflowException):
        client.download_artifacts(run.info.run_id, "none.txt")
    address = f"/api/2.0/mlflow-artifacts/artifacts/{run.info.experiment_id}/{run.info.run_id}/artifacts/none.txt"
    assert rest.refused("GET", address) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_artifacts_are_deleted(client, run, folder, rest):
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    client.log_artifacts(run.info.run_id, str(folder))
    repository = get_artifact_repository(run.info.artifact_uri)
    repository.delete_artifacts("sub")
    repository.delete_artifacts("a.txt")
    assert [info.path for info in client.list_artifacts(run.info.run_id)] == ["empty"]


ROOT = "/api/2.0/mlflow-artifacts/artifacts"


class TestRest:
    def test_any_path_takes_a_file(self, rest, unique):
        place = unique("place").replace(" ", "-")
        for name in ("b.txt", "dir/a.txt", "dir/c.txt"):
            answer = rest("PUT", f"{ROOT}/{place}/{name}", data=name.encode())
            assert answer.status_code == 200
        assert rest("GET", f"{ROOT}/{place}/dir/a.txt").content == b"dir/a.txt"
        files = [{"path": "b.txt", "is_dir": False, "file_size": 5}, {"path": "dir", "is_dir": True}]
        assert rest("GET", ROOT, params={"path": place}).json() == {"files": files}
        assert rest("DELETE", f"{ROOT}/{place}/dir").status_code == 200
        assert rest("GET", ROOT, params={"path": f"{place}/dir"}).json() == {}
        assert rest("GET", f"{ROOT}/{place}/dir/a.txt").status_code == 404

    def test_the_list_of_a_run_has_whole_paths_and_the_root(self, rest, run):
        run_id, experiment = run.info.run_id, run.info.experiment_id
        for name in ("a.txt", "dir/b.txt"):
            rest("PUT", f"{ROOT}/{experiment}/{run_id}/artifacts/{name}", data=b"1")
        answer = rest.get("artifacts/list", run_id=run_id)
        files = [{"path": "a.txt", "is_dir": False, "file_size": 1}, {"path": "dir", "is_dir": True}]
        assert answer == {"root_uri": run.info.artifact_uri, "files": files}
        inside = rest.get("artifacts/list", run_id=run_id, path="dir")
        assert inside["files"] == [{"path": "dir/b.txt", "is_dir": False, "file_size": 1}]

    @pytest.mark.parametrize(
        ("name", "content_type"),
        [
            ("a.txt", "text/plain"),
            ("b.pkl", "application/octet-stream"),
            ("c.png", "image/png"),
            ("d.pdf", "application/pdf"),
            ("MLmodel", "text/plain"),
            ("mlproject", "text/plain"),
            ("e.json", "text/plain"),
            ("f.html", "text/html"),
        ],
    )
    def test_a_download_is_an_attachment_of_its_type(self, rest, run, name, content_type):
        place = f"{run.info.experiment_id}/{run.info.run_id}/artifacts"
        rest("PUT", f"{ROOT}/{place}/{name}", data=b"x", headers={"content-type": "text/html"})
        for answer in (
            rest("GET", f"{ROOT}/{place}/{name}"),
            rest("GET", "/get-artifact", params={"run_id": run.info.run_id, "path": name}),
            rest("GET", "/get-artifact", params={"run_uuid": run.info.run_id, "path": name}),
        ):
            assert answer.content == b"x"
            assert answer.headers["content-type"] == content_type
            assert answer.headers["content-disposition"] == f"attachment; filename={name}"
            assert answer.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize("path", ["../a", "a/../../b", "/etc/passwd", "%2e%2e/a", "a#b", "C:\\a"])
    def test_a_path_that_leaves_its_place_is_refused(self, rest, run, path):
        query = {"run_id": run.info.run_id, "path": path}
        assert rest.refused("GET", "artifacts/list", params=query) == (400, "INVALID_PARAMETER_VALUE")
        assert rest.refused("GET", ROOT, params={"path": path}) == (400, "INVALID_PARAMETER_VALUE")
        assert rest("GET", "/get-artifact", params=query).status_code in (400, 500)

    def test_a_run_that_is_not_there_lists_nothing(self, rest):
        assert rest.refused("GET", "artifacts/list", params={"run_id": "0" * 32}) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_a_large_file_arrives_whole_and_is_downloaded_whole(client, run, tmp_path, monkeypatch):
    """In parts, where the server announces that it takes them."""
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(6 * 2**20))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * 2**20))
    data = os.urandom(2**20) * 12 + b"end"
    (tmp_path / "large.bin").write_bytes(data)
    client.log_artifact(run.info.run_id, str(tmp_path / "large.bin"), artifact_path="models")
    assert paths(client.list_artifacts(run.info.run_id, "models")) == [("models/large.bin", False, len(data))]
    out = tmp_path / "out"
    out.mkdir()
    assert Path(client.download_artifacts(run.info.run_id, "models/large.bin", str(out))).read_bytes() == data


@pytest.mark.ours_only("MLflow's server takes parts only where an object store is behind it")
def test_a_client_that_is_told_to_sends_parts(client, run, tmp_path, monkeypatch, rest):
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "1000")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * 2**20))
    sent = []
    import requests

    put = requests.put
    monkeypatch.setattr(requests, "put", lambda url, **also: sent.append(url) or put(url, **also))
    data = os.urandom(2**20) * 11
    (tmp_path / "parts.bin").write_bytes(data)
    client.log_artifact(run.info.run_id, str(tmp_path / "parts.bin"))
    assert len(sent) == 3
    out = tmp_path / "out"
    out.mkdir()
    assert Path(client.download_artifacts(run.info.run_id, "parts.bin", str(out))).read_bytes() == data


@pytest.mark.ours_only("MLflow's server takes parts only where an object store is behind it")
def test_parts_are_announced(rest):
    assert rest("GET", "/api/3.0/mlflow/server-info").json()["multipart_uploads_enabled"] is True


class TestTables:
    def test_a_table_is_logged_and_read(self, client, experiment):
        import pandas as pd

        with mlflow.start_run() as run:
            mlflow.log_table({"question": ["a", "b"], "score": [0.5, 1.0]}, artifact_file="eval.json")
            mlflow.log_table(pd.DataFrame({"question": ["c"], "score": [2.0]}), artifact_file="eval.json")
        table = mlflow.load_table("eval.json", run_ids=[run.info.run_id])
        assert table.to_dict("list") == {"question": ["a", "b", "c"], "score": [0.5, 1.0, 2.0]}
        tag = json.loads(client.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"])
        assert tag == [{"path": "eval.json", "type": "table"}]

    def test_tables_of_all_runs_are_read_together(self, experiment):
        ids = []
        for n in range(2):
            with mlflow.start_run() as run:
                mlflow.log_table({"n": [n]}, artifact_file="t.json")
            ids.append(run.info.run_id)
        table = mlflow.load_table("t.json", extra_columns=["run_id"])
        assert dict(zip(table["run_id"], table["n"], strict=True)) == {ids[0]: 0, ids[1]: 1}

    @pytest.mark.ours_only("MLflow's page reads tables by itself; ours asks the server for their rows")
    def test_a_table_is_told_as_rows_and_what_only_begins_like_one_is_none(self, run, client, rest):
        client.log_table(run.info.run_id, {"question": ["a", "b"], "score": [0.5, None]}, "tables/eval.json")
        client.log_dict(run.info.run_id, {"columns": ["a"], "target": "b"}, "features.json")

        def preview(path):
            return rest("GET", f"/api/v1/runs/{run.info.run_id}/artifacts/preview", params={"path": path})

        assert preview("tables/eval.json").json() == {
            "columns": ["question", "score"],
            "rows": [["a", "0.5"], ["b", ""]],
            "truncated": False,
        }
        assert preview("features.json").status_code == 400
