"""Bring what another tool has tracked to a Cellkeep server: MLflow's servers and folders, TensorBoard's and W&B's local files.

A source (``from_mlflow.py``, ``from_tensorboard.py``, ``from_wandb.py``) yields runs in one form (``source.py``); ``bring.py`` writes each
one, reads it back and compares. Each step may be repeated: run ids come from the source, a point that comes twice counts once, an
artifact is known by its digest. So a broken import is begun again and goes on with what is missing.
"""
