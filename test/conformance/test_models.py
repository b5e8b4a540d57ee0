"""Models: logged, loaded with the same predictions, registered, found as logged models; autolog and evaluation."""

from __future__ import annotations

import json
import re

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.metrics import MetricValue
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

#: Told, since to find it out the client loads each model in a process of its own, and that says nothing of a server.
NEEDS = ["scikit-learn"]
X, Y = load_iris(return_X_y=True, as_frame=True)


@pytest.fixture(scope="module")
def fitted():
    return LogisticRegression(max_iter=500, C=0.5).fit(X, Y)


@pytest.fixture
def logged(experiment, fitted):
    with mlflow.start_run():
        signature = infer_signature(X, fitted.predict(X))
        return mlflow.sklearn.log_model(
            fitted, name="classifier", signature=signature, input_example=X.head(3), params={"C": 0.5}, pip_requirements=NEEDS
        )


def test_a_model_that_is_loaded_predicts_the_same(logged, fitted):
    for uri in (logged.model_uri, f"models:/{logged.model_id}"):
        loaded = mlflow.sklearn.load_model(uri)
        np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    generic = mlflow.pyfunc.load_model(logged.model_uri)
    np.testing.assert_array_equal(generic.predict(X), fitted.predict(X))


def test_signature_and_example_come_back(logged):
    info = mlflow.models.get_model_info(logged.model_uri)
    assert [column.name for column in info.signature.inputs] == list(X.columns)
    assert info.signature == logged.signature
    example = mlflow.pyfunc.load_model(logged.model_uri).input_example
    pd.testing.assert_frame_equal(example, X.head(3), check_dtype=False)
    with pytest.raises(MlflowException, match="schema"):
        mlflow.pyfunc.load_model(logged.model_uri).predict(pd.DataFrame({"other": [1.0]}))


def test_the_run_and_its_logged_model_name_each_other(client, logged):
    run = client.get_run(logged.run_id)
    assert [output.model_id for output in run.outputs.model_outputs] == [logged.model_id]
    model = client.get_logged_model(logged.model_id)
    assert (model.name, model.source_run_id, model.status) == ("classifier", logged.run_id, "READY")
    assert model.params == {"C": "0.5"}
    assert model.artifact_location == f"mlflow-artifacts:/{run.info.experiment_id}/models/{logged.model_id}/artifacts"
    names = {info.path for info in client.list_logged_model_artifacts(logged.model_id)}
    assert {"MLmodel", "requirements.txt", "input_example.json"} <= names


def test_files_of_a_logged_model_by_its_own_addresses(rest, logged):
    answer = rest("GET", f"/api/2.0/mlflow/logged-models/{logged.model_id}/artifacts/directories").json()
    assert "MLmodel" in {file["path"] for file in answer["files"]}
    query = {"artifact_file_path": "MLmodel"}
    file = rest("GET", f"/ajax-api/2.0/mlflow/logged-models/{logged.model_id}/artifacts/files", params=query)
    assert (file.status_code, file.headers["content-type"]) == (200, "text/plain")
    assert logged.model_id in file.text


def test_a_registered_version_is_loaded_by_number_and_by_alias(client, rest, experiment, fitted, unique):
    name = unique("forest")
    with mlflow.start_run():
        mlflow.sklearn.log_model(fitted, name="m", registered_model_name=name, pip_requirements=NEEDS)
    version = client.get_model_version(name, "1")
    client.set_registered_model_alias(name, "champion", "1")
    for uri in (f"models:/{name}/1", f"models:/{name}@champion", f"models:/{name}/latest"):
        np.testing.assert_array_equal(mlflow.sklearn.load_model(uri).predict(X), fitted.predict(X))
    assert version.source.startswith("models:/m-")
    found = mlflow.register_model(f"runs:/{version.run_id}/m", name)
    assert str(found.version) == "2"
    query = {"name": name, "version": "1", "path": "MLmodel"}
    assert "sklearn" in rest("GET", "/model-versions/get-artifact", params=query).text
    np.testing.assert_array_equal(mlflow.sklearn.load_model(f"models:/{name}/2").predict(X), fitted.predict(X))


class TestLoggedModels:
    @pytest.fixture
    def models(self, client, experiment):
        made = []
        for i, name in enumerate(("one", "two", "three")):
            model = client.create_logged_model(experiment, name=name, tags={"no": str(i)}, params={"depth": str(i)}, model_type="tree")
            made.append(client.finalize_logged_model(model.model_id, "READY") if i else model)
        return made

    def test_a_new_one_is_pending_until_it_is_ready(self, client, models):
        first = client.get_logged_model(models[0].model_id)
        assert (first.status, first.name, first.model_type) == ("PENDING", "one", "tree")
        assert first.model_id.startswith("m-")
        assert client.finalize_logged_model(first.model_id, "FAILED").status == "FAILED"

    def test_tags_are_set_and_deleted(self, client, models):
        model_id = models[0].model_id
        client.set_logged_model_tags(model_id, {"a": "1", "b": 2})
        assert client.get_logged_model(model_id).tags == {"no": "0", "a": "1", "b": "2"}
        client.delete_logged_model_tag(model_id, "a")
        assert client.get_logged_model(model_id).tags == {"no": "0", "b": "2"}

    def test_params_are_added(self, client, models):
        client.log_model_params(models[0].model_id, {"more": "x"})
        assert client.get_logged_model(models[0].model_id).params == {"depth": "0", "more": "x"}

    def test_a_deleted_one_is_gone(self, client, models, rest):
        client.delete_logged_model(models[0].model_id)
        with pytest.raises(MlflowException) as caught:
            client.get_logged_model(models[0].model_id)
        assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"

    @pytest.mark.parametrize(
        ("filter_string", "found"),
        [
            ("", ["three", "two", "one"]),
            ("name = 'two'", ["two"]),
            ("name LIKE 't%'", ["three", "two"]),
            ("tags.no = '2'", ["three"]),
            ("params.depth = '1'", ["two"]),
            ("status = 'READY'", ["three", "two"]),
            ("model_type = 'tree' AND name != 'one'", ["three", "two"]),
            ("metrics.auc > 0.5", ["two"]),
        ],
    )
    def test_search(self, client, experiment, models, run, filter_string, found):
        client.log_metric(run.info.run_id, "auc", 0.75, model_id=models[1].model_id)
        client.log_metric(run.info.run_id, "auc", 0.25, model_id=models[2].model_id)
        result = client.search_logged_models([experiment], filter_string=filter_string or None)
        assert [model.name for model in result] == found

    def test_search_in_the_order_of_a_metric(self, client, experiment, models, run):
        for value, model in zip((0.2, 0.9, 0.5), models, strict=True):
            client.log_metric(run.info.run_id, "auc", value, model_id=model.model_id)
        order = [{"field_name": "metrics.auc", "ascending": False}]
        assert [model.name for model in client.search_logged_models([experiment], order_by=order)] == ["two", "three", "one"]
        found = client.get_logged_model(models[1].model_id)
        assert [(metric.key, metric.value) for metric in found.metrics] == [("auc", 0.9)]

    def test_pages(self, client, experiment, models):
        page = client.search_logged_models([experiment], max_results=2)
        assert [model.name for model in page] == ["three", "two"]
        rest = client.search_logged_models([experiment], max_results=2, page_token=page.token)
        assert ([model.name for model in rest], rest.token) == (["one"], None)

    def test_what_is_not_there_is_told(self, rest):
        address = f"/api/2.0/mlflow/logged-models/m-{'0' * 32}"
        assert rest.refused("GET", address) == (404, "RESOURCE_DOES_NOT_EXIST")
        assert rest.refused("PATCH", address, {"model_id": "m-0", "status": "LOGGED_MODEL_READY"}) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_autolog_logs_a_grid_search_with_its_children(client, experiment):
    mlflow.sklearn.autolog(max_tuning_runs=None)
    try:
        with mlflow.start_run() as run:
            GridSearchCV(LogisticRegression(max_iter=200), {"C": [0.1, 1.0], "fit_intercept": [True, False]}, cv=2).fit(X, Y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    parent = client.get_run(run.info.run_id)
    assert parent.data.tags["estimator_name"] == "GridSearchCV"
    assert {"best_cv_score", "training_accuracy_score", "training_f1_score"} <= set(parent.data.metrics)
    assert parent.data.params["best_C"] in ("0.1", "1.0")
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    assert len(children) == 4
    assert {(child.data.params["C"], child.data.params["fit_intercept"]) for child in children} == {
        (c, i) for c in ("0.1", "1.0") for i in ("True", "False")
    }
    assert all("mean_test_score" in child.data.metrics for child in children)
    assert all(child.info.status == "FINISHED" for child in children)
    artifacts = {info.path for info in client.list_artifacts(run.info.run_id)}
    assert {"cv_results.csv", "estimator.html"} <= artifacts
    models = client.search_logged_models([experiment])
    assert {"model", "best_estimator"} <= {model.name for model in models}
    best = mlflow.sklearn.load_model(next(model.model_uri for model in models if model.name == "best_estimator"))
    assert len(best.predict(X)) == len(X)
    assert [each.dataset.name for each in parent.inputs.dataset_inputs] == ["dataset"]


def test_a_classifier_is_evaluated(client, experiment, fitted):
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(fitted, name="m", signature=infer_signature(X, fitted.predict(X)), pip_requirements=NEEDS)
        result = mlflow.models.evaluate(
            info.model_uri, pd.concat([X, Y], axis=1), targets="target", model_type="classifier", evaluator_config={"log_explainer": False}
        )
    found = client.get_run(run.info.run_id)
    assert found.data.metrics["accuracy_score"] == pytest.approx(result.metrics["accuracy_score"])
    assert found.data.metrics["accuracy_score"] > 0.9
    assert any(path.endswith("confusion_matrix.png") for path in (info.path for info in client.list_artifacts(run.info.run_id)))
    (model_input,) = found.inputs.model_inputs
    assert model_input.model_id == info.model_id
    scores = {metric.key for metric in client.get_logged_model(info.model_id).metrics}
    assert "accuracy_score" in scores


def test_a_table_of_an_evaluation_without_a_model(client, experiment):
    data = pd.DataFrame({"truth": [0, 1, 1, 0], "predicted": [0, 1, 0, 0]})
    right = mlflow.models.make_metric(
        eval_fn=lambda predictions, targets, metrics: MetricValue(scores=list((predictions == targets).astype(int))),
        greater_is_better=True,
        name="right",
    )
    with mlflow.start_run() as run:
        result = mlflow.models.evaluate(
            data=data,
            targets="truth",
            predictions="predicted",
            model_type="classifier",
            extra_metrics=[right],
            evaluator_config={"log_explainer": False},
        )
    assert result.metrics["accuracy_score"] == 0.75
    assert client.get_run(run.info.run_id).data.metrics["accuracy_score"] == 0.75
    # row by row, in the shape that pages show as a table
    assert mlflow.load_table("eval_results_table.json", run_ids=[run.info.run_id])["right/score"].tolist() == [1, 1, 0, 1]
    stored = mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/eval_results_table.json")
    assert re.match(r"\s*\{\s*\"columns\"\s*:\s*\[", stored)
    assert set(json.loads(stored)) == {"columns", "data"}


def test_a_model_of_functions_is_logged_and_loaded(experiment):
    class Doubled(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input: list[float], params=None) -> list[float]:
            return [2 * value for value in model_input]

    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(name="doubled", python_model=Doubled(), pip_requirements=["mlflow"])
    assert mlflow.pyfunc.load_model(info.model_uri).predict([1.5, 2.0]) == [3.0, 4.0]


def test_a_model_is_kept_with_what_it_needs(client, logged):
    text = mlflow.artifacts.load_text(f"{client.get_logged_model(logged.model_id).artifact_location}/requirements.txt")
    assert "scikit-learn" in text
    assert "sklearn" in mlflow.models.get_model_info(logged.model_uri).flavors
