"""A server of ours, with a few things in it, for whatever a document of its interface lets one ask."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "kernel-bridge/tests"))
for name in [name for name in os.environ if name.startswith("CELLKEEP_")]:
    del os.environ[name]

import pytest
from server import Api, Server

#: What the server is given before, and what questions are about: a question about nothing comes no further than "not found".
RUN = "0123456789abcdef0123456789abcdef"
SNAPSHOT = "01234567-89ab-4def-8123-456789abcdef"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    api = Api(server)
    api.post("runs", {"id": RUN, "name": "known", "params": {"lr": "0.1"}, "tags": {"team": "a"}})
    api.post(f"runs/{RUN}/log", {"series": [{"key": "loss", "steps": [0, 1], "times": [1, 2], "values": [0.5, "NaN"]}]})
    cell = '{"metadata":{},"source":"1","type":"code"}'
    digest = hashlib.sha256(cell.encode()).hexdigest()
    api.post("parts", {"parts": [{"digest": digest, "kind": "cell", "body": cell}]})
    entry = {"id": "a", "type": "code", "cell": digest, "executionCount": 1, "outputs": []}
    document = {"takenFrom": "editor", "nbformat": [4, 5], "metadata": {}, "cells": [entry]}
    api.put(f"snapshots/{SNAPSHOT}", {"reason": "manual", "takenAt": 1, "runIds": [RUN], "document": document})
    yield server
    api.close()
    server.stop()
