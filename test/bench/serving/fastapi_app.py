"""FastAPI with ONNX Runtime as one would write it for speed: no model of the row, one thread a session. Run by uvicorn with uvloop."""

import json
import os

import numpy as np
import onnxruntime
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

FOLDER = os.environ["FOREST"]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(f"{FOLDER}/model.onnx", options, providers=["CPUExecutionProvider"])
with open(f"{FOLDER}/example.json") as file:
    columns = json.load(file)["columns"]

app = FastAPI()


@app.get("/health")
async def health():
    return {}


@app.post("/predict")
async def predict(request: Request):
    row = await request.json()
    features = np.array([[row[name] for name in columns]], dtype=np.float32)
    label, scores = session.run(None, {"features": features})
    return JSONResponse({"prediction": int(label[0]), "scores": scores[0].tolist()})
