"""What a snapshot may hold and what it must not: secrets, seeds, files, packages, the working tree."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellkeep.git import read_diff
from cellkeep.snapshots.canonical import digest_of
from cellkeep.snapshots.environment import read_machine
from cellkeep.snapshots.files import OpenedFiles
from cellkeep.snapshots.packages import installed_packages, package_places
from cellkeep.snapshots.secrecy import REDACTED, is_secret_name, is_secret_value, without_secrets
from cellkeep.snapshots.seeds import Seeds, seeds_in
from cellkeep.snapshots.variables import chosen_variables

SECRET_NAMES = [
    "CELLKEEP_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD", "OPENAI_API_KEY", "APIKEY",
    "GOOGLE_APPLICATION_CREDENTIALS", "SESSION_COOKIE", "CONDA_AUTH", "BASIC_AUTH", "OAUTH2_CLIENT", "PRIVATE_PEM", "SSH_PASSPHRASE",
    "AZURE_CONNECTION_STRING", "SENTRY_DSN", "SLACK_WEBHOOK", "TORCH_PAT", "PYTHON_KEYRING_KEY", "xsrf-cookie", "accessToken", "authHeader",
]  # fmt: skip
PLAIN_NAMES = ["PYTHONPATH", "OMP_NUM_THREADS", "CONDA_DEFAULT_ENV", "LANG", "TZ", "KEYBOARD_LAYOUT", "AUTHOR", "MONKEYS", "PASSENGERS",
               "COMPASS", "LC_ALL", "PYTHONHASHSEED"]  # fmt: skip
SECRET_VALUES = [
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY0123456789abcd",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdefghijkl_mnop",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
    "https://me:hunter2@example.org/repo.git",
    "postgresql://flights:pw@db:5432/flights",
    "sk-proj-abcdefghijklmnop1234",
    "xoxb-1234567890-abcdef",
    "hf_AbCdEfGhIjKlMnOpQr",
    "Bearer abc.def-ghi_jkl",
    "password=hunter2",
    "--opts=a;AccountKey=abcd==",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "token: q1w2e3",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "xK29.aQz81LmP0.qWe82vB",
    "me:hunter2@db.example.org/flights",
]
PLAIN_VALUES = [
    "", "2", "/home/me/projects/flights/.venv/lib/python3.12/site-packages:/opt/tools", "en_US.UTF-8", "max_split_size_mb:128,expandable",
    "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "experiment_with_random_forests", "ignore::DeprecationWarning", "3.13.5",
    "https://example.org/simple", "Europe/Berlin", "0,1,2,3", "GOMP_SPINCOUNT", "/opt/ThirdPartyLibraries/IntelMathKernelLibrary",
    "backend=cudaMallocAsync", "20261125123456789012345", "data/flights/part-00001.parquet", "notebooks/Flights_2026_final.ipynb",
    "cuda.bindings.runtime-13.0.1", "scikit_learn-1.8.0.dist-info/RECORD", "src/models/RandomForestBaseline.py",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_that_promises_a_secret_is_one(name: str) -> None:
    assert is_secret_name(name)
    assert chosen_variables({name: "1"}, also=["*"]) == {}


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_a_name_that_only_looks_like_one_is_kept(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize("value", SECRET_VALUES)
def test_a_value_that_is_a_secret_goes_under_no_name(value: str) -> None:
    assert is_secret_value(value)
    assert chosen_variables({"PYTHONSTARTUP": value}) == {}
    assert value not in json.dumps(without_secrets(["run", value, f"--x={value}", "--data", value]))


@pytest.mark.parametrize("value", PLAIN_VALUES)
def test_a_value_that_is_none_is_kept(value: str) -> None:
    assert not is_secret_value(value)


@given(st.binary(min_size=20, max_size=64), st.sampled_from(["hex", "urlsafe", "base64"]))
def test_what_a_generator_of_secrets_makes_is_taken_for_one(seed: bytes, form: str) -> None:
    import base64
    import hashlib

    drawn = hashlib.sha512(seed).digest()[:32]  # as random as what `secrets` draws, and the same when hypothesis asks again
    made = {"hex": drawn.hex(), "urlsafe": base64.urlsafe_b64encode(drawn).decode(), "base64": base64.b64encode(drawn).decode()}[form]
    assert is_secret_value(made)
    assert is_secret_value(f"prefix {drawn.hex()} suffix")


@given(
    st.lists(st.sampled_from("data train model forest flights python version learning rate batch size path test".split()), max_size=6),
    st.sampled_from("_-/ .:"),
)
def test_words_joined_by_signs_are_no_secret(words: list[str], sign: str) -> None:
    assert not is_secret_value(sign.join(words))


@given(st.lists(st.text(max_size=30), max_size=8))
def test_a_command_line_keeps_its_length_and_no_secret(words: list[str]) -> None:
    kept = without_secrets(words)
    assert len(kept) == len(words)
    assert all(word == REDACTED or not is_secret_value(word) for word in kept)


def test_a_short_option_for_a_password_hides_it_and_a_port_is_kept() -> None:
    assert without_secrets(["mysql", "-p", "hunter2", "-h", "db"]) == ["mysql", "-p", REDACTED, "-h", "db"]
    assert without_secrets(["jupyter", "-p", "8888"]) == ["jupyter", "-p", "8888"]


def test_tokens_of_python_are_secrets_in_nearly_every_case() -> None:
    made = [secrets.token_urlsafe(32) for _ in range(300)]
    assert sum(map(is_secret_value, made)) >= 297  # of random texts a few look like words


SEEDS = [
    ("plain calls", "random.seed(1); np.random.seed(2); torch.manual_seed(3)", [("python", "1"), ("numpy", "2"), ("torch", "3")]),
    ("full names", "import numpy\nnumpy.random.seed(seed=4)", [("numpy", "4")]),
    ("a generator", "rng = np.random.default_rng([1, 2])", [("numpy", "[1, 2]")]),
    ("drawn by the system", "rng = np.random.default_rng()", [("numpy", None)]),
    ("by name", "np.random.seed(SEED)", [("numpy", "42")]),
    ("by an expression", "np.random.seed(SEED + 1)", [("numpy", None)]),
    ("sklearn", "train_test_split(X, y, random_state=SEED)", [("random_state", "42")]),
    ("no seed", "train_test_split(X, y, random_state=None)", []),
    ("beside magics", "%matplotlib inline\n!ls\nnp.random.seed(5)", [("numpy", "5")]),
    ("in a cell magic", "%%time\nnp.random.seed(6)", [("numpy", "6")]),
    ("jax", "key = jax.random.PRNGKey(7)", [("jax", "7")]),
    ("of something else", "garden.seed(8); seed(9)", []),
    ("no Python", "np.random.seed(", []),
]


@pytest.mark.parametrize(("name", "source", "expected"), SEEDS, ids=[row[0] for row in SEEDS])
def test_seeds_are_found_in_a_cell(name: str, source: str, expected: list[tuple[str, str | None]]) -> None:
    assert sorted(seeds_in(source, {"SEED": 42}), key=str) == sorted(expected, key=str)


def test_numbers_that_are_drawn_without_a_seed_are_told() -> None:
    seeds = Seeds()
    seeds.note(0, "x = np.random.rand(3)", {})
    seeds.note(1, "random.seed(1); random.random()", {})
    assert seeds.read() == [
        {"generator": "python", "seed": "1", "order": 1},
        {"generator": "numpy", "seed": None, "order": None},
    ]


def test_opened_files_are_read_once_and_within_their_budget(tmp_path: Path) -> None:
    small, large, gone = tmp_path / "a.csv", tmp_path / "b.bin", tmp_path / "c.csv"
    small.write_text("a,b\n")
    large.write_bytes(b"0" * 100_000)
    files = OpenedFiles()
    files.note(0, [(str(small), "r"), (str(large), "r"), (str(gone), "w"), (str(tmp_path), "d")])
    files.note(3, [(str(small), "a")])
    found, warning = files.read(size=50_000)
    assert [(row["path"], row["mode"], row["size"], row["orders"]) for row in found] == [
        (str(small), "both", 4, [0, 3]),
        (str(large), "read", 100_000, [0]),
        (str(gone), "write", None, [0]),
    ]
    assert [row["digest"] for row in found] == [digest_of("a,b\n"), None, None]
    assert "1 opened files have no digest" in warning
    found, warning = files.read()
    assert found[1]["digest"] == digest_of("0" * 100_000)
    assert warning == ""
    assert files.read(size=0)[0][1]["digest"] == found[1]["digest"]  # known, and not read again


def test_a_named_pipe_does_not_hang_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    files = OpenedFiles()
    files.note(0, [(str(tmp_path / "pipe"), "r")])
    assert files.read() == ([], "")


def test_packages_are_found_once_and_anew_when_one_is_installed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "Some_Pkg-1.0.dist-info").mkdir(parents=True)
    (site / "Some_Pkg-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: Some.Pkg\nVersion: 1.0\n\nName: no\n")
    record = "some.py,sha256=abc,3\nSome_Pkg-1.0.dist-info/INSTALLER,sha256=x,4\nSome_Pkg-1.0.dist-info/RECORD,,\n"
    (site / "Some_Pkg-1.0.dist-info/RECORD").write_text(record)
    direct = {"url": "https://me:secret@example.org/some.git", "vcs_info": {"vcs": "git", "commit_id": "f00"}}
    (site / "Some_Pkg-1.0.dist-info/direct_url.json").write_text(json.dumps(direct))
    first = installed_packages(tmp_path / "cache", package_places([str(site)]))
    assert first == [
        {"name": "Some.Pkg", "version": "1.0", "hash": digest_of("some.py,sha256=abc,3"), "source": "git+https://example.org/some.git@f00"}
    ]
    (site / "Some_Pkg-1.0.dist-info/RECORD").unlink()  # nobody looks: the folder is the same
    assert installed_packages(tmp_path / "cache", package_places([str(site)])) == first
    (site / "broken-2.dist-info").mkdir()
    (site / "other-2.dist-info").mkdir()
    (site / "other-2.dist-info/METADATA").write_text("Name: other\nVersion: 2\n")
    assert [package["name"] for package in installed_packages(tmp_path / "cache", package_places([str(site)]))] == ["other", "Some.Pkg"]
    assert installed_packages(Path("/proc/nowhere"), package_places([str(site)]))[0]["name"] == "other"  # without a cache


def test_packages_are_those_of_this_environment(tmp_path: Path) -> None:
    from importlib.metadata import version

    found = {package["name"]: package for package in installed_packages(tmp_path, package_places())}
    assert found["ipykernel"]["version"] == version("ipykernel")
    start = time.perf_counter()
    installed_packages(tmp_path, package_places())
    assert time.perf_counter() - start < 1.0  # of the cache


def test_the_machine_is_told_without_starting_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    machine = read_machine()
    assert machine["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert machine.get("memoryBytes", 0) > 2**20
    assert machine.get("gpus") == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True)

    git("init", "-q")
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.py").write_text("a = 1\n")
    git("add", "a.py")
    git("commit", "-qm", "first")
    return tmp_path


def test_the_diff_is_of_tracked_files_and_of_the_whole_tree(repository: Path) -> None:
    assert read_diff(str(repository)) == (None, "")
    (repository / "a.py").write_text("a = 2\n")
    (repository / "new.py").write_text("b = 1\n")
    diff, warning = read_diff(str(repository / "sub"))
    assert diff is not None
    assert "-a = 1\n+a = 2" in diff
    assert "new.py" not in diff
    assert warning == ""


def test_a_diff_runs_no_program_of_the_repository(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    subprocess.run(["git", "config", "diff.external", f"touch {mark}; cat"], cwd=repository, check=True)
    subprocess.run(["git", "config", "diff.evil.textconv", f"touch {mark}; cat"], cwd=repository, check=True)
    (repository / ".gitattributes").write_text("*.py diff=evil\n")
    (repository / "a.py").write_text("a = 3\n")
    assert "+a = 3" in (read_diff(str(repository))[0] or "")
    assert not mark.exists()


def test_a_huge_diff_is_left_out_and_told(repository: Path) -> None:
    (repository / "a.py").write_text("x = 1\n" * 1_000_000)
    diff, warning = read_diff(str(repository), timeout=30)
    assert diff is None
    assert "not kept" in warning


def test_a_slow_git_is_not_waited_for(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "bin").mkdir()
    slow = repository / "bin/git"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{repository / 'bin'}:{os.environ['PATH']}")
    diff, warning = read_diff(str(repository), timeout=0.2)
    assert diff is None
    assert "did not tell" in warning
