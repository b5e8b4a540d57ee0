"""Which Cellkeep server, with which token: from the environment, else from the file that ``cellkeep login`` writes.

The file is looked at on every use and read again when it changed, so that a login takes effect without a restart of Jupyter.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit


@dataclass(frozen=True)
class Upstream:
    """A Cellkeep server.

    ``url`` is ``http(s)://host:port/prefix`` without credentials and without a slash at its end; with ``socket_path`` its host
    means nothing and the connection goes through that Unix socket.
    """

    url: str
    token: str | None = field(repr=False)
    socket_path: str | None = None

    @property
    def shown_url(self) -> str:
        """What may be shown to a person."""
        return f"unix://{self.socket_path}" if self.socket_path else self.url

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


class InvalidUrl(ValueError):
    """The configured address is not one that can be used; the text says why and what to write."""


def parse_upstream(url: str, token: str | None) -> Upstream:
    """Read ``http://…``, ``https://…`` or ``unix:///path/to/socket``.

    A token may also stand in the address, as password (``https://:token@host``); it is taken out of it.
    """
    parts = urlsplit(url.strip())
    if parts.scheme == "unix":
        path = unquote(parts.path)
        if not path.startswith("/"):
            raise InvalidUrl(f"{url!r} names no absolute socket path; write unix:///run/cellkeep.sock")
        return Upstream("http://localhost", token, path)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidUrl("the address of the Cellkeep server must look like http://host:5077, https://host or unix:///path")
    try:
        port = parts.port
    except ValueError as error:
        raise InvalidUrl(f"the port in the address of the Cellkeep server is not valid: {error}") from error
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = f"{host}:{port}" if port else host
    in_url = unquote(parts.password or parts.username or "") or None
    return Upstream(urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", "")), token or in_url)


class ServerSettings:
    """The current server, or None while there is none; ``problem`` then says what is wrong with what was found."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._read_stamp: tuple[str, int, int] | None = None
        self._from_file: dict[str, str] = {}
        self._file_problem: str | None = None
        self.problem: str | None = None

    @property
    def config_path(self) -> Path:
        chosen = self._environ.get("CELLKEEP_CONFIG")
        if chosen:
            return Path(chosen).expanduser()
        folder = self._environ.get("XDG_CONFIG_HOME") or "~/.config"
        return Path(folder).expanduser() / "cellkeep" / "config.json"

    def current(self) -> Upstream | None:
        self._read_file_if_changed()
        env_url = self._environ.get("CELLKEEP_URL", "").strip()
        env_token = self._environ.get("CELLKEEP_TOKEN", "").strip() or None
        file_url, file_token = self._from_file.get("url", ""), self._from_file.get("token") or None
        self.problem = None
        try:
            if env_url:
                upstream = parse_upstream(env_url, env_token)
                # The file's token belongs to the file's server: it is never sent to another one.
                if upstream.token is None and file_url and parse_upstream(file_url, None).url == upstream.url:
                    upstream = Upstream(upstream.url, file_token, upstream.socket_path)
                return upstream
            if file_url:
                return parse_upstream(file_url, env_token or file_token)
        except InvalidUrl as error:
            self.problem = str(error)
            return None
        self.problem = self._file_problem
        return None

    def _read_file_if_changed(self) -> None:
        path = self.config_path
        try:
            found = path.stat()
        except OSError:
            self._read_stamp, self._from_file, self._file_problem = None, {}, None
            return
        stamp = (str(path), found.st_mtime_ns, found.st_size)
        if stamp == self._read_stamp:
            return
        self._from_file, self._file_problem = {}, None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(content, dict):
                raise ValueError("it holds no JSON object")
            self._from_file = {key: value for key, value in content.items() if isinstance(value, str)}
        except (OSError, ValueError) as error:
            self._file_problem = f"{path} cannot be read: {error}; run `cellkeep login` again"
        self._read_stamp = stamp
