"""Models of scikit-learn: logged with signature and example, registered, loaded by every address with the same predictions; autolog."""

from __future__ import annotations

import mlflow
import mlflow.sklearn
import numpy as np
import pytest
from mlflow.models import get_model_info, infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

#: The client would find out by trying, in a process of its own, for half a minute a model.
REQUIREMENTS = ["scikit-learn"]


@pytest.fixture(scope="module")
def data():
    return load_iris(return_X_y=True, as_frame=True)


@pytest.fixture(scope="module")
def fitted(data):
    return LogisticRegression(max_iter=200).fit(*data)


@pytest.fixture
def logged(experiment, data, fitted, unique):
    """A model in the registry, the run that made it, and its name there."""
    rows, _ = data
    name = unique("iris")
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(
            fitted,
            name="model",
            signature=infer_signature(rows, fitted.predict(rows)),
            input_example=rows.head(3),
            pip_requirements=REQUIREMENTS,
            registered_model_name=name,
        )
    return info, run.info.run_id, name


def predicts_the_same(uri, fitted, rows):
    same = np.array_equal(mlflow.sklearn.load_model(uri).predict_proba(rows), fitted.predict_proba(rows))
    return same and np.array_equal(mlflow.pyfunc.load_model(uri).predict(rows), fitted.predict(rows))


def test_a_model_is_loaded_by_every_address_that_it_has(client, logged, data, fitted):
    info, run_id, name = logged
    client.set_registered_model_alias(name, "champion", "1")
    addresses = [
        f"runs:/{run_id}/model",
        f"models:/{info.model_id}",
        f"models:/{name}/1",
        f"models:/{name}@champion",
        f"models:/{name}/latest",
    ]
    for uri in addresses:
        assert predicts_the_same(uri, fitted, data[0]), uri


def test_a_model_keeps_signature_and_example(logged, data):
    info, _, name = logged
    found = get_model_info(f"models:/{name}/1")
    assert found.signature == info.signature
    example = mlflow.pyfunc.load_model(info.model_uri).input_example
    assert np.array_equal(example.to_numpy(), data[0].head(3).to_numpy())


def test_run_logged_model_and_version_know_each_other(client, logged):
    info, run_id, name = logged
    model = client.get_logged_model(info.model_id)
    assert (str(model.status), model.source_run_id, model.name) == (
        "READY",
        run_id,
        "model",
    )
    assert f'"name": "{name}"' in model.tags["mlflow.modelVersions"]
    assert [output.model_id for output in client.get_run(run_id).outputs.model_outputs] == [info.model_id]
    version = client.get_model_version(name, "1")
    assert (version.run_id, version.source) == (run_id, f"models:/{info.model_id}")
    assert [(found.name, found.version) for found in client.search_model_versions(f"run_id = '{run_id}'")] == [(name, "1")]


def test_a_copy_outlives_a_rename_of_what_it_was_copied_from(client, logged, data, fitted, unique):
    _, _, name = logged
    copy, renamed = unique("copy"), unique("renamed")
    client.copy_model_version(f"models:/{name}/1", copy)
    client.rename_registered_model(name, renamed)
    for uri in (f"models:/{copy}/1", f"models:/{renamed}/1"):
        assert predicts_the_same(uri, fitted, data[0]), uri


def test_a_stage_is_an_address_too(client, logged, data, fitted):
    _, _, name = logged
    client.transition_model_version_stage(name, "1", "Production")
    assert predicts_the_same(f"models:/{name}/Production", fitted, data[0])
    assert [(v.version, v.current_stage) for v in client.get_latest_versions(name)] == [("1", "Production")]


def test_a_model_that_was_logged_is_registered_later_by_either_address(client, logged, data, fitted, unique):
    info, run_id, _ = logged
    name = unique("later")
    for number, uri in enumerate([f"runs:/{run_id}/model", f"models:/{info.model_id}"], 1):
        version = mlflow.register_model(uri, name)
        assert (int(version.version), version.run_id) == (number, run_id)
        assert predicts_the_same(f"models:/{name}/{number}", fitted, data[0])


def test_what_is_measured_of_a_model_is_found_with_it(client, logged, experiment):
    info, run_id, _ = logged
    for step, value in enumerate([0.5, 0.9]):
        client.log_metric(run_id, "acc", value, step=step, model_id=info.model_id)
    points = [(m.key, m.value, m.step) for m in client.get_logged_model(info.model_id).metrics]
    assert points == [("acc", 0.5, 0), ("acc", 0.9, 1)]
    found = mlflow.search_logged_models([experiment], "metrics.acc > 0.8", output_format="list")
    assert [model.model_id for model in found] == [info.model_id]
    assert mlflow.search_logged_models([experiment], "metrics.acc > 0.95", output_format="list") == []


def test_autolog_records_a_search_over_a_grid_with_its_runs_and_models(client, experiment, data):
    rows, target = data
    mlflow.sklearn.autolog(max_tuning_runs=4, log_datasets=True, silent=True)
    try:
        with mlflow.start_run() as run:
            search = GridSearchCV(
                LogisticRegression(max_iter=200),
                {"C": [0.1, 1.0], "fit_intercept": [True, False]},
                cv=2,
            )
            search.fit(rows, target)
    finally:
        mlflow.sklearn.autolog(disable=True)
    within = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    assert sorted((r.data.params["C"], r.data.params["fit_intercept"]) for r in within) == [
        ("0.1", "False"),
        ("0.1", "True"),
        ("1.0", "False"),
        ("1.0", "True"),
    ]
    parent = client.get_run(run.info.run_id)
    assert parent.data.params["best_C"] == str(search.best_params_["C"])
    assert [i.dataset.name for i in parent.inputs.dataset_inputs] == ["dataset"]
    models = [mlflow.sklearn.load_model(f"models:/{output.model_id}") for output in parent.outputs.model_outputs]
    assert len(models) == 2
    for model in models:
        assert np.array_equal(model.predict(rows), search.predict(rows))


def test_a_model_is_evaluated_and_the_run_names_it_as_its_input(client, logged, data):
    info, _, _ = logged
    rows, target = data
    with mlflow.start_run() as run:
        result = mlflow.models.evaluate(
            f"models:/{info.model_id}",
            rows.assign(target=target),
            targets="target",
            model_type="classifier",
            evaluator_config={"log_model_explainability": False},
        )
    assert result.metrics["accuracy_score"] > 0.9
    found = client.get_run(run.info.run_id)
    assert [given.model_id for given in found.inputs.model_inputs] == [info.model_id]
    assert found.data.metrics["accuracy_score"] == result.metrics["accuracy_score"]
    measured = {m.key for m in client.get_logged_model(info.model_id).metrics}
    assert "accuracy_score" in measured


def test_a_prompt_is_a_model_that_searches_of_models_leave_out(client, unique):
    name = unique("prompt").replace(" ", "-")
    mlflow.genai.register_prompt(name, "Hello {{name}}", commit_message="first")
    mlflow.genai.register_prompt(name, "Hi {{name}}", commit_message="second")
    mlflow.genai.set_prompt_alias(name, "live", 1)
    assert mlflow.genai.load_prompt(f"prompts:/{name}@live").format(name="x") == "Hello x"
    assert mlflow.genai.load_prompt(f"prompts:/{name}/2").format(name="x") == "Hi x"
    assert name in {prompt.name for prompt in mlflow.genai.search_prompts()}
    assert client.search_registered_models(f"name = '{name}'") == []
    assert client.search_model_versions(f"name = '{name}'") == []
