"""Where the server is and with which token; and that the token shows nowhere."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from cellkeep.settings import InvalidSettings, Server, config_path, current_server, parse_server, write_config

ADDRESSES = [
    ("http://127.0.0.1:5077", "http://127.0.0.1:5077", None),
    ("https://host/prefix/", "https://host/prefix", None),
    ("http://:secret@host:1/", "http://host:1", "secret"),
    ("http://[::1]:5077", "http://[::1]:5077", None),
]


@pytest.mark.parametrize(("given", "url", "token"), ADDRESSES)
def test_addresses(given: str, url: str, token: str | None) -> None:
    assert parse_server(given, None) == Server(url, token)


@pytest.mark.parametrize("given", ["host:5077", "ftp://host", "http://", "http://host:port", "unix:relative", ""])
def test_another_address_is_refused(given: str) -> None:
    with pytest.raises(InvalidSettings):
        parse_server(given, None)


def test_a_socket_is_an_address_too() -> None:
    assert parse_server("unix:///run/a%20b.sock", "t") == Server("http://localhost", "t", "/run/a b.sock")


def test_without_settings_there_is_no_server() -> None:
    assert current_server() is None


def test_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    write_config(Server("http://file:1", "file-token"))
    assert current_server() == Server("http://file:1", "file-token")
    monkeypatch.setenv("CELLKEEP_URL", "http://env:2")
    assert current_server() == Server("http://env:2", None)  # the file's token is for the file's server
    monkeypatch.setenv("CELLKEEP_URL", "http://file:1")
    assert current_server() == Server("http://file:1", "file-token")
    monkeypatch.setenv("CELLKEEP_TOKEN", "env-token")
    assert current_server() == Server("http://file:1", "env-token")


def test_the_file_is_for_this_user_alone() -> None:
    path = write_config(Server("http://host:1", "secret"))
    assert path == config_path()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {"url": "http://host:1", "token": "secret"}


def test_a_broken_file_is_named(home: Path) -> None:
    (home / "config.json").write_text("{")
    with pytest.raises(InvalidSettings, match=r"config\.json"):
        current_server()


def test_the_token_is_in_no_repr() -> None:
    assert "secret" not in repr(parse_server("http://:secret@host", None))
