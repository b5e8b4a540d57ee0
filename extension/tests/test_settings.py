"""Which server, with which token."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cellkeep_jupyterlab.settings import InvalidUrl, ServerSettings, parse_upstream


@pytest.mark.parametrize(
    ("written", "url", "token", "socket"),
    [
        ("http://host:5077", "http://host:5077", None, None),
        ("https://host/team/", "https://host/team", None, None),
        ("http://:secret@host:1", "http://host:1", "secret", None),
        ("http://[::1]:5077", "http://[::1]:5077", None, None),
        ("unix:///run/cellkeep%20x.sock", "http://localhost", None, "/run/cellkeep x.sock"),
    ],
)
def test_an_address_is_read(written: str, url: str, token: str | None, socket: str | None) -> None:
    upstream = parse_upstream(written, None)
    assert (upstream.url, upstream.token, upstream.socket_path) == (url, token, socket)
    assert "secret" not in upstream.shown_url
    assert "secret" not in repr(upstream)


@pytest.mark.parametrize("written", ["host:5077", "ftp://host", "http://", "http://host:99999999", "unix://"])
def test_an_address_that_cannot_be_used_says_why(written: str) -> None:
    with pytest.raises(InvalidUrl, match=r"address|socket path"):
        parse_upstream(written, None)
    settings = ServerSettings({"CELLKEEP_URL": written, "CELLKEEP_CONFIG": "/nonexistent"})
    assert settings.current() is None
    assert settings.problem


def write(path: Path, content: object) -> dict[str, str]:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return {"CELLKEEP_CONFIG": str(path)}


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    env = write(tmp_path / "c.json", {"url": "http://file:1", "token": "file"})
    current = ServerSettings({**env, "CELLKEEP_URL": "http://env:2", "CELLKEEP_TOKEN": "env"}).current()
    assert current is not None
    assert (current.url, current.token) == ("http://env:2", "env")


def test_the_files_token_is_never_sent_to_another_server(tmp_path: Path) -> None:
    env = write(tmp_path / "c.json", {"url": "http://file:1", "token": "file"})
    elsewhere = ServerSettings({**env, "CELLKEEP_URL": "http://env:2"}).current()
    there = ServerSettings({**env, "CELLKEEP_URL": "http://file:1/"}).current()
    assert elsewhere is not None
    assert elsewhere.token is None
    assert there is not None
    assert there.token == "file"


def test_a_changed_file_is_read_again_and_a_broken_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    settings = ServerSettings({"CELLKEEP_CONFIG": str(path)})
    assert settings.current() is None
    assert settings.problem is None
    write(path, {"url": "http://one:1", "token": "a"})
    assert settings.current() == parse_upstream("http://one:1", "a")
    write(path, {"url": "http://second:1", "token": "b"})
    assert settings.current() == parse_upstream("http://second:1", "b")
    write(path, "{not json")
    assert settings.current() is None
    assert str(path) in (settings.problem or "")
    path.unlink()
    assert settings.current() is None
    assert settings.problem is None
