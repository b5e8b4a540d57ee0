"""The command ``cellkeep`` against the real server: results, refusals in one line, exit codes."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import programs
import pytest
from commands import Cli
from server import Api, Server

from cellkeep.cli.main import main
from cellkeep.settings import config_path


@pytest.fixture
def two_runs(api: Api, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[str, Any, Any]:
    """An experiment of this test's own with two finished runs."""
    name = f"cli-{request.node.name}"[:80]
    done = programs.run(
        tmp_path,
        f"""
import cellkeep
cellkeep.experiment({name!r})
for rate in (0.1, 0.3):
    with cellkeep.run(f"rate {{rate}}", params={{"rate": rate, "depth": 6}}) as run:
        for step in range(3): cellkeep.log({{"auc": rate * (step + 1)}}, step=step)
        cellkeep.text("hello", "greeting")
""",
    )
    assert (done.returncode, done.stderr) == (0, "")
    first, second = api.runs(name)
    return name, first, second


def test_login_checks_and_keeps_the_token(server: Server, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> None:
    monkeypatch.delenv("CELLKEEP_URL")
    monkeypatch.delenv("CELLKEEP_TOKEN")
    cli("login", server.url, "--token", server.token)
    assert stat.S_IMODE(config_path().stat().st_mode) == 0o600
    told = json.loads(cli("status", "--json"))
    assert told["server"] == server.url
    assert told["user"]
    assert server.token not in cli("status")
    cli("logout")
    assert not config_path().exists()


def test_login_takes_the_token_from_stdin(server: Server, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> None:
    monkeypatch.delenv("CELLKEEP_TOKEN")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{server.token}\n"))
    cli("login", server.url)
    assert json.loads(config_path().read_text())["token"] == server.token


def test_a_wrong_token_is_not_kept(server: Server, refused: Callable[..., tuple[int, str]]) -> None:
    code, text = refused("login", server.url, "--token", "wrong-token-value")
    assert code == 4
    assert "wrong-token-value" not in text
    assert not config_path().exists()


REFUSALS = [
    (("runs", "show", "no such run"), 1, "cellkeep runs list"),
    (("runs", "show", "0" * 32), 1, ""),
    (("runs", "list", "--filter", "metrics.auc >"), 1, "filter"),
    (("runs", "list", "--experiment", "no such experiment"), 1, "cellkeep experiments list"),
    (("runs", "list", "--order", "a:up"), 1, "KEY:desc"),
    (("runs", "tag", "0" * 32), 1, "key=value"),
    (("runs", "tag", "0" * 32, "../x=1"), 1, "../x"),
    (("artifacts", "put", "0" * 32, "/no/such/file"), 1, "/no/such/file"),
    (("token", "create", "x", "--expires", "soon"), 1, "2027-01-31"),
]


@pytest.mark.parametrize(("words", "code", "text"), REFUSALS)
@pytest.mark.usefixtures("server")
def test_a_refusal_is_one_line(refused: Callable[..., tuple[int, str]], words: tuple[str, ...], code: int, text: str) -> None:
    got, line = refused(*words)
    assert got == code
    assert text in line


def test_without_a_server_it_says_what_to_do(refused: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused("runs", "list") == (1, refused("runs", "list")[1])
    assert "cellkeep login" in refused("runs", "list")[1]
    monkeypatch.setenv("CELLKEEP_URL", "http://127.0.0.1:9")
    assert refused("runs", "list")[0] == 3


def test_wrong_words_end_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["runs", "dance"])
    assert caught.value.code == 2


def test_runs_are_listed_as_table_json_and_csv(two_runs: tuple[str, Any, Any], cli: Cli) -> None:
    name, first, second = two_runs
    table = cli("runs", "list", "--experiment", name, "--order", "metrics.auc:desc").splitlines()
    assert table[0].split()[:3] == ["id", "name", "status"]
    assert table[1].startswith(second["id"])
    assert table[2].startswith(first["id"])
    found = json.loads(cli("runs", "list", "--experiment", name, "--filter", "metrics.auc > 0.5", "--json"))
    assert [run["id"] for run in found] == [second["id"]]
    rows = list(csv.DictReader(io.StringIO(cli("runs", "list", "--experiment", name, "--csv"))))
    assert {row["params.rate"] for row in rows} == {"0.1", "0.3"}


def test_a_run_is_shown_renamed_and_tagged(two_runs: tuple[str, Any, Any], cli: Cli, api: Api) -> None:
    _, first, _ = two_runs
    assert "params.depth" in cli("runs", "show", first["id"])
    cli("runs", "rename", first["id"], "another name")
    cli("runs", "tag", first["id"], "team=ml", "baseline")
    cli("runs", "tag", first["id"], "--remove", "baseline")
    run = api.get(f"runs/{first['id']}")
    assert (run["name"], run["tags"]) == ("another name", {"team": "ml"})


def test_a_delete_can_be_taken_back(two_runs: tuple[str, Any, Any], cli: Cli, api: Api) -> None:
    name, first, second = two_runs
    cli("runs", "delete", first["id"], second["id"])
    assert api.runs(name) == []
    assert len(json.loads(cli("runs", "list", "--experiment", name, "--deleted", "--json"))) == 2
    cli("runs", "restore", first["id"])
    assert [run["id"] for run in api.runs(name)] == [first["id"]]


def test_compare_shows_what_differs(two_runs: tuple[str, Any, Any], cli: Cli) -> None:
    _, first, second = two_runs
    rows = {row["field"]: row for row in json.loads(cli("runs", "compare", first["id"], second["id"], "--json"))}
    assert rows["params.rate"] == {"field": "params.rate", "rate 0.1": "0.1", "rate 0.3": "0.3"}
    assert "params.depth" not in rows
    assert rows["metrics.auc"]["rate 0.3"] == pytest.approx(0.9)


def test_export_holds_every_point(two_runs: tuple[str, Any, Any], cli: Cli, tmp_path: Path) -> None:
    _, first, _ = two_runs
    told = json.loads(cli("runs", "export", first["id"]))
    assert told["run"]["id"] == first["id"]
    auc = next(part for part in told["series"] if part["key"] == "auc")
    assert auc["values"] == pytest.approx([0.1, 0.2, 0.3])
    cli("runs", "export", first["id"], "--csv", "-o", str(tmp_path / "points.csv"))
    with (tmp_path / "points.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["key"] == "auc"]
    assert [int(row["step"]) for row in rows] == [0, 1, 2]


def test_export_of_what_a_filter_finds(
    two_runs: tuple[str, Any, Any], cli: Cli, refused: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    name, first, second = two_runs
    told = cli("runs", "export", "--experiment", name, "--column", "id", "--column", "params.rate", "--order", "params.rate:desc")
    assert list(csv.reader(io.StringIO(told))) == [["id", "params.rate"], [second["id"], "0.3"], [first["id"], "0.1"]]
    only_one = ("--experiment", name, "--filter", "params.rate < 0.2")
    line = cli("runs", "export", *only_one, "--format", "json", "--column", "metrics.auc.max")
    assert json.loads(line) == {"metrics.auc.max": pytest.approx(first["metrics"]["auc"]["max"])}
    cli("runs", "export", *only_one, "--format", "parquet", "-o", str(tmp_path / "runs.parquet"))
    assert (tmp_path / "runs.parquet").read_bytes()[:4] == b"PAR1"
    cli("runs", "export", first["id"], "--format", "parquet", "-o", str(tmp_path / "points.parquet"))
    assert (tmp_path / "points.parquet").read_bytes()[-4:] == b"PAR1"
    assert "column 14" in refused("runs", "export", "--filter", "params.rate <", "-o", str(tmp_path / "none.csv"))[1]
    assert sorted(path.name for path in tmp_path.glob("*.csv*")) == []


def test_groups_archive_and_tags_by_a_filter(
    two_runs: tuple[str, Any, Any], cli: Cli, refused: Callable[..., tuple[int, str]], api: Api
) -> None:
    name, first, second = two_runs
    (group,) = csv.DictReader(io.StringIO(cli("runs", "groups", "params.depth", "--experiment", name, "--metric", "auc", "--csv")))
    assert group["runs"] == "2"
    assert float(group["auc max"]) == pytest.approx(second["metrics"]["auc"]["last"])
    found = ("--experiment", name, "--filter", "params.rate > 0.2")
    cli("runs", "tag", *found, "team=ml")
    assert [api.get(f"runs/{run['id']}")["tags"].get("team") for run in (first, second)] == [None, "ml"]
    code, said = refused("runs", "archive", *found, "--expect", "2")
    assert code == 1
    assert "nothing was changed" in said
    cli("runs", "archive", *found, "--expect", "1")
    assert [run["id"] for run in api.runs(name)] == [first["id"]]
    assert second["id"] in cli("runs", "list", "--experiment", name, "--archived", "--json")
    cli("runs", "unarchive", second["id"])
    assert len(api.runs(name)) == 2


def test_artifacts_are_listed_fetched_and_put(two_runs: tuple[str, Any, Any], cli: Cli, tmp_path: Path, api: Api) -> None:
    _, first, _ = two_runs
    assert "greeting.txt" in cli("artifacts", "list", first["id"])
    cli("artifacts", "get", first["id"], "greeting.txt", "-o", str(tmp_path))
    assert (tmp_path / "greeting.txt").read_text() == "hello"
    (tmp_path / "big.bin").write_bytes(bytes(range(256)) * 10_000)
    cli("artifacts", "put", first["id"], str(tmp_path / "big.bin"), "--name", "models/big.bin")
    assert api.content(first["id"], "models/big.bin") == (tmp_path / "big.bin").read_bytes()


def test_experiments_are_made_renamed_deleted_and_restored(server: Server, cli: Cli, api: Api) -> None:
    made = cli("experiments", "create", "cli made", "--description", "why").strip()
    assert made.isdigit()
    cli("experiments", "rename", "cli made", "cli renamed")
    listed = json.loads(cli("experiments", "list", "--json"))
    assert next(row for row in listed if row["id"] == made)["name"] == "cli renamed"
    cli("experiments", "delete", made)
    assert made not in {row["id"] for row in json.loads(cli("experiments", "list", "--json"))}
    cli("experiments", "restore", made)
    assert api.get(f"experiments/{made}")["lifecycle"] == "active"


def test_a_token_works_until_it_is_revoked(server: Server, cli: Cli, refused: Callable[..., tuple[int, str]], monkeypatch: Any) -> None:
    made = json.loads(cli("token", "create", "for the cluster", "--expires", "2040-01-31", "--json"))
    assert made["secret"] not in cli("token", "list")
    with monkeypatch.context() as other:
        other.setenv("CELLKEEP_TOKEN", made["secret"])
        cli("runs", "list")
    cli("token", "revoke", made["token"]["id"])
    with monkeypatch.context() as other:
        other.setenv("CELLKEEP_TOKEN", made["secret"])
        code, text = refused("runs", "list")
    assert code == 4
    assert made["secret"] not in text


@pytest.mark.usefixtures("server")
def test_notebooks_are_listed(cli: Cli) -> None:
    assert isinstance(json.loads(cli("notebooks", "list", "--json")), list)


def test_a_terminal_is_not_obeyed(api: Api, tmp_path: Path, cli: Cli) -> None:
    programs.run(tmp_path, "import cellkeep\nwith cellkeep.run('sly', experiment='sly', params={'p': '\\x1b[2J'}): pass")
    run = api.run("sly", "finished")
    assert run["params"]["p"] == "\x1b[2J"
    assert "\x1b" not in cli("runs", "show", run["id"])
