"""What cells show, as a real kernel sends it and the server has stored it; the page sees the same as without the bridge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import programs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import Kernel
from server import Api, eventually

from cellkeep.snapshots.outputs import CellOutputs, within_limits
from cellkeep.snapshots.streams import StreamText


def shown(*texts: str, limit: int = 1_000) -> str:
    stream = StreamText(limit)
    for text in texts:
        stream.write(text)
    return stream.text()


DRAWN = [
    ("plain lines", ["a\n", "b\n"], "a\nb\n"),
    ("a progress bar is its last state", ["  0%", "\r 50%", "\r100%\n"], "100%\n"),
    ("a shorter line leaves the end of the longer one", ["12345\rab"], "ab345"),
    ("Windows' line ends", ["a\r\nb\r\n"], "a\nb\n"),
    ("a backspace takes back", ["abc\b\bx"], "ax"),
    ("a backspace stops at the line's start", ["a\n\b\bb"], "a\nb"),
    ("the cursor stays where it was between two writes", ["abc\r", "x", "y\n"], "xyc\n"),
    ("a new line does not cut the one that is written over", ["abc\rx\nd"], "xbc\nd"),
]


@pytest.mark.parametrize(("name", "texts", "expected"), DRAWN, ids=[row[0] for row in DRAWN])
def test_a_stream_is_what_the_page_shows(name: str, texts: list[str], expected: str) -> None:
    assert shown(*texts) == expected


@given(st.lists(st.text(alphabet="ab\n\r\b", max_size=8), max_size=8))
def test_how_a_text_is_cut_into_writes_does_not_matter(texts: list[str]) -> None:
    assert shown(*texts) == shown("".join(texts))


@given(st.lists(st.text(alphabet="abc\n", max_size=60), max_size=20), st.integers(4, 100))
def test_a_long_stream_keeps_its_two_ends(texts: list[str], limit: int) -> None:
    whole, kept = "".join(texts), shown(*texts, limit=limit)
    assert kept == whole or (kept.startswith(whole[: limit // 2]) and whole[-(limit // 2) :] in kept and "left out" in kept)


def test_a_cell_keeps_so_many_bytes_and_says_what_is_missing() -> None:
    cell = CellOutputs()
    for _ in range(12):
        cell.take("display_data", {"data": {"image/png": "A" * 10}, "metadata": {}}, 10_000_000)
    *kept, note = [json.loads(output.part()[1]) for output in cell]
    assert len(kept) == 10
    assert "2 outputs left out" in note["data"]["text/plain"]


def test_of_a_huge_output_text_loses_its_middle_and_markup_goes() -> None:
    made = within_limits({"data": {"text/plain": "x" * 30, "text/html": "<b>" * 20, "image/png": "A" * 99}}, limit=20)["data"]
    assert made["text/plain"].startswith("x" * 10 + "\n… 10 characters left out …")
    assert "… text/html of 60 characters left out …" in made["text/plain"]
    assert set(made) == {"text/plain", "image/png"}


CELLS: list[tuple[str, str, list[dict[str, Any]]]] = [
    (
        "streams are joined by name, in order",
        "import sys\nprint('a'); print('b', flush=True)\nprint('c', file=sys.stderr, flush=True)\nprint('d')",
        [
            {"name": "stdout", "output_type": "stream", "text": "a\nb\n"},
            {"name": "stderr", "output_type": "stream", "text": "c\n"},
            {"name": "stdout", "output_type": "stream", "text": "d\n"},
        ],
    ),
    (
        "result and display",
        "from IPython.display import display, HTML\nprint(1); display(HTML('<b>x</b>')); print(2)\n40 + 2",
        [
            {"name": "stdout", "output_type": "stream", "text": "1\n"},
            {
                "data": {"text/html": "<b>x</b>", "text/plain": "<IPython.core.display.HTML object>"},
                "metadata": {},
                "output_type": "display_data",
            },
            {"name": "stdout", "output_type": "stream", "text": "2\n"},
            {"data": {"text/plain": "42"}, "metadata": {}, "output_type": "execute_result"},
        ],
    ),
    (
        "cleared at once",
        "from IPython.display import clear_output\nprint('before'); clear_output(); print('after')",
        [{"name": "stdout", "output_type": "stream", "text": "after\n"}],
    ),
    (
        "cleared once there is something new",
        "for i in range(3):\n    clear_output(wait=True); print('round', i)\nclear_output(wait=True)",
        [{"name": "stdout", "output_type": "stream", "text": "round 2\n"}],
    ),
    (
        "a display that is updated",
        "shown = display('old', display_id=True); shown.update('new')",
        [{"data": {"text/plain": "'new'"}, "metadata": {}, "output_type": "display_data"}],
    ),
    ("silence", "x = 1;", []),
    (
        "a child process",
        "!echo from a child",
        [{"name": "stdout", "output_type": "stream", "text": "from a child\n"}],
    ),
    (
        "a thread that prints after the cell has ended",
        """
import contextvars, threading, time
context = contextvars.copy_context()  # by which ipykernel knows whose thread it is
threading.Thread(target=context.run, args=(lambda: (time.sleep(0.7), print('late')),)).start()
print('soon')
""",
        [{"name": "stdout", "output_type": "stream", "text": "soon\nlate\n"}],
    ),
    (
        "what another cell displays is updated there",
        "later = display('one', display_id='shared')",
        [{"data": {"text/plain": "'two'"}, "metadata": {}, "output_type": "display_data"}],
    ),
    ("by this cell, which shows nothing itself", "display('two', display_id='shared', update=True); time.sleep(1.5)", []),
]


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "outputs.ipynb"))
    return str(tmp_path / "outputs.ipynb")


def test_outputs_of_every_kind_are_kept_as_the_page_shows_them(api: Api, notebook: str, kernel: Kernel) -> None:
    for name, code, _ in CELLS:
        kernel.run(code, name)
    failed = kernel.run("1 / 0", "error")
    assert failed.error == "ZeroDivisionError"

    def kept() -> dict[str, list[Any]] | None:
        rows = {row["cellId"]: row for row in api.get("executions", notebookPath=notebook)["executions"]}
        if len(rows) <= len(CELLS) or any(row["status"] == "running" for row in rows.values()):
            return None
        found = {name: [json.loads(api.part(digest)) for digest in row["outputs"]] for name, row in rows.items()}
        is_late = "late" in str(found) and "'two'" in str(found)  # what is shown after its cell has ended comes with a second record
        return found if is_late else None

    found = eventually(kept)
    (error,) = found.pop("error")
    assert (error["output_type"], error["ename"], error["evalue"]) == ("error", "ZeroDivisionError", "division by zero")
    assert any("ZeroDivisionError" in line for line in error["traceback"])
    for name, _, expected in CELLS:
        assert found[name] == expected, name


def test_a_killed_kernel_leaves_what_it_had_shown_and_the_snapshot_of_its_run(api: Api, notebook: str, kernel: Kernel) -> None:
    kernel.begin("import cellkeep, time\ncellkeep.start_run('cut')\nprint('one', flush=True)\nwhile True: time.sleep(0.1)", "cell-a")
    kernel.wait_for_stream("one")

    def kept() -> list[str]:
        rows = api.get("executions", notebookPath=notebook)["executions"]
        return rows[0]["outputs"] if rows else []

    (digest,) = eventually(kept)
    kernel.kill()
    (row,) = api.get("executions", notebookPath=notebook)["executions"]
    assert row["status"] == "running"
    assert json.loads(api.part(digest))["text"] == "one\n"
    (snapshot,) = api.get("snapshots", sessionId=row["sessionId"])["snapshots"]
    assert (snapshot["reason"], snapshot["lastOrder"], [run["name"] for run in snapshot["runs"]]) == ("start", 0, ["cut"])


TERMINAL = """
import sys
from IPython.terminal.interactiveshell import TerminalInteractiveShell

shell = TerminalInteractiveShell.instance(colors="nocolor")
shell.run_line_magic("load_ext", "cellkeep")
names = {"write", "publish", "clear_output", "start_displayhook", "finish_displayhook", "write_format_data", "_showtraceback"}
for cell in CELLS:
    shell.run_cell(cell, store_history=True)
owners = (sys.stdout, sys.stderr, shell, shell.display_pub, shell.displayhook)
left = [vars(owner)[name] for owner in owners for name in names & set(vars(owner))]
assert not [found for found in left if "cellkeep" in str(getattr(found, "__module__", ""))], left  # IPython leaves a `write` there
import cellkeep
cellkeep.start_run("terminal", experiment="terminal")
"""
IN_TERMINAL = [
    ("print('a')\nimport sys; print('b', file=sys.stderr)", ["a\n", "b\n"]),
    ("40 + 2", ["42"]),
    (
        "from IPython.display import display, HTML, clear_output\nprint('gone'); clear_output(); display(HTML('<b>x</b>'))",
        ["<IPython.core.display.HTML object>"],
    ),
    ("get_ipython().run_cell('print(1)', store_history=True)\nprint(2)", ["1\n2\n"]),
    ("1 / 0", ["ZeroDivisionError"]),
]


def test_a_terminal_shows_what_it_shows_and_it_is_kept(api: Api, tmp_path: Path) -> None:
    done = programs.run(tmp_path, TERMINAL.replace("CELLS", repr([cell for cell, _ in IN_TERMINAL])), PYTHONWARNINGS="ignore")
    assert done.returncode == 0, done.stderr
    for shown in ("a\n", "42", "1\n2\n", "ZeroDivisionError"):
        assert shown in done.stdout
    session = api.run("terminal")["source"]["sessionId"]
    rows = eventually(lambda: found if len(found := api.executions(session)) == len(IN_TERMINAL) + 1 else None)
    rows = [row for row in rows if row["source"] != "print(1)"]  # the inner one leaves its outputs to the outer one
    for row, (cell, expected) in zip(rows, IN_TERMINAL, strict=True):
        assert row["source"] == cell
        outputs = [json.loads(api.part(digest)) for digest in row["outputs"]]
        found = [o.get("text") or o.get("ename") or o["data"].get("text/html") or o["data"]["text/plain"] for o in outputs]
        assert [text for text in found if "run_cell" not in text and "ExecutionResult" not in text] == expected


def test_the_page_gets_what_it_gets_without_the_bridge(kernel: Kernel) -> None:
    code = "print('a')\nfrom IPython.display import display\ndisplay('b')\n'c'"
    with_bridge = kernel.run(code)
    kernel.run("%unload_ext cellkeep")
    without = kernel.run(code)
    assert (with_bridge.text, with_bridge.html) == (without.text, without.html)
    assert kernel.run("print('send_multipart' in vars(get_ipython().kernel.iopub_thread))").text == "False\n"
