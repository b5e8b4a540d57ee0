"""What is stored already is promoted by a child of the server: models that MLflow's clients have logged, and our own bundles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import Cli
from server import Api, Server, eventually

from cellkeep.link import ServerLink
from cellkeep.promoting.errors import CannotPromote
from cellkeep.promoting.supervised import differing, promote_stored
from cellkeep.settings import Server as At

LOG = """
import json, sys, warnings; warnings.simplefilter("ignore")
import mlflow, numpy as np, pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression
draw = np.random.default_rng(3)
X = pd.DataFrame({"hour": draw.integers(0, 24, 200), "distance": draw.random(200)})
mlflow.set_experiment("stored")
class Doubled(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["hour"].to_numpy() * 2
found = {}
with mlflow.start_run(run_name="pyfunc"):
    found["pyfunc"] = mlflow.pyfunc.log_model(name="model", python_model=Doubled(), input_example=X[:4]).model_id
model = LinearRegression().fit(X, X["hour"] * X["distance"])
with mlflow.start_run(run_name="bare"):
    found["bare"] = mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"]).model_id
with mlflow.start_run(run_name="linear") as run:
    mlflow.log_metric("rmse", 0.5)
    signature = infer_signature(X, model.predict(X))
    info = mlflow.sklearn.log_model(model, name="model", input_example=X[:4], signature=signature, pip_requirements=["scikit-learn"])
    found |= {"linear": info.model_id, "run": run.info.run_id}
json.dump(found, open(sys.argv[1], "w"))
"""


@pytest.fixture(scope="module")
def logged(running_server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Ids of models that MLflow's client has logged, in a process of its own."""
    folder = tmp_path_factory.mktemp("logged")
    told = {"MLFLOW_TRACKING_URI": running_server.url, "MLFLOW_TRACKING_TOKEN": running_server.token}
    env = {**{name: value for name, value in os.environ.items() if not name.startswith("CELLKEEP_")}, **told}
    with (folder / "log").open("w") as log:
        done = subprocess.run(
            [sys.executable, "-c", LOG, str(folder / "ids.json")], env=env, timeout=110, stderr=log, cwd=folder, check=False
        )
    assert done.returncode == 0, (folder / "log").read_text()[-3_000:]
    found: dict[str, str] = json.loads((folder / "ids.json").read_text())
    return found


def promoted(server: Server, api: Api, model: str, name: str, **more: object) -> Any:
    """As the server's child does it, in this process; the version's bundle."""
    options = {"runtime": "auto", "tolerance": 1e-5, "how": "replace", "alias": None, "serve": False}
    source = {"kind": "loggedModel", "loggedModelId": model}
    task = {"source": source, "modelName": name, "endpoint": None, "options": options}
    promotion = api.post("promotions", {**task, "where": "client"})
    files = [{**one, "userName": ""} for one in api.get(f"logged-models/{model}/files")["files"]]
    link = ServerLink(At(server.url, server.token))
    try:
        promote_stored(link, {**task, "promotion": promotion["id"], "loggedModelId": model, "trust": None, "files": files, **more})
    finally:
        link.close()
    eventually(lambda: api.get(f"promotions/{promotion['id']}")["status"] == "done")
    return api.get(f"models/{name}/versions/1/details")["bundle"]


def test_the_server_promotes_a_run_by_a_child_of_its_own(server: Server, api: Api, logged: dict[str, str], cli: Cli) -> None:
    told = cli("promote", logged["run"], "--name", "stored-by-server")
    assert "stored-by-server version 1 is registered" in told
    assert api.get("models/stored-by-server/versions/1/details")["bundle"]["runtime"] == "onnx"


@pytest.mark.filterwarnings("ignore::UserWarning")  # MLflow warns of its own example
def test_a_model_of_mlflow_is_exported_and_a_pyfunc_of_its_own_stays_as_it_is(server: Server, api: Api, logged: dict[str, str]) -> None:
    bundle = promoted(server, api, logged["linear"], "stored-linear")
    assert bundle["runtime"] == "onnx"
    assert bundle["export"]["maxDifference"] <= 1e-9
    assert bundle["metrics"] == {"rmse": 0.5}
    assert bundle["origin"]["runId"] == logged["run"]
    assert [one["type"] for one in bundle["signature"]["inputs"]] == ["integer", "double"]
    kept = promoted(server, api, logged["pyfunc"], "stored-pyfunc")
    assert (kept["runtime"], kept["framework"]) == ("python", "pyfunc")
    assert kept["python"]["format"] == "mlflow"
    assert kept["python"]["file"] is None


def test_a_model_without_an_example_says_what_to_do(server: Server, api: Api, logged: dict[str, str]) -> None:
    with pytest.raises(CannotPromote, match="no input example"):
        promoted(server, api, logged["bare"], "stored-nothing")
    ended = [one for one in api.get("promotions")["promotions"] if one["modelName"] == "stored-nothing"]
    assert (ended[0]["status"], "no input example" in ended[0]["error"]) == ("failed", True)


def test_another_users_model_is_named_and_not_a_byte_of_it_runs(server: Server, api: Api, logged: dict[str, str]) -> None:
    user = api.post("users", {"name": "Linus", "role": "editor"})["user"]
    his = Server(Path("/nowhere"))
    his.url, his.token = server.url, api.post("tokens", {"label": "his", "userId": user["id"]})["secret"]
    other = Api(his)
    try:
        with pytest.raises(CannotPromote, match="runs that user's code"):
            promoted(his, other, logged["linear"], "stored-trust")
    finally:
        other.close()


def test_a_file_that_somebody_else_stored_or_changed_since_is_not_loaded(server: Server, api: Api, logged: dict[str, str]) -> None:
    files = [{**one, "userName": ""} for one in api.get(f"logged-models/{logged['linear']}/files")["files"]]
    theirs = [{**one, "userName": "Mallory"} if one["path"] == "MLmodel" else one for one in files]
    with pytest.raises(CannotPromote, match=r"its files stored by .*Mallory"):
        promoted(server, api, logged["linear"], "stored-theirs", files=theirs)
    before = [{**one, "digest": "0" * 64} if one["path"] == "MLmodel" else one for one in files]
    with pytest.raises(CannotPromote, match=r"'MLmodel' was changed"):
        promoted(server, api, logged["linear"], "stored-changed", files=before)


def test_only_pinned_packages_of_another_version_count_as_different() -> None:
    import numpy

    assert list(differing([f"numpy=={numpy.__version__}", "mlflow==0.1", "no-such-package"])) == []
    assert [line.split()[0] for line in differing(["numpy==1.0", "no-such-package==2"])] == ["numpy", "no-such-package"]
