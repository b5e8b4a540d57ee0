"""Where the server is, where the spool lies and how often things happen; read anew whenever a connection is tried.

``CELLKEEP_URL`` and ``CELLKEEP_TOKEN`` come first, then the file that ``cellkeep login`` writes
(``~/.config/cellkeep/config.json``, another path by ``CELLKEEP_CONFIG``). The file's token belongs to the file's server and is never
sent to another one.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit


class InvalidSettings(ValueError):
    """A setting that cannot be used; the text names it and says what to write."""


@dataclass(frozen=True)
class Server:
    """A server and the token for it.

    ``url`` carries neither credentials nor a trailing slash; ``socket_path`` is set where the server listens on a Unix socket.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    socket_path: str | None = None


def parse_server(url: str, token: str | None) -> Server:
    """Read ``http://host:5077``, ``https://host/prefix`` or ``unix:///path``; a password in the address is the token.

    Raises
    ------
    InvalidSettings
        The address has another form.
    """
    parts = urlsplit(url.strip())
    if parts.scheme == "unix":
        if not parts.path.startswith("/"):
            raise InvalidSettings("a socket address looks like unix:///run/cellkeep.sock")
        return Server("http://localhost", token, unquote(parts.path))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidSettings("the address of the Cellkeep server looks like http://host:5077, https://host or unix:///path")
    try:
        port = parts.port
    except ValueError as error:
        raise InvalidSettings(f"the port in the server's address is not valid: {error}") from error
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    address = urlunsplit((parts.scheme, f"{host}:{port}" if port else host, parts.path.rstrip("/"), "", ""))
    return Server(address, token or unquote(parts.password or parts.username or "") or None)


def config_path() -> Path:
    """Where ``cellkeep login`` keeps address and token."""
    chosen = os.environ.get("CELLKEEP_CONFIG")
    if chosen:
        return Path(chosen).expanduser()
    folder = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(folder).expanduser() / "cellkeep" / "config.json"


def read_config() -> dict[str, str]:
    """Content of the configuration file; empty where there is none.

    Raises
    ------
    InvalidSettings
        The file is there but cannot be read.
    """
    path = config_path()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidSettings(f"{path} cannot be read ({type(error).__name__}); run `cellkeep login` again") from error
    if not isinstance(content, dict):
        raise InvalidSettings(f"{path} holds no JSON object; run `cellkeep login` again")
    return {key: value for key, value in content.items() if isinstance(value, str)}


def write_config(server: Server) -> Path:
    """Keep address and token for later processes, readable by this user alone (mode 0600)."""
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = f"unix://{quote(server.socket_path)}" if server.socket_path else server.url
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".config-")  # mkstemp gives 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"url": address, "token": server.token or ""}, file, indent=2)
        file.write("\n")
    os.replace(temporary, path)
    return path


def current_server() -> Server | None:
    """The configured server, or None where neither environment nor file names one.

    Raises
    ------
    InvalidSettings
        What is configured cannot be used.
    """
    env_url = os.environ.get("CELLKEEP_URL", "").strip()
    env_token = os.environ.get("CELLKEEP_TOKEN", "").strip() or None
    if env_url:
        server = parse_server(env_url, env_token)
        if server.token is not None:
            return server
        found = read_config()
        if found.get("url") and parse_server(found["url"], None).url == server.url:
            return Server(server.url, found.get("token") or None, server.socket_path)
        return server
    found = read_config()
    return parse_server(found["url"], env_token or found.get("token") or None) if found.get("url") else None


def is_configured() -> bool:
    """Whether a server is named, in a way that can be used."""
    try:
        return current_server() is not None
    except InvalidSettings:
        return False


def takes_snapshots() -> bool:
    """Whether runs get snapshots by themselves (``CELLKEEP_SNAPSHOTS``; ``0``, ``off`` or ``no`` for none)."""
    return os.environ.get("CELLKEEP_SNAPSHOTS", "").strip().lower() not in ("0", "off", "no", "false")


def snapshot_variables() -> list[str]:
    """More environment variables that snapshots keep (``CELLKEEP_SNAPSHOT_VARIABLES``, or ``snapshotVariables`` in the file).

    Names between commas or spaces, with ``*`` at the end for a prefix; what looks like a secret is kept by none of them.
    """
    text = os.environ.get("CELLKEEP_SNAPSHOT_VARIABLES")
    if text is None:
        try:
            text = read_config().get("snapshotVariables", "")
        except InvalidSettings:
            text = ""
    return text.replace(",", " ").split()


def page_url(path: str) -> str | None:
    """Address of a page of the server's UI; None while no server is configured, or none that can be used."""
    try:
        server = current_server()
    except InvalidSettings:
        return None
    return f"{server.url}/{path}" if server is not None else None


def cache_folder() -> Path:
    """Folder for what can be found out again, shared by all processes of this user."""
    folder = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(folder).expanduser() / "cellkeep"


def spool_root() -> Path:
    """Folder of all spools of this user: below ``$CELLKEEP_HOME``, else in the state folder of XDG."""
    home = os.environ.get("CELLKEEP_HOME")
    if home:
        return Path(home).expanduser().absolute() / "spool"
    folder = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(folder).expanduser() / "cellkeep" / "spool"


def _seconds(name: str, default: float) -> float:
    try:
        return max(0.0, float(os.environ.get(name, default)))
    except ValueError:
        return default


def system_interval() -> float:
    """Seconds between two samples of the machine (``CELLKEEP_SYSTEM_INTERVAL``); 0 takes none."""
    return _seconds("CELLKEEP_SYSTEM_INTERVAL", 5.0)


def exit_timeout() -> float:
    """Seconds that a process waits at its end for the server to take what is left (``CELLKEEP_EXIT_TIMEOUT``).

    Jupyter kills a kernel five seconds after it asked it to end; what was not sent stays in the spool.
    """
    return _seconds("CELLKEEP_EXIT_TIMEOUT", 3.0 if "JPY_PARENT_PID" in os.environ else 15.0)


def spool_limit() -> int:
    """Bytes that one process may keep in its spool (``CELLKEEP_SPOOL_LIMIT``, default 4 GiB)."""
    try:
        return max(1, int(os.environ.get("CELLKEEP_SPOOL_LIMIT", "")))
    except ValueError:
        return 4 * 1024**3
