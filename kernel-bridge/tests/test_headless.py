"""nbclient runs a notebook without a path and without cell ids; the bridge works all the same."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from server import Api, eventually


def run_notebook(folder: Path, *cells: str) -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    client = NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute()
    return notebook


def test_a_headless_notebook_is_tracked(api: Api, tmp_path: Path) -> None:
    run_notebook(
        tmp_path,
        "import cellkeep\ncellkeep.experiment('headless')",
        "with cellkeep.run('forest'):\n    for i in range(10): cellkeep.log({'a': i})",
    )
    run = api.run("headless", "finished")
    assert run["source"]["notebookPath"] is None
    assert run["source"]["cellId"] is None
    assert api.points(run["id"], "a") == [(i, float(i)) for i in range(10)]
    rows = eventually(lambda: found if len(found := api.executions(run["source"]["sessionId"])) == 2 else None)
    assert [row["executionCount"] for row in rows] == [1, 2]


def test_a_notebook_that_a_tracked_script_runs_is_part_of_its_run(api: Api, tmp_path: Path, monkeypatch: object) -> None:
    """As papermill does: the environment tells the kernel which run is open."""
    import programs

    (tmp_path / "inner.ipynb").write_text(
        nbformat.writes(
            nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell("import cellkeep\nwith cellkeep.run('inner'): cellkeep.log({'a': 1})")],
                metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            )
        )
    )
    done = programs.run(
        tmp_path,
        """
import cellkeep, nbformat
from nbclient import NotebookClient
with cellkeep.run("outer", experiment="orchestrated"):
    NotebookClient(nbformat.read("inner.ipynb", 4), timeout=60).execute()
""",
    )
    assert done.returncode == 0, done.stderr
    runs = eventually(lambda: {run["name"]: run for run in found} if len(found := api.runs("orchestrated")) == 2 else None)
    assert runs["inner"]["parentRunId"] == runs["outer"]["id"]
