"""``cellkeep.slice`` in a real kernel: shown, written, run; and ``cellkeep slice`` later, from the server alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from commands import Cli
from kernels import Kernel
from server import Api, eventually

from cellkeep.slicing.selection import Reason, slice_of
from cellkeep.slicing.slices import Slice, SliceExecution, make_slice
from cellkeep.slicing.versions import Flow, within_limits

CELLS = [
    "import cellkeep",
    "prices = [1, 2]",
    "print(prices)",
    "other = prices",
    "other.append(40)",
    "from __future__ import annotations\n%time total = sum(prices)",
    "prices[0]",
    "first = _ + 1",
    "async def wait(v): return v",
    "waited = await wait(total)",
    "broken = 1\nnever = undefined_name",
    "sign = '<b>' + str(broken)",
]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel in which these cells have run, without a server."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CELLKEEP_HOME", str(home))
        patch.setenv("CELLKEEP_CONFIG", str(home / "config.json"))
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        kernel = Kernel()
    for number, cell in enumerate(CELLS):
        kernel.run(cell, f"cell-{number + 1}")
    yield kernel
    kernel.stop()


def told(kernel: Kernel, expression: str) -> str:
    reply = kernel.run(f"print({expression})")
    assert reply.error is None, reply.text
    return reply.text.strip()


def test_a_slice_has_numbers_cells_and_reasons(notebook: Kernel) -> None:
    found = json.loads(told(notebook, "__import__('json').dumps([vars(e) for e in cellkeep.slice('total')])"))
    assert [(e["number"], e["cell_id"]) for e in found] == [(2, "cell-2"), (4, "cell-4"), (5, "cell-5"), (6, "cell-6")]
    assert found[2]["why"] == "In[6] reads `prices`, which is changed here"
    assert all(e["sure"] for e in found)


def test_functions_in_a_list_bring_what_they_read_when_they_are_called(notebook: Kernel) -> None:
    notebook.run("functions = [lambda v: v + addend]")
    notebook.run("addend = 5")
    assert told(notebook, "len(cellkeep.slice('functions')), cellkeep.slice('functions').run()[0](1)") == "2 6"


def test_a_slice_is_shown_as_text_and_as_html(notebook: Kernel) -> None:
    shown = notebook.run("cellkeep.slice('sign')")
    assert "slice of sign: 2 executions" in shown.text
    assert "In[11]" in shown.text
    assert "&#x27;&lt;b&gt;&#x27;" in shown.html
    assert "<b>" not in shown.html


@pytest.mark.parametrize(
    ("name", "value"), [("total", "43"), ("first", "2"), ("waited", "43"), ("sign", "'<b>1'"), ("other", "[1, 2, 40]")]
)
def test_a_slice_run_in_a_fresh_process_gives_the_value(notebook: Kernel, name: str, value: str) -> None:
    assert told(notebook, f"repr(cellkeep.slice({name!r}).run())") == value


def test_an_object_is_looked_up_by_the_variable_that_holds_it(notebook: Kernel) -> None:
    assert told(notebook, "cellkeep.slice(wait).name") == "wait"
    assert "no variable holds this object object" in told(notebook, _error_of("cellkeep.slice(object())"))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("'totl'", "NoSuchVariable: there is no variable `totl` in this kernel; did you mean `total`?"),
        ("'never'", "NoSuchVariable: there is no variable `never` in this kernel"),
        ("'get_ipython'", "NoSuchVariable: there is no variable `get_ipython` in this kernel"),
    ],
)
def test_an_unknown_name_is_told_with_close_ones(notebook: Kernel, asked: str, message: str) -> None:
    assert told(notebook, _error_of(f"cellkeep.slice({asked})")).startswith(message)


def _error_of(expression: str) -> str:
    return f"_caught({expression!r})"


@pytest.fixture(autouse=True)
def caught(notebook: Kernel) -> None:
    """A helper in the kernel that evaluates a text and returns its error."""
    notebook.run(
        "def _caught(text):\n    try:\n        return eval(text)\n    except Exception as error:\n"
        "        return f'{type(error).__name__}: {error}'",
        silent=True,
        store_history=False,
    )


def test_the_notebook_is_valid_and_runs(notebook: Kernel, tmp_path: Path) -> None:
    path = tmp_path / "slice.ipynb"
    notebook.run(f"cellkeep.slice('first').to_notebook({str(path)!r})")
    made = nbformat.read(path, 4)
    nbformat.validate(made)
    sources = [cell.source for cell in made.cells if cell.cell_type == "code"]
    assert sources == [
        "prices = [1, 2]",
        "prices[0]",
        "Out[7] = _7 = _  # what In[7] showed, under the number that a later cell reads",
        "first = _ + 1",
    ]


@pytest.mark.parametrize(("name", "value"), [("total", "43"), ("first", "2"), ("waited", "43"), ("sign", "<b>1")])
def test_the_script_runs_on_python_alone(notebook: Kernel, tmp_path: Path, name: str, value: str) -> None:
    path = tmp_path / "slice.py"
    notebook.run(f"cellkeep.slice({name!r}).to_script({str(path)!r})")
    with path.open("a") as script:
        script.write(f"print({name})\n")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout.strip().split("\n")[-1] == value, done.stderr


def test_a_script_without_magics_needs_no_ipython() -> None:
    found = Slice("x", [SliceExecution(1, 0, None, "x = 1", "binds `x`", True)])
    assert found.to_script() == "# What x depends on, in the order in which it ran.\n\n# In[1]: binds `x`\nx = 1\n"


def test_hidden_state_is_told_by_the_magic(notebook: Kernel) -> None:
    assert "no hidden state" in notebook.run("%cellkeep check").text


def test_without_an_extension_it_says_what_to_do() -> None:
    done = subprocess.run([sys.executable, "-c", "import cellkeep; cellkeep.slice('x')"], capture_output=True, text=True, check=False)
    assert "RuntimeError: no cells are recorded here" in done.stderr
    assert "%load_ext cellkeep" in done.stderr


def test_a_record_keeps_to_the_limits() -> None:
    long = "x" * 5_000
    flow: Flow = {
        "needs": [{"order": order, "names": [long], "why": long, "sure": True} for order in range(3_000)],
        "touches": [{"name": long, "how": "bound", "sure": True}] * 11_000,
    }
    kept = within_limits(flow)
    assert (len(kept["needs"]), len(kept["touches"])) == (2_000, 10_000)
    assert max(len(kept["needs"][0]["why"]), len(kept["needs"][0]["names"][0]), len(kept["touches"][0]["name"])) <= 1_000


def test_a_later_slice_is_made_of_what_the_server_has(api: Api, cli: Cli, refused: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    kernel = Kernel()
    cells = [
        "import cellkeep\ncellkeep.experiment('sliced')",
        "rate = 0.5",
        "unused = 1",
        "losses = []",
        "losses.append(rate * 2)",
        "def scaled(x):\n    return factor() * x\ntools = {'scaled': scaled, 'twice': lambda x: doubled(x)}",
        "def factor():\n    return rate",
        "doubled = lambda x: 2 * x",
        "with cellkeep.run('calm') as run:\n    cellkeep.log({'loss': losses[-1]})",
        "rate = 9",
    ]
    for number, cell in enumerate(cells):
        kernel.run(cell, f"cell-{number}")
    kernel.run("%cellkeep flush")
    session = api.run("sliced", "finished")["source"]["sessionId"]
    eventually(lambda: len(found) >= len(cells) if (found := api.executions(session)) else None)
    kernel.stop()
    of_losses = cli("slice", "calm", "--of", "losses")
    assert "rate = 0.5" in of_losses
    assert "losses.append" in of_losses
    assert "unused" not in of_losses
    assert "rate = 9" not in of_losses
    of_tools = json.loads(cli("slice", "calm", "--of", "tools", "--json"))
    assert [step["source"] for step in of_tools] == [cells[1], *cells[5:8]]  # what its functions read when they are called, too
    of_run = json.loads(cli("slice", "calm", "--json"))
    assert [step["source"] for step in of_run] == [cells[0], cells[1], cells[3], cells[4], cells[8]]
    path = tmp_path / "calm.ipynb"
    cli("slice", "calm", "-o", str(path))
    nbformat.validate(nbformat.read(path, 4))
    code, line = refused("slice", "calm", "--of", "lossses")
    assert code == 1
    assert "no cell had bound a variable 'lossses' when the run ended; did you mean losses?" in line


def test_equal_makers_are_not_both_taken() -> None:
    def one(order: int, needs: list[tuple[int, str]], *touches: str) -> object:
        flow = {
            "needs": [{"order": o, "names": [n], "why": f"reads `{n}`", "sure": True} for o, n in needs],
            "touches": [{"name": name, "how": "bound", "sure": True} for name in touches],
        }
        return type("One", (), {"order": order, "number": order + 1, "cell_id": None, "source": "", "status": "ok", "flow": flow})()

    executions = [one(0, [], "np"), one(1, [(0, "np")], "a"), one(2, [], "np", "same:np"), one(3, [(2, "np"), (1, "a")], "x")]
    assert list(slice_of(executions, "x")) == [0, 1, 3]  # type: ignore[arg-type]
    assert list(slice_of([*executions[:3], one(3, [(2, "np")], "x")], "x")) == [2, 3]  # type: ignore[list-item]
    assert make_slice("x", [], {0: Reason("", True)}).executions == ()


def test_of_several_shells_in_a_process_the_last_one_that_loads_is_recorded(tmp_path: Path) -> None:
    program = tmp_path / "shells.py"
    program.write_text(
        """
from IPython.core.interactiveshell import InteractiveShell
import cellkeep
for value in (1, 2):
    shell = InteractiveShell()
    cellkeep.load_ipython_extension(shell)
    for cell in (f"a = {value}", "b = [a]", "unused = 0", "b.append(5)", "x = sum(b)"):
        shell.run_cell(cell, store_history=True)
    found = cellkeep.slice("x")
    print([e.number for e in found], [e.order for e in found], found.run())
"""
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[:2] == ["[1, 2, 4, 5] [0, 1, 3, 4] 6", "[1, 2, 4, 5] [5, 6, 8, 9] 7"], done.stderr
