"""Reports and comments from the terminal, against a real server."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Cli
from server import Api


def _markdown(folder: Path, text: str, name: str = "week 47.md") -> str:
    path = folder / name
    path.write_bytes(text.encode())
    return str(path)


def test_a_report_goes_to_the_server_and_comes_back_as_it_was(api: Api, cli: Cli, tmp_path: Path) -> None:
    text = "# Week 47 — do rates help? 😀\n\n## What\n\n```cellkeep\nchart: table\n```\n\nлюди\r\n"
    report_id = cli("reports", "create", _markdown(tmp_path, text)).strip()
    report = api.get(f"reports/{report_id}")
    assert report["title"] == "Week 47 — do rates help? 😀"
    assert report["body"].startswith("## What")
    cli("reports", "show", report_id, "-o", str(tmp_path / "back.md"))
    assert (tmp_path / "back.md").read_bytes() == text.encode()


@pytest.mark.usefixtures("api")
def test_a_title_is_given_taken_from_the_file_or_its_name(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = _markdown(tmp_path, "no heading", "drift.md")
    assert json.loads(cli("reports", "create", plain, "--json"))["title"] == "drift"
    headed = _markdown(tmp_path, "# Of the file #\ntext")
    made = json.loads(cli("reports", "create", headed, "--title", "Given", "--json"))
    assert (made["title"], made["body"]) == ("Given", "# Of the file #\ntext")
    monkeypatch.setattr("sys.stdin", io.StringIO("# From stdin\nx"))
    assert json.loads(cli("reports", "create", "-", "--json"))["title"] == "From stdin"


@pytest.mark.usefixtures("api")
def test_an_update_with_a_stale_revision_is_refused(cli: Cli, refused: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    report_id = cli("reports", "create", _markdown(tmp_path, "# Update me\none")).strip()
    cli("reports", "update", "Update me", _markdown(tmp_path, "two"))
    code, line = refused("reports", "update", report_id, _markdown(tmp_path, "three"), "--revision", "1")
    assert code == 1
    assert "saved revision 2" in line
    assert json.loads(cli("reports", "show", report_id, "--json"))["body"] == "two"


@pytest.mark.usefixtures("api")
def test_reports_are_listed_found_deleted_and_restored(cli: Cli, refused: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    report_id = cli("reports", "create", _markdown(tmp_path, "# To be found\nneedle-17")).strip()
    rows = list(csv.DictReader(io.StringIO(cli("reports", "list", "--text", "needle-17", "--csv"))))
    assert [row["id"] for row in rows] == [report_id]
    assert "To be found" in cli("reports", "list")
    cli("reports", "delete", "To be found")
    assert "no report" in refused("reports", "show", "To be found")[1]
    cli("reports", "restore", "To be found")
    assert json.loads(cli("reports", "show", "To be found", "--json"))["lifecycle"] == "active"


def test_comments_are_said_and_read_in_order(api: Api, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "Grace of the CLI"
    api.post("users", {"name": name, "role": "viewer"})
    run = api.post("runs", {"name": "spoken of in a terminal", "experimentName": "cli comments"})
    cli("comments", "add", run["id"], "first\n\x1b[2J")
    made = json.loads(cli("comments", "add", "spoken of in a terminal", f"look, @{name}", "--json"))
    assert [person["name"] for person in made["mentions"]] == [name]
    monkeypatch.setattr("sys.stdin", io.StringIO("of the experiment"))
    cli("comments", "add", "--experiment", "cli comments", "-")
    told = cli("comments", "list", run["id"])
    assert told.index("first") < told.index("look, @")
    assert "\x1b" not in told
    bodies = [comment["body"] for comment in json.loads(cli("comments", "list", "--experiment", "cli comments", "--json"))]
    assert bodies == ["of the experiment"]


REFUSALS: list[tuple[tuple[str, ...], str]] = [
    (("comments", "add", "0" * 32, "x"), "no run"),
    (("comments", "list", "no such run"), "cellkeep runs list"),
    (("comments", "add", "--report", "no such report", "x"), "cellkeep reports list"),
    (("reports", "create", "/no/such/file.md"), "/no/such/file.md"),
    (("reports", "show", "00000000-0000-4000-8000-000000000000"), "no report"),
]


@pytest.mark.parametrize(("words", "text"), REFUSALS)
@pytest.mark.usefixtures("api")
def test_a_refusal_is_one_line(refused: Callable[..., tuple[int, str]], words: tuple[str, ...], text: str) -> None:
    code, line = refused(*words)
    assert code == 1
    assert text in line


def test_a_file_that_is_no_text_is_refused(api: Any, refused: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    (tmp_path / "x.md").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in refused("reports", "create", str(tmp_path / "x.md"))[1]
