"""Makes the model that all contestants serve: a random forest of 100 trees on breast cancer, 30 floats a row.

`python model.py onnx FOLDER` writes the graph and what Cellkeep needs beside it, `python model.py mlflow FOLDER` an MLflow model, and
`python model.py joblib FOLDER` the estimator. The data and the seed are the same, and so is scikit-learn in every environment.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier


def train():
    data = load_breast_cancer(as_frame=True)
    frame = data.data.astype(np.float32)
    frame.columns = [name.replace(" ", "_") for name in frame.columns]
    return RandomForestClassifier(n_estimators=100, random_state=0).fit(frame.to_numpy(), data.target), frame


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

    model, frame = train()
    names = frame.columns.tolist()
    graph = to_onnx(model, initial_types=[("features", FloatTensorType([None, len(names)]))], options={"zipmap": False})
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    rows = frame.iloc[:20]
    (folder / "example.json").write_text(json.dumps({"columns": names, "data": rows.to_numpy(float).tolist()}))
    labels = model.predict(rows.to_numpy())
    (folder / "answers.json").write_text(json.dumps({"labels": labels.tolist(), "scores": model.predict_proba(rows.to_numpy()).tolist()}))
    predicted = model.predict(frame.to_numpy())
    prediction = {"name": "label", "type": "integer", "count": len(predicted), "missing": 0, "edges": [], "values": ["1", "0"]}
    prediction["counts"] = [int((predicted == 1).sum()), int((predicted == 0).sum()), 0]
    features = [baseline_of(name, frame[name].to_numpy(float)) for name in names]
    (folder / "baseline.json").write_text(json.dumps({"rows": len(frame), "features": features, "prediction": [prediction]}))
    bundle = {
        "format": 1,
        "runtime": "onnx",
        "framework": "sklearn",
        "className": "RandomForestClassifier",
        "task": "classification",
        "classes": [0, 1],
        "signature": {
            "layout": "columns",
            "inputs": [column(name, "double") for name in names],
            "outputs": [column("label", "integer")],
        },
        "onnx": {
            "file": "model.onnx",
            "feeds": [{"input": "features", "type": "float32", "columns": names}],
            "label": "label",
            "scores": "probabilities",
        },
        "export": {"tried": [], "rows": {"example": 20, "random": 0}, "maxDifference": 0, "tolerance": 1e-5, "seconds": 0},
        "example": "example.json",
        "baseline": "baseline.json",
        "sizeBytes": (folder / "model.onnx").stat().st_size,
    }
    (folder / "cellkeep.json").write_text(json.dumps(bundle))


def write_mlflow(folder):
    import mlflow.sklearn
    from mlflow.models import infer_signature

    model, frame = train()
    rows = frame.iloc[:20].astype(float)
    signature = infer_signature(rows, model.predict(rows.to_numpy(np.float32)))
    mlflow.sklearn.save_model(model, str(folder / "model"), signature=signature, serialization_format="cloudpickle")


def write_joblib(folder):
    import joblib

    joblib.dump(train()[0], folder / "model.joblib")


if __name__ == "__main__":
    _, what, where = sys.argv
    Path(where).mkdir(parents=True, exist_ok=True)
    {"onnx": write_onnx, "mlflow": write_mlflow, "joblib": write_joblib}[what](Path(where))
