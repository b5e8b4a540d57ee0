"""One verification from its first to its last step."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..link import ServerLink
from ..session import host_name
from ..slicing.selection import slice_of
from ..wire import StoredExecution, StoredRun, VerifyOptions
from .compare_numbers import declared
from .compare_outputs import OutputComparer
from .compare_runs import RunComparer
from .compare_text import NORMALISED, compare_text
from .environment import Allowed, find_interpreter
from .errors import CannotVerify, Failed
from .findings import Findings
from .kernel import Executed, VerifyKernel
from .original import Original, OriginalOutputs, read_original
from .predictions import compare_predictions
from .remade import RemadeRun, read_mlflow, read_native
from .telling import Teller
from .workplace import Workplace, bring_files, bring_folder, guard, kernel_variables, workplace


@dataclass
class Task:
    """What is to be verified and how.

    ``trust``: users whose code may run here; ``folder``: one with the input files, named by hand; ``allowed``: what may be installed;
    ``writes``: whether cells may write elsewhere than into the scratch folder.
    """

    run: StoredRun
    options: VerifyOptions
    me: str
    trust: frozenset[str] = frozenset()
    folder: Path | None = None
    supervised: bool = False
    allowed: Allowed = field(default_factory=Allowed)
    writes: bool = False


@dataclass
class _Made:
    """What was executed, with the outcome of each, and where."""

    executions: list[StoredExecution] = field(default_factory=list)
    outcomes: list[Executed] = field(default_factory=list)
    #: Orders of those that wanted to install something.
    installing: set[int] = field(default_factory=set)


def verify(link: ServerLink, task: Task, teller: Teller, original: Original | None = None) -> Findings:
    """Make a run again and compare; ``original`` is given where it has been read already.

    Raises
    ------
    CannotVerify
        Nothing can be said of this run.
    Cancelled
        Somebody has stopped it.
    LinkError
        The server is away.
    """
    findings = Findings()
    teller.tell("snapshot", "reading what was recorded")
    original = original or read_original(link, task.run, task.trust)
    require_trust(original, task)
    for note in original.notes:
        findings.note(note)
    sequence = executions_of(original, task.options["how"], findings)
    deadline = time.monotonic() + task.options["timeoutSeconds"]
    try:
        teller.tell("environment", "looking for an environment like its own")
        python = find_interpreter(
            original.environment,
            task.options["reuseEnvironment"],
            findings,
            lambda text: teller.tell("environment", text),
            task.allowed,
        )
        with workplace(original.kernel["folder"] if original.kernel else "") as place:
            _bring(place, original, sequence, task, findings, teller)
            guard(place, python, task.writes)
            made = _execute(place, python, original, sequence, task, deadline, findings, teller)
            teller.tell("compare", "comparing")
            _compare(link, place, python, original, made, task, findings)
            findings.conclude()
    except Failed as failure:
        findings.failure = findings.failure or failure
    return findings


def require_trust(original: Original, task: Task) -> None:
    """Executing a run's cells, and loading its models, runs code of whoever logged it.

    Raises
    ------
    CannotVerify
        That is another user, whom nobody has named.
    """
    author = original.run["userName"]
    if author != task.me and author not in task.trust:
        raise CannotVerify(
            f"{original.run['name']} was logged by {author}: verifying it runs {author}'s code here, as you; "
            f"if you trust it, add --trust-user {json.dumps(author, ensure_ascii=False)}"
        )


class _Observed(NamedTuple):
    """An execution as the slicer wants it."""

    order: int
    number: int | None
    flow: object


def executions_of(original: Original, how: str, findings: Findings) -> list[StoredExecution]:
    """What is executed, in the recorded order: everything, or what the run depends on.

    Raises
    ------
    CannotVerify
        The slice is asked for, and what executions needed was not recorded.
    """
    executions = original.executions
    unfinished = [one for one in executions if one["status"] == "running"]
    if unfinished:
        findings.note(f"{len(unfinished)} executions had not ended when their record stops; they are not executed")
        executions = [one for one in executions if one["status"] != "running"]
    if not executions:
        raise CannotVerify("none of the recorded executions has ended")
    if how == "order":
        return executions
    blind = [one for one in executions if one.get("flow") is None]
    if blind:
        raise CannotVerify(
            f"for {len(blind)} of {len(executions)} executions it was not recorded what they needed, so there is no slice; use --how order"
        )
    observed = [_Observed(one["order"], one["executionCount"], one["flow"]) for one in executions]
    chosen = slice_of(observed, original.own)  # type: ignore[arg-type]
    findings.note(f"the slice: {len(chosen)} of {len(executions)} executions")
    return [one for one in executions if one["order"] in chosen]


def _bring(
    place: Workplace, original: Original, sequence: Sequence[StoredExecution], task: Task, findings: Findings, teller: Teller
) -> None:
    teller.tell("data", "looking at the recorded files")
    host = original.run["source"]["host"]
    if host and host != host_name():
        findings.note(f"the run was made on {host}; its files are looked for at the same paths here")
    if task.folder is not None:
        bring_folder(place, task.folder)
    bring_files(place, original.kernel, sequence, findings)
    if original.kernel is None and task.folder is None:
        findings.note("the working folder was not recorded: cells ran in an empty one (name it with --folder)")
    else:
        findings.note("cells ran in a scratch folder with copies of the recorded input files; what they wrote there is gone")
    if task.writes:
        findings.note("cells were allowed to write to absolute paths outside of the scratch folder")
    else:
        findings.note(
            "what Python wrote outside of the scratch folder, temporary folders and caches was refused; other programs, and libraries "
            "that write in native code, are not watched"
        )


def _execute(
    place: Workplace,
    python: str,
    original: Original,
    sequence: Sequence[StoredExecution],
    task: Task,
    deadline: float,
    findings: Findings,
    teller: Teller,
) -> _Made:
    """Execute until the end or to the first failure, which goes into the findings."""
    made = _Made()
    teller.tell("execute", "starting a kernel", 0, len(sequence))
    variables = kernel_variables(place, original.kernel, os.environ, python)
    kernel = VerifyKernel(python, place.work, place.root, variables, not task.supervised, teller.check)
    try:
        kernel.prepare(place.folder if os.path.isdir(place.folder) else "")
        for done, execution in enumerate(sequence):
            teller.tell("execute", _told(execution), done, len(sequence))
            made.executions.append(execution)
            interrupted = execution["status"] == "aborted" and (execution["durationMs"] or 0) / 1000
            outcome = kernel.run(execution["source"], execution["cellId"], deadline, interrupted or None)
            made.outcomes.append(outcome)
            if place.refused.exists():
                place.refused.unlink()
                made.installing.add(execution["order"])
                findings.note("cells that install packages did not install: the environment comes from the record")
            findings.executed += 1
            _expect(execution, outcome, findings)
            if findings.failure is not None:
                break
        kernel.shut_down()
    except Failed as failure:
        last = made.executions[-1] if made.executions else None
        failure.order, failure.cell_id = (last["order"], last["cellId"]) if last else (None, None)
        findings.failure = failure
    finally:
        kernel.close()
    return made


def _told(execution: StoredExecution) -> str:
    count = execution["executionCount"]
    first = next((line.strip() for line in execution["source"].splitlines() if line.strip()), "")
    return f"In[{count if count is not None else execution['order']}] {first[:60]}"


def _expect(execution: StoredExecution, outcome: Executed, findings: Findings) -> None:
    """A cell that failed is expected to fail in the same way, every other one not to fail."""
    order, cell_id = execution["order"], execution["cellId"]
    if execution["status"] == "aborted":
        findings.note(f"{_told(execution)} had been interrupted; it was interrupted after as long again, and is not compared")
        return
    was = execution.get("error")
    if execution["status"] == "ok" and outcome.error is not None:
        name, message, traceback = outcome.error
        findings.failure = Failed(name, message, traceback, order, cell_id)
    elif was is not None:
        now = f"{outcome.error[0]}: {outcome.error[1]}" if outcome.error is not None else "no error"
        if outcome.error is None or outcome.error[0] != was["name"] or compare_text(was["message"], outcome.error[1]) is not None:
            findings.differ("error", _told(execution), f"{was['name']}: {was['message']}", now, order=order, cell_id=cell_id)


def _compare(link: ServerLink, place: Workplace, python: str, original: Original, made: _Made, task: Task, findings: Findings) -> None:
    folders = tuple(sorted({str(place.work), place.folder} - {""}, key=len, reverse=True))
    tolerances, wrong = declared(task.options["tolerances"], original.run["tags"])
    for tag in wrong:
        findings.note(f"the tag {tag} declares no tolerance: {original.run['tags'][tag]!r} is no number from 0 on")
    outputs = OutputComparer(findings, tolerances, folders, OriginalOutputs(link).get)
    recorded = any(execution.get("outputs") for execution in made.executions)
    for execution, outcome in zip(made.executions, made.outcomes, strict=False):
        if execution["status"] == "aborted" or (findings.failure is not None and findings.failure.order == execution["order"]):
            continue
        now = [json.loads(output.part()[1]) for output in outcome.outputs]
        if recorded and execution["order"] not in made.installing:
            outputs.compare(execution, now)
    if not recorded and made.executions:
        findings.note("outputs of cells were not recorded, or there were none; they are not compared")
    findings.note(NORMALISED)
    if findings.failure is not None:
        return
    spans = [(outcome.started, outcome.ended) for outcome in made.outcomes]
    remade: list[RemadeRun] = sorted([*read_native(place.home), *read_mlflow(place.store, spans)], key=lambda run: run.started)
    now_run = RunComparer(link, original, findings, tolerances, folders).compare_all(remade, made.executions)
    if any(run.models for run in remade if run is not now_run):
        findings.note("models that were logged to other runs than this one, as those below it, are not compared by what they predict")
    if now_run is not None:
        variables = kernel_variables(place, original.kernel, os.environ, python)
        compare_predictions(link, original.run, now_run.models, python, place.root, variables, tolerances, findings)
