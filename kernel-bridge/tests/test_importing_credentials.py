"""Sources whose address holds a password: they are read, and the password is told to nobody."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from server import Api

from cellkeep.cli.main import main
from cellkeep.importing.credentials import masked, shown
from cellkeep.importing.reaching import address_of

RUN = "5" * 32


@pytest.mark.parametrize(
    ("address", "visible", "text", "told"),
    [
        # What a driver says of it, whole, decoded, encoded, or the part that it took for the password.
        ("http://me:secret@h:5000/a", "http://me:***@h:5000/a", "GET http://me:secret@h:5000/a/api?x", "GET http://me:***@h:5000/a/api?x"),
        ("http://me:p%2Fss@h", "http://me:***@h", "'p/ss' or p%2Fss", "'***' or ***"),
        ("http://me:p/ss@h", "http://me:***@h", "p/ss and p%2Fss", "*** and ***"),
        ("postgresql://me:secr@t@h/db", "postgresql://me:***@h/db", "no host t@h for secr", "no host t@h for ***"),
        ("postgresql://me:secret@h/db?options=a@b", "postgresql://me:***@b", "secret is wrong", "*** is wrong"),
        ("postgresql://h/db?user=me&password=secret", "postgresql://h/db?user=me&password=***", "PGPASSWORD=secret", "PGPASSWORD=***"),
        ("mssql+pyodbc:///?odbc_connect=PWD%3Dsecret", "mssql+pyodbc:///?odbc_connect=***", "odbc: PWD=secret", "odbc: ***"),
        ("https://0123token@h", "https://***@h", "401 for 0123token", "401 for ***"),
        # So short a password is a word of the sentence unless it stands as in an address.
        ("http://me:a@h", "http://me:***@h", "a model: http://me:a@h/x, password=a", "a model: http://me:***@h/x, password=***"),
        # The user or the database may be called the same.
        ("postgresql://mlflow:mlflow@h/mlflow", "postgresql://mlflow:***@h/mlflow", "no mlflow", "no ***"),
        ("postgresql://me@h/db", "postgresql://me@h/db", "me and db", "me and db"),
        ("http://h:5000/a", "http://h:5000/a", "port 5000", "port 5000"),
        ("/home/me/mlruns", "/home/me/mlruns", "/home/me/mlruns: gone", "/home/me/mlruns: gone"),
    ],
)
def test_a_password_is_masked_wherever_it_stands(address: str, visible: str, text: str, told: str) -> None:
    assert (shown(address), masked(text, address)) == (visible, told)


@pytest.fixture
def mlflow() -> Iterator[tuple[str, set[str]]]:
    """Host and port of an MLflow of one run, which wants a password and keeps no artifacts; and the passwords that it was told."""
    told: set[str] = set()

    class Mlflow(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            kind, _, word = self.headers.get("authorization", "").partition(" ")
            if kind == "Basic":
                told.add(base64.b64decode(word).decode())
            path = self.path.partition("?")[0].rpartition("/mlflow/")[2]
            if path == "experiments/search":
                found = {"experiment_id": "1", "name": "behind a password", "artifact_location": "mlflow-artifacts:/1"}
                self.say(200, {"experiments": [{**found, "lifecycle_stage": "active"}]})
            elif path == "runs/search":
                info = {"run_id": RUN, "run_uuid": RUN, "experiment_id": "1", "status": "FINISHED", "start_time": 1, "end_time": 2}
                info |= {"artifact_uri": f"mlflow-artifacts:/1/{RUN}/artifacts", "lifecycle_stage": "active", "run_name": "one"}
                self.say(200, {"runs": [{"info": info, "data": {"params": [{"key": "depth", "value": "6"}]}}]})
            else:
                self.say(404, {"error_code": "ENDPOINT_NOT_FOUND", "message": f"no {self.path} for {word} at {self.headers['host']}"})

        do_GET = do_POST = answer  # noqa: N815 (its names)

        def say(self, status: int, found: dict[str, Any]) -> None:
            data = json.dumps(found).encode()
            if self.headers.get("authorization") is None:
                status, data = 401, b"a password, please"
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Mlflow) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", told
        server.shutdown()


@pytest.mark.timeout(300)  # it may be the first that imports MLflow
@pytest.mark.usefixtures("server")
def test_an_mlflow_behind_a_password_in_its_address_is_read(
    api: Api, capfd: pytest.CaptureFixture[str], mlflow: tuple[str, set[str]]
) -> None:
    there, passwords = mlflow
    before = dict(os.environ)
    assert main(["import", "mlflow", f"http://me:p%40ss-word@{there}", "--experiment", "behind a password", "--json"]) == 1
    told = capfd.readouterr()
    ((run, reason),) = [(entry["run"], entry["reason"]) for entry in json.loads(told.out)["failed"]]
    assert (run, reason.partition(":")[0]) == ("one", "without its files")
    assert there in reason  # the client's exception names the address
    assert passwords == {"me:p@ss-word"}
    (found,) = api.runs("behind a password")
    assert (found["id"], found["params"]) == (RUN, {"depth": "6"})
    for text in (told.out, told.err):
        assert not [form for form in ("p@ss-word", "p%40ss-word", "ss-word") if form in text]
    assert {name for name in os.environ if name not in before} <= {"MLFLOW_ALLOW_FILE_STORE"}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_certificate_of_the_client_is_there(tmp_path: Path, version: ssl.TLSVersion) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "there")])
    now = datetime.now(timezone.utc)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = tmp_path / "there.pem"
    pem.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.load_verify_locations(pem)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    refused: list[str] = []

    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as tls:
            try:
                tls.do_handshake()
            except ssl.SSLError as error:
                refused.append(error.reason)
            tls.shutdown(socket.SHUT_WR)
            while tls.recv(4096):  # closed with something unread, the alert might be lost
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=answer, args=(listening,))
        serving.start()
        address = f"https://127.0.0.1:{listening.getsockname()[1]}"
        assert address_of(address) == address
        serving.join(30)
    assert refused == ["PEER_DID_NOT_RETURN_A_CERTIFICATE"]
