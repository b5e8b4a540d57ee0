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
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import url2pathname, urlopen

from .credentials import apart, shown

#: Seconds until a source counts as away.
_PATIENCE = 10.0
_PORTS = {"postgresql": 5432, "postgres": 5432, "mysql": 3306, "mssql": 1433}
#: Words and schemes that MLflow knows beside addresses and paths.
_DATABRICKS = re.compile(r"databricks(-uc)?$|(databricks(-uc)?|uc)(://|:)")


class NotThere(ValueError):
    """There is no MLflow, nobody answers, or it lacks what was asked for; the message says what to give instead."""


def address_of(uri: str) -> str:
    """The address by which MLflow's client is to be asked: a path becomes a ``file://`` address.

    Raises
    ------
    NotThere
        Nothing has been made or changed then.
    """
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", uri)  # of two letters at least: C:\mlruns is a path
    scheme = found[1].lower() if found else ""
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
        raise NotThere(f"there is no folder {shown(given)!r}: {what}")
    if not any(next(folder.glob(f"{below}/meta.yaml"), None) for below in ("*", ".trash/*", "models/*")):
        inside = folder / "mlruns"
        remedy = f"give {str(inside)!r}" if inside.is_dir() else "give the mlruns folder"
        raise NotThere(f"the folder {shown(given)!r} holds no experiments of MLflow: {remedy}")
    return folder.resolve().as_uri()


def _require_file(uri: str) -> None:
    _, found, rest = uri.partition(":///")
    name = rest.partition("?")[0]
    if not found or name == "" or name.startswith((":memory:", "file:")):
        return
    if not Path(name).is_file():
        raise NotThere(f"there is no database {shown(name)!r}: sqlite:///FILE is relative to this folder, sqlite:////FILE is not")


def _ask(uri: str) -> None:
    """Any answer will do, also one that wants a password or a certificate of the client's."""
    # No credentials are sent and nothing is believed here: whether to trust the certificate is the client's to decide.
    asked, _, _ = apart(uri)
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    try:
        parts = urlsplit(asked)
        _ = parts.port  # raises where it is no number
        is_whole = "@" not in parts.netloc
    except ValueError:
        is_whole = False
    if not is_whole:  # what was taken for host and port may be the half of a password
        raise NotThere(f"{shown(uri)} is no address: a port is a number, and / ? # @ in a password are written %2F %3F %23 %40")
    try:
        urlopen(asked, timeout=_PATIENCE, context=trusting).close()
    except HTTPError:
        return
    except (OSError, HTTPException, ValueError) as error:  # URLError is an OSError; an address that is none is a ValueError
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, ssl.SSLError) and reason.reason != "WRONG_VERSION_NUMBER":
            return
        if isinstance(reason, TimeoutError):
            raise NotThere(f"{shown(asked)} does not answer within {_PATIENCE:.0f} s: is it running, and is the address right?") from error
        raise NotThere(f"{shown(asked)} cannot be reached ({reason}): is it running, and is the address right?") from error


def _connect(uri: str, scheme: str) -> None:
    """A server of one host is asked; what only its driver understands is left to that."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port or _PORTS.get(scheme.partition("+")[0])
    except ValueError:
        return
    is_for_its_driver = uri.count("@") > parts.netloc.count("@")  # a password with a / in it
    if host is None or port is None or "," in host or is_for_its_driver:
        return
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        raise NotThere(f"no database answers on {host}, port {port}: {error.strerror or error}") from error
