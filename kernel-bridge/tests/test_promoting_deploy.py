"""Promoted for real: a kernel with models, a server, and endpoints that answer like the notebook."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from commands import Cli
from kernels import Kernel
from server import Api, eventually
from server import Server as RealServer

from cellkeep.link import ServerLink
from cellkeep.settings import Server

NOTEBOOK = "team/late.ipynb"

DATA = """
import warnings; warnings.simplefilter("ignore")
import cellkeep, numpy as np, pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
draw = np.random.default_rng(1)
X_train = pd.DataFrame({"hour": draw.integers(0, 24, 400), "distance": draw.random(400) * 2000, "carrier": draw.choice(["AA", "UA"], 400)})
late = ((X_train["hour"] > 15) ^ (draw.random(400) < 0.1)).astype(int)
"""
MAKE = """
columns = make_column_transformer((StandardScaler(), ["hour", "distance"]), (OneHotEncoder(), ["carrier"]))
model = make_pipeline(columns, LogisticRegression())
"""
FIT = """
with cellkeep.run("late", params={"C": 1.0}) as run:
    model.fit(X_train, late)
    cellkeep.log({"accuracy": model.score(X_train, late)})
"""


@pytest.fixture(scope="module")
def notebook(running_server: RealServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel in which a model was made in one cell and fitted in another."""
    home = tmp_path_factory.mktemp("kernel")
    (home / "work").mkdir()
    env = {"CELLKEEP_URL": running_server.url, "CELLKEEP_TOKEN": running_server.token, "CELLKEEP_HOME": str(home)}
    kernel = Kernel(JPY_SESSION_NAME=NOTEBOOK, IPYTHONDIR=str(home / "ipython"), OMP_WAIT_POLICY="PASSIVE", **env)
    kernel.run(f"import os; os.chdir({str(home / 'work')!r})")
    for cell, source in (("data", DATA), ("make", MAKE), ("fit", FIT)):
        reply = kernel.run(source, cell)
        assert reply.error is None, reply.text
    yield kernel
    kernel.stop()


def details(api: Api, name: str, version: int = 1) -> Any:
    return api.get(f"models/{name}/versions/{version}/details")


def value(kernel: Kernel, code: str) -> Any:
    reply = kernel.run(code)
    assert reply.error is None, reply.text
    return reply.text


def test_the_page_is_told_which_cell_fitted_a_model_and_promotes_it_by_a_message(
    notebook: Kernel, api: Api, running_server: RealServer
) -> None:
    comm = notebook.open_comm({"type": "hello", "notebookPath": NOTEBOOK})
    told = notebook.wait_for_comm(type="models")
    made = {one["variable"]: one for one in told["models"]}
    assert made["model"]["cellId"] == "fit"
    assert made["model"]["className"] == "Pipeline(ColumnTransformer, LogisticRegression)"
    identity = str(uuid.uuid4())
    options = {"runtime": "auto", "tolerance": 1e-5, "how": "replace", "alias": None, "serve": True}
    wanted = {
        "type": "promote",
        "id": identity,
        "variable": "model",
        "name": "late-flights",
        "endpoint": "late-flights",
        "options": options,
    }
    notebook.send_comm(comm, wanted)
    done = notebook.wait_for_comm(type="promotion", id=identity, status="done")
    assert done["version"] == 1
    bundle = details(api, "late-flights")["bundle"]
    assert (bundle["runtime"], bundle["task"], bundle["classes"]) == ("onnx", "classification", [0, 1])
    assert bundle["export"]["maxDifference"] <= 1e-9
    assert bundle["metrics"]["accuracy"] > 0.8
    assert bundle["params"] == {"C": "1.0"}
    origin = bundle["origin"]
    assert (origin["notebookPath"], origin["cellId"], origin["variable"]) == (NOTEBOOK, "fit", "model")
    assert set(origin["slice"]) >= {1, 2, 3}
    assert api.get(f"snapshots/{origin['snapshotId']}")["reason"] == "promote"
    columns = {one["name"]: one for one in bundle["signature"]["inputs"]}
    assert columns["carrier"]["categories"] == ["AA", "UA"]
    assert columns["hour"]["max"] == 23
    assert bundle["explain"]["method"] == "linear"
    steps = api.get(f"promotions/{identity}")["steps"]
    assert [step["status"] for step in steps] == ["done"] * 5
    rows = json.loads(value(notebook, "print(X_train[:20].to_json(orient='split', index=False))"))
    expected = json.loads(value(notebook, "print(model.predict(X_train[:20]).tolist())"))
    link = ServerLink(Server(running_server.url, running_server.token))
    answer = cast("dict[str, Any]", link.post("endpoints/late-flights/invocations", {"dataframe_split": rows}))
    link.close()
    assert [row["prediction"] if isinstance(row, dict) else row for row in answer["predictions"]] == expected


def test_deploy_shows_its_steps_in_one_line_and_gives_back_what_can_be_asked(notebook: Kernel, api: Api) -> None:
    reply = notebook.run("made = cellkeep.deploy(model, 'late-again', example=X_train[:5], alias='champion')", "deploy")
    assert reply.error is None, reply.text
    assert "snapshot" in reply.text
    assert "late-again version 1 serves at" in value(notebook, "made")
    assert value(notebook, "bool((made.predict(X_train[:50]) == model.predict(X_train[:50])).all())") == "True"
    assert api.get("models/late-again/aliases/champion")["version"] == 1
    again = notebook.run("made = cellkeep.deploy('model', 'late-again', endpoint='late-again')", "deploy")
    assert again.error is None, again.text
    assert value(notebook, "made.version") == "2"


def test_mlflows_client_loads_the_version_and_answers_the_same(notebook: Kernel, running_server: RealServer) -> None:
    reply = notebook.run("registered = cellkeep.deploy(model, 'for-mlflow', example=X_train[:5], serve=False)")
    assert reply.error is None, reply.text
    load = f"""
import os, mlflow
os.environ["MLFLOW_TRACKING_URI"], os.environ["MLFLOW_TRACKING_TOKEN"] = {running_server.url!r}, {running_server.token!r}
loaded = mlflow.pyfunc.load_model("models:/for-mlflow/1")
bool((loaded.predict(X_train) == model.predict(X_train)).all()), registered.url
"""
    assert value(notebook, load) == "(True, None)"


LOCAL = """
import pathlib, sys
pathlib.Path("beside").mkdir(exist_ok=True)
pathlib.Path("beside/__init__.py").write_text("from .rates import RATE\\n")
pathlib.Path("beside/rates.py").write_text("RATE = 3\\n")
sys.path.insert(0, "")
import beside
def scaled(rows): return rows["distance"].to_numpy() * beside.RATE
class Rule:
    def __init__(self, least): self.least = least
    def predict(self, rows): return scaled(rows) > self.least
rule = Rule(3000.0)
"""


def test_what_the_notebook_defines_travels_with_the_model_and_modules_beside_it_too(notebook: Kernel, api: Api) -> None:
    assert notebook.run(LOCAL, "rule").error is None
    reply = notebook.run("made = cellkeep.deploy(rule, 'rule', example=X_train[:5], serve=False)", "deploy-rule")
    assert reply.error is None, reply.text
    bundle = details(api, "rule")["bundle"]
    assert bundle["runtime"] == "python"
    assert bundle["python"]["modules"] == ["modules/beside/__init__.py", "modules/beside/rates.py"]
    names = {line.partition("==")[0] for line in bundle["python"]["requirements"]}
    assert {"pandas", "numpy", "cloudpickle"} <= names
    assert "scikit-learn" not in names
    assert bundle["export"]["tried"][-1]["runtime"] == "python"


REFUSED = {
    "not fitted": ("cellkeep.deploy(LogisticRegression(), 'x', example=X_train[:5])", "was not fitted"),
    "no model": ("cellkeep.deploy(3, 'x', example=X_train[:5])", "is no model"),
    "a class": ("cellkeep.deploy(LogisticRegression, 'x', example=X_train[:5])", "is a class"),
    "a name of no endpoint": ("cellkeep.deploy(model, 'Late Flights', example=X_train[:5])", "say endpoint='late-flights'"),
    "a path for a name": ("cellkeep.deploy(model, '../x', example=X_train[:5])", "no name of a model"),
    "a reserved alias": ("cellkeep.deploy(model, 'x', example=X_train[:5], alias='v3')", "is no alias"),
    "an example that does not fit": ("cellkeep.deploy(model, 'x', example=X_train[['hour']][:5])", "does not answer the example"),
    "a train that does not fit": ("cellkeep.deploy(model, 'x', example=X_train[:5], train=X_train[['hour']])", "give the same ones"),
    "a lock inside": (
        "import threading\nclass Locked:\n    def __init__(self): self.lock = threading.Lock()\n"
        "    def predict(self, rows): return rows['hour'].to_numpy()\ncellkeep.deploy(Locked(), 'x', example=X_train[:5])",
        "its attribute lock",
    ),
    "chance": ("cellkeep.deploy(lambda rows: draw.random(len(rows)), 'x', example=X_train[:5])", "not deterministic"),
    "too few answers": ("cellkeep.deploy(lambda rows: [1], 'x', example=X_train[:5])", "1 answers for 5 rows"),
    "only ONNX": ("cellkeep.deploy(lambda rows: rows['hour'].to_numpy(), 'x', example=X_train[:5], runtime='onnx')", "no ONNX form"),
}


def test_what_cannot_be_promoted_is_refused_with_the_reason_and_leaves_nothing(notebook: Kernel, api: Api) -> None:
    before = len(api.get("logged-models")["models"])
    for case, (code, reason) in REFUSED.items():
        *before_it, last = code.split("\n")
        tried = [*before_it, "try:", f"    {last}", "except Exception as error:", "    print(type(error).__name__, error)"]
        told = notebook.run("\n".join(tried)).text
        assert reason in told, (case, told)
    assert len(api.get("logged-models")["models"]) == before
    assert [one["name"] for one in api.get("models", text="x")["models"] if one["name"] == "x"] == []
    assert [one for one in api.get("promotions")["promotions"] if one["status"] in ("queued", "running")] == []


SLOW = """
import time
class Slow:
    def predict(self, rows):
        print("asked", flush=True)
        time.sleep(30)
        return rows["hour"].to_numpy()
cellkeep.deploy(Slow(), "slow", example=X_train[:5])
"""


def test_an_interrupt_cancels_it_and_leaves_nothing(notebook: Kernel, api: Api) -> None:
    request = notebook.begin(SLOW)
    notebook.wait_for_stream("asked")
    notebook.interrupt()
    assert notebook.finish(request).error == "KeyboardInterrupt"
    ended = eventually(lambda: [one for one in api.get("promotions", endpoint="slow")["promotions"] if one["status"] == "cancelled"])
    assert ended[0]["version"] is None
    assert value(notebook, "1 + 1") == "2"


def test_an_export_is_cancelled_by_the_server_between_its_steps(notebook: Kernel, api: Api) -> None:
    code = SLOW.replace("time.sleep(30)", "time.sleep(2)").replace('"slow"', '"stopped"')
    request = notebook.begin(
        f"try:\n    {code.strip().replace(chr(10), chr(10) + '    ')}\nexcept BaseException as error:\n    print(type(error).__name__)"
    )
    notebook.wait_for_stream("asked")
    promotion = api.get("promotions", endpoint="stopped")["promotions"][0]
    api.post(f"promotions/{promotion['id']}/cancel", {"id": promotion["id"]})
    assert "Cancelled" in notebook.finish(request).text
    assert api.get("models", text="stopped")["models"] == []


def test_without_a_server_it_says_so(tmp_path: Path, home: Path) -> None:
    import cellkeep
    from cellkeep.promoting.errors import CannotPromote

    class Rule:
        def predict(self, rows: Any) -> Any:
            return rows

    with pytest.raises(CannotPromote, match="cellkeep login"):
        cellkeep.deploy(Rule(), "rule", example=[{"a": 1}])


def test_a_version_is_deployed_from_the_terminal_and_its_endpoint_is_looked_after_there(
    notebook: Kernel, api: Api, cli: Cli, tmp_path: Path
) -> None:
    reply = notebook.run("cellkeep.deploy(model, 'by-hand', example=X_train[:5], serve=False)")
    assert reply.error is None, reply.text
    assert "serves at" in cli("deploy", "by-hand/1", "--endpoint", "by-hand")
    listed = {row["name"]: row for row in json.loads(cli("endpoints", "list", "--json"))}
    assert listed["by-hand"]["releases"][0]["version"] == 1
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps([{"hour": 20, "distance": 10.0, "carrier": "AA"}]))
    assert json.loads(cli("endpoints", "ask", "by-hand", str(rows)))["predictions"]
    secret = cli("endpoints", "token", "by-hand", "mine").strip()
    assert secret
    assert "mine" in cli("endpoints", "tokens", "by-hand")
    assert "by-hand" in cli("endpoints", "show", "by-hand")
    assert "by-hand" in cli("promote", "--list")
    asked = eventually(lambda: json.loads(cli("predictions", "list", "by-hand", "--json")))[0]
    assert "UA" not in cli("predictions", "show", asked["id"])
    reasons = json.loads(cli("predictions", "why", asked["id"], "--json"))
    assert {one["name"] for one in reasons["contributions"]} == {"hour", "distance", "carrier"}
    assert "the same answer" in cli("predictions", "replay", asked["id"])
    assert "kept" in cli("predictions", "feedback", asked["id"], "1", "--label", "late")
    assert "said before" in cli("predictions", "feedback", asked["id"], "1", "--label", "late")
    assert json.loads(cli("releases", "list", "by-hand", "--json"))[0]["role"] == "live"
    assert "100%" in cli("releases", "weights", "by-hand", "1=1")
    assert (
        "InferenceService"
        in json.loads(cli("releases", "kserve", "registry/by-hand:1", listed["by-hand"]["releases"][0]["id"], "--json"))["manifest"]
    )
    assert "stopped" in cli("endpoints", "stop", "by-hand")
    assert "deleted endpoint" in cli("endpoints", "delete", "by-hand")
