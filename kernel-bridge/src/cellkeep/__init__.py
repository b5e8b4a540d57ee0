"""Track runs and every executed cell, from notebooks and plain scripts.

>>> import cellkeep
>>> with cellkeep.run("forest", params={"trees": 100}) as run:  # doctest: +SKIP
...     cellkeep.log({"auc": 0.81})

In a kernel of an environment that holds this package the extension is loaded by itself (``etc/ipython/ipython_kernel_config.py``).

How it flows: ``runs.py`` and ``recorder.py`` put items into the buffer of ``journal.py``, whose thread writes them to the spool on disk
(``spool.py``, ``outbox.py``); ``sender.py`` brings it to the server (``delivery.py``, ``link.py``), which acknowledges each batch once
it is committed. ``tracker.py`` joins them for one process. ``snapshots/`` keeps the notebook with every run, and what cells show;
``marks.py`` tells the page what is hidden in the kernel's state. ``comm.py`` talks to the notebook's front end, ``cli/`` to people in a
terminal. What always holds: nothing raises into a cell because of server, network or disk; a cell waits for nothing; what is in the
spool reaches the server once, in order, whatever dies in between.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, overload

from .opening import current_or_implicit_run, inherited_run, open_run
from .runs import Run
from .snapshots.taking import Snapshot
from .starting import RunStarter
from .state import Status, package_version

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .checkpoints import Checkpoint, Restored
    from .errors import FinalStatus
    from .hidden_state import Findings
    from .promoting.deployment import Deployment
    from .promoting.finding import FoundModel
    from .slicing.slices import Slice

P = ParamSpec("P")
T = TypeVar("T")

__all__ = [
    "Run",
    "Snapshot",
    "artifact",
    "check",
    "checkpoint",
    "current_run",
    "deploy",
    "end_run",
    "experiment",
    "figure",
    "flush",
    "log",
    "models",
    "note",
    "params",
    "restore",
    "run",
    "slice",
    "snapshot",
    "start_run",
    "status",
    "table",
    "tags",
    "text",
]


def __getattr__(name: str) -> str:
    if name == "__version__":
        return package_version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@overload
def run(name: Callable[P, T]) -> Callable[P, T]: ...
@overload
def run(
    name: str | None = None,
    *,
    experiment: str | None = None,
    params: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | Iterable[str] | None = None,
    notes: str | None = None,
    parent: Run | str | None = None,
    nested: bool = True,
) -> RunStarter: ...
def run(
    name: str | Callable[P, T] | None = None,
    *,
    experiment: str | None = None,
    params: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | Iterable[str] | None = None,
    notes: str | None = None,
    parent: Run | str | None = None,
    nested: bool = True,
) -> RunStarter | Callable[P, T]:
    """Open a run for a ``with`` block, or for each call of a decorated function (plain, async or generator).

    Left by an exception it ends as ``failed`` with the error; by an interrupt as ``killed``.

    Parameters
    ----------
    name
        Absent: the function's name, or two words and a number like ``calm-otter-12``.
    experiment
        Name of its experiment, made where it does not exist. Absent: that of the enclosing run, of ``cellkeep.experiment``, or the
        name of the notebook or script.
    params
        Params known from the start; see ``Run.params``.
    tags
        A dict, or names alone.
    notes
        Markdown.
    parent
        The run (or its id) of which it is a part. Absent: the run that is open in this context.
    nested
        False: it has no parent, although a run is open.

    Raises
    ------
    TypeError, ValueError
        An argument breaks its rule.

    Examples
    --------
    >>> @run(params={"depth": 6})
    ... def train(rate):
    ...     params({"rate": rate})
    """
    if callable(name):
        return RunStarter(None, None, None, None, None, None, True)(name)
    return RunStarter(name, experiment, params, tags, notes, parent, nested)


def start_run(
    name: str | None = None,
    *,
    experiment: str | None = None,
    params: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | Iterable[str] | None = None,
    notes: str | None = None,
    parent: Run | str | None = None,
    nested: bool = True,
) -> Run:
    """Open a run that stays open over cells until ``end_run``; arguments as for ``run``."""
    return open_run(name, experiment=experiment, params=params, tags=tags, notes=notes, parent=parent, nested=nested)


def end_run(status: FinalStatus = "finished") -> None:
    """End the current run; without one, nothing happens."""
    found = current_run()
    if found is not None:
        found.end(status)


def current_run() -> Run | None:
    """The run that ``log`` writes to; None where none is open."""
    from . import active

    return active.current() or inherited_run()


def experiment(name: str) -> None:
    """Put the runs of this process, from now on, into this experiment.

    Raises
    ------
    TypeError, ValueError
        It is no name.
    """
    from .tracker import tracker
    from .values import checked_name

    tracker().experiment = checked_name(name, "the name of an experiment")


def log(values: Mapping[str, object], step: int | None = None, run: Run | None = None) -> None:
    """Add one point to each of some metrics; see ``Run.log``.

    Without an open run the executing cell gets one, which ends with the cell (in a script: with the process).
    """
    (run or current_or_implicit_run()).log(values, step)


def params(values: Mapping[str, object], run: Run | None = None) -> None:
    """Set params; see ``Run.params``."""
    (run or current_or_implicit_run()).params(values)


def tags(values: Mapping[str, object] | Iterable[str], run: Run | None = None) -> None:
    """Set tags; see ``Run.tags``."""
    (run or current_or_implicit_run()).tags(values)


def note(text: str, run: Run | None = None) -> None:
    """Set the run's notes; see ``Run.note``."""
    (run or current_or_implicit_run()).note(text)


def artifact(path: str | os.PathLike[str], name: str | None = None, run: Run | None = None) -> None:
    """Keep a file or folder; see ``Run.artifact``."""
    (run or current_or_implicit_run()).artifact(path, name)


def figure(figure: Any, name: str, step: int | None = None, run: Run | None = None) -> None:
    """Keep a figure; see ``Run.figure``."""
    (run or current_or_implicit_run()).figure(figure, name, step)


def table(rows: Any, name: str, run: Run | None = None) -> None:
    """Keep a table; see ``Run.table``."""
    (run or current_or_implicit_run()).table(rows, name)


def text(text: str, name: str, run: Run | None = None) -> None:
    """Keep a text; see ``Run.text``."""
    (run or current_or_implicit_run()).text(text, name)


def checkpoint(*names: str, label: str = "", exclude: Iterable[str] = ()) -> Checkpoint:
    """Keep variables of this kernel on the server; see ``cellkeep.checkpoints.checkpoint``."""
    from .checkpoints import checkpoint

    return checkpoint(*names, label=label, exclude=exclude)


def restore(
    checkpoint: str | None = None, *, names: Iterable[str] | None = None, trust: str | None = None, overwrite: bool = False
) -> Restored:
    """Bring kept variables back into this kernel; see ``cellkeep.checkpoints.restore``."""
    from .checkpoints import restore

    return restore(checkpoint, names=names, trust=trust, overwrite=overwrite)


def check() -> Findings:
    """Hidden state of this kernel: where running the notebook from the top would give something else.

    Returns
    -------
    list of Finding
        Each with the cell, the kind (``stale``, ``edited``, ``gone``, ``order``, ``undefined``), the reason and the executions; empty
        where the notebook says everything. Without a notebook (in a console) only ``stale`` and ``order`` can be told.

    Raises
    ------
    RuntimeError
        This is no kernel whose cells are recorded.
    """
    from .hidden_state import check_kernel

    return check_kernel()


def slice(target: object) -> Slice:
    """The least set of executed cells that a value depends on, in an order that runs.

    Parameters
    ----------
    target
        Name of a variable, a run (or its id) that this kernel made, or an object that a variable holds (a figure, say).

    Returns
    -------
    Slice
        Its executions with the reason for each; ``to_notebook()``, ``to_script()`` and ``run()`` make something of it.

    Raises
    ------
    KeyError
        There is no such variable.
    LookupError
        No recorded cell has made it.
    RuntimeError
        This is no kernel whose cells are recorded.
    """
    from .slicing.asking import slice_in_kernel

    return slice_in_kernel(target)


def deploy(
    model: Any,
    name: str,
    *,
    example: Any = None,
    train: Any = None,
    endpoint: str | None = None,
    runtime: Literal["auto", "onnx", "python"] = "auto",
    tolerance: float = 1e-5,
    how: Literal["replace", "canary", "shadow", "beside"] = "replace",
    plan: Mapping[str, Any] | None = None,
    alias: str | None = None,
    serve: bool = True,
    description: str = "",
    run: Run | str | None = None,
) -> Deployment:
    """Promote a model of this process to an endpoint: snapshot, export, check, register, serve; the steps are shown while they go.

    It is exported to ONNX where the graph then answers like the model, on the example and on random rows; else it is kept as Python, with
    what the notebook has defined for it, and served by a Python worker. An interrupt leaves nothing half-deployed.

    Parameters
    ----------
    model
        A fitted model of scikit-learn (pipelines too), XGBoost, LightGBM, PyTorch, Keras or statsmodels, an ONNX graph, the folder of a
        TensorFlow.js model, an MLflow pyfunc, any object with ``predict``, or a function of rows.
    name
        Of the registered model, and of its endpoint where ``endpoint`` is absent.
    example
        A few rows as the model takes them, like ``X[:5]``. Absent: rows of a variable that it was fitted on.
    train
        The rows that it was fitted on: for ranges, categories and the baseline that drift is told against. Absent: looked for among the
        variables that the model's cells mention.
    endpoint
        Lower-case letters, digits and ``-``; made where it is not there.
    runtime
        ``onnx`` refuses what has no equal export, ``python`` makes none.
    tolerance
        Of the answers of both, relative to ``max(1, |value|)``.
    how
        ``replace``: takes all the traffic once it is warm; ``canary``: by steps; ``shadow``: asked beside, never answering; ``beside``: by
        header only.
    plan
        Steps and limits of a canary, like ``{"steps": [0.1, 1], "stepSeconds": 60}``.
    alias
        Set on the new version, like ``"champion"``.
    serve
        False: register only.
    description
        Markdown, of the version.
    run
        The run (or its id) that made it. Absent: the one that was open then.

    Returns
    -------
    Deployment
        With ``.url``, ``.version`` and ``.predict(rows)``.

    Raises
    ------
    CannotPromote
        It cannot be promoted as it was asked for: it was not fitted, the example does not fit, nothing can store it, a name breaks its
        rule. Nothing was changed.

    Examples
    --------
    >>> cellkeep.deploy(forest, name="late-flights", example=X[:5])  # doctest: +SKIP
    late-flights version 1 serves at http://…/endpoints/late-flights
    """
    from .promoting.deploying import promote, wanted
    from .promoting.finding import value_of

    run_id = run if isinstance(run, str) or run is None else run.id
    task = wanted(name, endpoint, runtime, tolerance, how, plan, alias, serve, description, run_id)
    variable = None
    if isinstance(model, str):
        from .checkpoints.keep import user_namespace

        with contextlib.suppress(KeyError):  # then it is the folder of a TensorFlow.js model
            model, variable = value_of(user_namespace(), model), model
    return promote(model, task, example, train, variable)


def models() -> list[FoundModel]:
    """Variables of this process that hold fitted models, with the cell that made or fitted each."""
    from .promoting.finding import models_of_kernel

    return models_of_kernel()


def snapshot(label: str = "") -> Snapshot:
    """Keep the notebook as it is now, unsaved changes included, with what has run and what it ran on; returns at once.

    Every run gets one at its start and one at its end by itself.

    Parameters
    ----------
    label
        What it is to be called; at most 250 characters.

    Returns
    -------
    Snapshot
        With its ``id`` and its ``url``.

    Examples
    --------
    >>> import cellkeep
    >>> cellkeep.snapshot("before the cleaning")  # doctest: +SKIP
    <cellkeep snapshot 'before the cleaning' 0198c2a6-…>
    """
    from .tracker import tracker

    return tracker().snapshots.take("manual", label)


def status() -> Status:
    """State of this process: connection (waiting up to two seconds for the server's first answer), what waits, runs."""
    from .tracker import tracker

    tracker().connect(wait=2.0)
    return Status(tracker())


def flush(timeout: float = 30.0) -> bool:
    """Wait until the server has everything that was logged.

    Parameters
    ----------
    timeout
        Seconds.

    Returns
    -------
    bool
        False where something still waits; it stays in the spool and is sent later.
    """
    from .tracker import tracker

    return tracker().flush(timeout)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """IPython's ``%load_ext cellkeep``; kernels do it by themselves."""
    from .kernel import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """IPython's ``%unload_ext cellkeep``."""
    from .kernel import unload

    unload(shell)
