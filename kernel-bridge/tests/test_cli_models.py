"""Registered models from the terminal, against a real server."""

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

from cellkeep.cli.evaluation_rows import read_rows, slices_of
from cellkeep.cli.main import main
from cellkeep.cli.output import CommandError

Refused = Callable[..., tuple[int, str]]


def _model(api: Api, name: str, versions: int = 2) -> str:
    api.post("models", {"name": name})
    for at in range(versions):
        api.post(f"models/{name}/versions", {"source": f"s3://bucket/{at}", "description": f"number {at}"})
    return name


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_models_are_listed_with_their_versions_aliases_and_stages(api: Api, cli: Cli) -> None:
    name = _model(api, "cli-listed")
    api.put(f"models/{name}/aliases/champion", {"version": 1})
    [row] = _rows(cli("models", "list", "--text", name, "--csv"))
    assert (row["latest"], row["versions"], row["aliases"]) == ("2", "2", "champion v1")
    assert [row["version"] for row in _rows(cli("models", "show", name, "--csv"))] == ["2", "1"]
    assert "no bundle" in cli("models", "show", name, "@champion")
    assert json.loads(cli("models", "show", name, "v2", "--json"))["version"]["version"] == 2
    assert [row["what"] for row in _rows(cli("models", "compare", name, "@champion", "2", "--csv"))] == ["bytes", "µs of one row"]


def test_a_card_is_written_as_markdown(api: Api, cli: Cli, tmp_path: Path) -> None:
    name = _model(api, "cli-card", 1)
    cli("models", "card", name, "1", "-o", str(tmp_path / "card.md"))
    text = (tmp_path / "card.md").read_text()
    assert text.startswith("## Summary\n\nVersion 1 of `cli-card`")
    assert "number 0" in text


def test_what_was_deleted_comes_back(api: Api, cli: Cli, refused: Refused) -> None:
    name = _model(api, "cli-restored")
    api.delete(f"models/{name}/versions/2")
    cli("models", "restore", name, "2")
    assert [row["version"] for row in _rows(cli("models", "show", name, "--csv"))] == ["2", "1"]
    api.delete(f"models/{name}")
    assert f'no registered model "{name}"' in refused("models", "show", name)[1]
    cli("models", "restore", name)
    assert [row["name"] for row in _rows(cli("models", "list", "--text", name, "--csv"))] == [name]


def test_a_set_is_stored_of_a_file_and_a_version_without_a_bundle_is_not_asked(
    api: Api, cli: Cli, refused: Refused, tmp_path: Path
) -> None:
    name = _model(api, "cli-evaluated", 1)
    file = tmp_path / "rows.csv"
    file.write_text("distance,carrier,late\n100,AA,no\n900,UA,yes\n,UA,no\n")
    words = [
        "--set",
        "january",
        "--rows",
        str(file),
        "--label",
        "late",
        "--metric",
        "accuracy",
        "--slice",
        "carrier",
        "--slice",
        "distance:500..",
    ]
    cli("models", "evaluate", name, *words)
    [stored] = api.get(f"models/{name}/evaluation-sets")["sets"]
    assert (stored["rows"], [one["name"] for one in stored["slices"]]) == (3, ["carrier = AA", "carrier = UA", "distance:500.."])
    code, line = refused("models", "evaluate", name, "1", "--set", "january")
    assert code == 1
    assert "registered without a bundle" in line
    assert "has no evaluation set 'june' (it has: 'january')" in refused("models", "evaluate", name, "1", "--set", "june")[1]


def test_a_gate_is_shown_and_tells_by_its_exit_code(
    api: Api, cli: Cli, refused: Refused, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = _model(api, "cli-gated", 1)
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([{"x": 1, "y": 2.5}, {"x": 2, "y": 3}]))
    set_id = cli("models", "evaluate", name, "--set", "june", "--rows", str(file), "--label", "y", "--metric", "rmse").strip()
    rule = {"setId": set_id, "metric": "rmse", "against": {"value": 1}, "maxWorse": 0}
    api.put(f"models/{name}/gate", {"rules": [rule], "stages": ["Production"], "aliases": [], "approvals": 1, "revision": 0})
    assert json.loads(cli("models", "gate", name))["revision"] == 1
    assert main(["models", "gate", name, "1"]) == 1
    assert capsys.readouterr().out == 'FAIL  v1 was not asked with "june": start an evaluation\nv1 does not pass\n'
    assert cli("models", "approve", name, "1", "--to", "Production", "--ask", "--comment", "please") == "v1 to Production: open\n"
    assert "asked for this" in refused("models", "approve", name, "1", "--to", "Production")[1]
    [asked] = _rows(cli("models", "approve", name, "--csv"))
    assert (asked["to"], asked["agree"], asked["comment"]) == ("Production", "0", "please")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,x\n,y\n", {"columns": ["a", "b"], "data": [[1, "x"], [None, "y"]]}),
        ("a\n1.5\nnan\n", {"columns": ["a"], "data": [["1.5"], ["nan"]]}),
        ("a\n12345678901234567890\n", {"columns": ["a"], "data": [["12345678901234567890"]]}),
        ('[{"a": 1}, {"b": null}]', {"columns": ["a", "b"], "data": [[1, None], [None, None]]}),
        ('{"columns": ["a"], "data": [[1]]}', {"columns": ["a"], "data": [[1]]}),
    ],
)
def test_rows_are_read_as_the_file_means_them(tmp_path: Path, text: str, expected: dict[str, Any]) -> None:
    file = tmp_path / "rows"
    file.write_text(text)
    assert read_rows(str(file)) == expected


def test_what_would_not_be_written_so_again_stays_text(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("zip,id,x\n01234,12345678901234567890,0.5\n10115,7,-0\n")
    assert read_rows(str(file))["data"] == [["01234", "12345678901234567890", 0.5], ["10115", "7", 0]]


@pytest.mark.parametrize("text", ["", "a,b\n", "a,b\n1\n", '{"rows": []}', "[1]", '{"columns":'])
def test_a_file_that_holds_no_rows_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "rows"
    file.write_text(text)
    with pytest.raises(CommandError, match="rows"):
        read_rows(str(file))


@pytest.mark.parametrize("word", ["speed", "speed=1", "x:a..b", "x:..", ""])
def test_a_word_that_is_no_slice_is_told(word: str) -> None:
    with pytest.raises(CommandError, match=r"no slice|no number"):
        slices_of(word, {"columns": ["x"], "data": [[1]]})
