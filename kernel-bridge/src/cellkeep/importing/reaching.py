"""Whether an MLflow is where it is said to be, found out before MLflow's client is asked.

That client makes what is not there: the folder of a mistyped path, and the database of a mistyped file. And it asks a server that is
away again and again, for minutes and without a word.
"""

from __future__ import annotations

import re
import socket
import ssl
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import url2pathname, urlopen

#: Seconds until a source counts as away.
_PATIENCE = 10.0
_PORTS = {"postgresql": 5432, "postgres": 5432, "mysql": 3306, "mssql": 1433}
#: Words and schemes that MLflow knows beside addresses and paths.
_DATABRICKS = re.compile(r"databricks(-uc)?$|(databricks(-uc)?|uc)(://|:)")


class NotThere(ValueError):
    """There is no MLflow, or nobody answers; the message says what to give instead."""


def address_of(uri: str) -> str:
    """The address by which MLflow's client is to be asked: a path becomes a ``file://`` address.

    Raises
    ------
    NotThere
        Nothing has been made or changed then.
    """
    scheme = "" if re.match(r"[A-Za-z]:[\\/]", uri) else urlsplit(uri).scheme.lower()  # C:\mlruns is a path
    if scheme in ("http", "https"):
        _ask(uri)
    elif scheme.partition("+")[0] == "sqlite":
        _require_file(uri)
    elif scheme == "file":
        return _require_folder(Path(url2pathname(urlsplit(uri).path)), uri)
    elif "://" in uri:
        _connect(uri, scheme)
    elif not _DATABRICKS.match(uri):
        return _require_folder(Path(uri).expanduser(), uri)
    return uri


def _require_folder(folder: Path, given: str) -> str:
    if not folder.is_dir():
        what = (
            "that is a file; a database is given as sqlite:///FILE" if folder.is_file() else "give the mlruns folder, or http://HOST:PORT"
        )
        raise NotThere(f"there is no folder {given!r}: {what}")
    if not any(next(folder.glob(f"{below}/meta.yaml"), None) for below in ("*", ".trash/*", "models/*")):
        inside = folder / "mlruns"
        remedy = f"give {str(inside)!r}" if inside.is_dir() else "give the mlruns folder"
        raise NotThere(f"the folder {given!r} holds no experiments of MLflow: {remedy}")
    return folder.resolve().as_uri()


def _require_file(uri: str) -> None:
    _, found, rest = uri.partition(":///")
    name = rest.partition("?")[0]
    if not found or name == "" or name.startswith((":memory:", "file:")):
        return
    if not Path(name).is_file():
        raise NotThere(f"there is no database {name!r}: sqlite:///FILE is relative to this folder, sqlite:////FILE is not")


def _ask(uri: str) -> None:
    """Any answer will do, also one that wants a password."""
    # Nothing is sent and nothing believed here: whether to trust the certificate is the client's to decide.
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    try:
        urlopen(uri, timeout=_PATIENCE, context=trusting).close()
    except HTTPError:
        return
    except (OSError, HTTPException, ValueError) as error:  # URLError is an OSError; an address that is none is a ValueError
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise NotThere(f"{uri} does not answer within {_PATIENCE:.0f} s: is it running, and is the address right?") from error
        raise NotThere(f"{uri} cannot be reached ({reason}): is it running, and is the address right?") from error


def _connect(uri: str, scheme: str) -> None:
    parts = urlsplit(uri)
    try:
        host, port = parts.hostname, parts.port or _PORTS.get(scheme.partition("+")[0])
    except ValueError:  # a list of hosts and the like: its driver knows
        return
    if host is None or port is None:
        return
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        raise NotThere(f"no database answers on {host}, port {port}: {error.strerror or error}") from error
