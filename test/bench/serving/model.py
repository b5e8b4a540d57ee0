"""Makes the model that all contestants serve: a random forest of 100 trees on breast cancer, 30 floats a row.

`python model.py onnx FOLDER` writes the graph and what Cellkeep needs beside it, `python model.py python FOLDER` the same for the estimator
itself in a Python worker, `python model.py mlflow FOLDER` an MLflow model, and `python model.py joblib FOLDER` the estimator. The data and
the seed are the same, and so is scikit-learn in every environment.
"""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier


def train():
    """The estimator, the names of its columns, and the rows that it has seen, float32."""
    data = load_breast_cancer()
    rows = data.data.astype(np.float32)
    model = RandomForestClassifier(n_estimators=100, random_state=0).fit(rows, data.target)
    return model, [str(name).replace(" ", "_") for name in data.feature_names], rows


def column(name, type):
    return {"name": name, "type": type}


def baseline_of(name, values):
    edges = sorted(set(np.quantile(values, np.linspace(0, 1, 11)[1:-1]).tolist()))
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    return {
        "name": name,
        "type": "double",
        "count": len(values),
        "missing": 0,
        "edges": edges,
        "values": [],
        "counts": counts.tolist(),
    }


def write_onnx(folder):
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    model, names, seen = train()
    graph = to_onnx(model, initial_types=[("features", FloatTensorType([None, len(names)]))], options={"zipmap": False})
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    feeds = [{"input": "features", "type": "float32", "columns": names}]
    onnx = {"file": "model.onnx", "feeds": feeds, "label": "label", "scores": "probabilities"}
    write_bundle(folder, (model, names, seen), {"runtime": "onnx", "onnx": onnx, "sizeBytes": (folder / "model.onnx").stat().st_size})


def write_python(folder):
    import cloudpickle

    model, names, seen = train()
    (folder / "model.pkl").write_bytes(cloudpickle.dumps(model))
    needed = [f"{name}=={version(name)}" for name in ("cloudpickle", "numpy", "pandas", "scikit-learn")]
    how = {"file": "model.pkl", "format": "cloudpickle", "version": platform.python_version(), "requirements": needed}
    how |= {"takes": "array", "dtype": "float32"}
    write_bundle(folder, (model, names, seen), {"runtime": "python", "python": how, "sizeBytes": (folder / "model.pkl").stat().st_size})


def write_bundle(folder, trained, how):
    """The description, the example, its right answers and the baseline. trained: as `train` gives it; how: what the runtime needs."""
    model, names, seen = trained
    rows = seen[:20]
    (folder / "example.json").write_text(json.dumps({"columns": names, "data": rows.astype(float).tolist()}))
    labels = model.predict(rows)
    (folder / "answers.json").write_text(json.dumps({"labels": labels.tolist(), "scores": model.predict_proba(rows).tolist()}))
    predicted = model.predict(seen)
    prediction = {"name": "label", "type": "integer", "count": len(predicted), "missing": 0, "edges": [], "values": ["1", "0"]}
    prediction["counts"] = [int((predicted == 1).sum()), int((predicted == 0).sum()), 0]
    features = [baseline_of(name, seen[:, i].astype(float)) for i, name in enumerate(names)]
    (folder / "baseline.json").write_text(json.dumps({"rows": len(seen), "features": features, "prediction": [prediction]}))
    bundle = {
        "format": 1,
        "framework": "sklearn",
        "className": "RandomForestClassifier",
        "task": "classification",
        "classes": [0, 1],
        "signature": {
            "layout": "columns",
            "inputs": [column(name, "double") for name in names],
            "outputs": [column("label", "integer")],
        },
        "export": {"tried": [], "rows": {"example": 20, "random": 0}, "maxDifference": 0, "tolerance": 1e-5, "seconds": 0},
        "example": "example.json",
        "baseline": "baseline.json",
        **how,
    }
    (folder / "cellkeep.json").write_text(json.dumps(bundle))


def write_mlflow(folder):
    import mlflow.sklearn
    import pandas as pd
    from mlflow.models import infer_signature

    model, names, seen = train()
    rows = pd.DataFrame(seen[:20].astype(float), columns=names)
    signature = infer_signature(rows, model.predict(seen[:20]))
    mlflow.sklearn.save_model(model, str(folder / "model"), signature=signature, serialization_format="cloudpickle")


def write_joblib(folder):
    import joblib

    joblib.dump(train()[0], folder / "model.joblib")


if __name__ == "__main__":
    _, what, where = sys.argv
    Path(where).mkdir(parents=True, exist_ok=True)
    {"onnx": write_onnx, "python": write_python, "mlflow": write_mlflow, "joblib": write_joblib}[what](Path(where))
