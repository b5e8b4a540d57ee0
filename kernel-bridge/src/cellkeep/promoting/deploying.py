"""``cellkeep.deploy``: a model of this process to an endpoint, in five steps that are told while they go."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from ..checkpoints.keep import user_namespace
from ..link import LinkError, Refused, ServerAway, ServerLink
from ..sender import NOT_CONFIGURED
from ..settings import InvalidSettings, current_server
from ..tracker import tracker
from ..values import cut
from ..wire import ALIAS_LIMIT, NAME_LIMIT
from .deployment import Deployment
from .errors import CannotPromote
from .examples import read_example
from .explaining import explain_of
from .exporting import Asked, Exported, ask, export
from .finding import label_of, value_of
from .frameworks import Framework, framework_of, is_fitted, kind_of, tfjs_folder
from .guessing import guess_example
from .onnx_as_is import ask_graph, content_of, example_of
from .origin import Origin, find_origin
from .packing import Pack, baseline_told, pack, pack_tfjs
from .registering import call, logged, register, run_facts
from .rows import read_rows
from .telling import Shown, Teller
from .training_data import find_training_data

Runtime = Literal["auto", "onnx", "python"]
How = Literal["replace", "canary", "shadow", "beside"]
_ENDPOINT = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z")
_MODEL_NAME = re.compile(r"[^/:\x00-\x1f\x7f-\x9f]+\Z")
_ALIAS = re.compile(r"[\w-]+\Z")
_ENDPOINT_LIMIT = 63
_FLUSH = 10.0  # seconds to bring the snapshot to the server before it is named
_ASK_EVERY = 0.1  # seconds
_SERVE_TIMEOUT = 2_000.0  # longer than the server waits, which says why: building the environment of a Python model takes minutes
_ENDED = ("done", "failed", "cancelled", "lost")


@dataclass
class Wanted:
    """What is to be done, checked as far as it can be without the model."""

    name: str
    endpoint: str | None
    options: dict[str, Any]
    description: str = ""
    run_id: str | None = None
    promotion_id: str = field(default_factory=lambda: str(uuid.uuid4()))


def wanted(
    name: str,
    endpoint: str | None = None,
    runtime: Runtime = "auto",
    tolerance: float = 1e-5,
    how: How = "replace",
    plan: Mapping[str, Any] | None = None,
    alias: str | None = None,
    serve: bool = True,
    description: str = "",
    run_id: str | None = None,
) -> Wanted:
    """Check names and options.

    Raises
    ------
    CannotPromote
        One of them breaks its rule; the text says which and what to write.
    """
    if (
        not isinstance(name, str)
        or not _MODEL_NAME.match(name)
        or not name.strip()
        or len(name) > NAME_LIMIT
        or name == "."
        or name[:2] == ".."
    ):
        raise CannotPromote(
            f'{name!r} is no name of a model: it has 1 to {NAME_LIMIT} characters, no "/", no ":" and does not begin with ".."'
        )
    if not serve:
        place = None
    else:
        place = name if endpoint is None else endpoint
        if not isinstance(place, str) or not _ENDPOINT.match(place) or len(place) > _ENDPOINT_LIMIT:
            raise CannotPromote(
                f"{place!r} is no name of an endpoint: it has up to {_ENDPOINT_LIMIT} lower-case letters, digits and '-', which is "
                f"neither first nor last; say endpoint={slug(place)!r}"
            )
    if alias is not None and (not _ALIAS.match(alias) or len(alias) > ALIAS_LIMIT or re.match(r"(latest|v\d+)\Z", alias, re.IGNORECASE)):
        raise CannotPromote(f"{alias!r} is no alias: letters, digits, _ and -, and neither 'latest' nor v and a number")
    if runtime not in ("auto", "onnx", "python"):
        raise CannotPromote(f"runtime is 'auto', 'onnx' or 'python', not {runtime!r}")
    if how not in ("replace", "canary", "shadow", "beside"):
        raise CannotPromote(f"how is 'replace', 'canary', 'shadow' or 'beside', not {how!r}")
    if not isinstance(tolerance, int | float) or not 0 <= tolerance <= 1:
        raise CannotPromote(f"tolerance is a number from 0 to 1, not {tolerance!r}")
    if plan is not None and how != "canary":
        raise CannotPromote(f"a plan is for how='canary', not for {how!r}")
    options: dict[str, Any] = {"runtime": runtime, "tolerance": tolerance, "how": how, "alias": alias, "serve": serve}
    if plan is not None:
        options["plan"] = dict(plan)
    return Wanted(name, place, options, description, run_id)


def slug(text: object) -> str:
    """The nearest name of an endpoint.

    Examples
    --------
    >>> slug("Late flights (2013)")
    'late-flights-2013'
    """
    found = re.sub(r"[^a-z0-9]+", "-", str(text).lower()).strip("-")[:_ENDPOINT_LIMIT].strip("-")
    return found or "model"


def promote(
    model: Any,
    task: Wanted,
    example: Any = None,
    train: Any = None,
    variable: str | None = None,
    show: Callable[[list[dict[str, Any]]], None] | None = None,
) -> Deployment:
    """Take the five steps; see ``cellkeep.deploy``.

    Raises
    ------
    CannotPromote
        It cannot be promoted as it was asked for.
    LinkError
        The server is away, or does not take it.
    """
    namespace = user_namespace()
    if variable is None:
        variable = label_of(namespace, model)
    framework = framework_to_promote(model)
    if framework == "torch":
        from .onnx_torch import on_processor

        model = on_processor(model)
    with connected() as link, contextlib.ExitStack() as stack:
        source = {"kind": "cell", "notebookPath": tracker().session.notebook_path or tracker().session.script or "", "cellId": None}
        origin = find_origin(variable, task.run_id)
        source |= {"cellId": origin.record["cellId"], "variable": variable or type(model).__name__}
        body = {"id": task.promotion_id, "source": source, "modelName": task.name, "endpoint": task.endpoint, "options": task.options}
        call(link, "POST", "promotions", {**body, "where": "client"})
        teller = Teller(link, task.promotion_id, show or Shown(task.endpoint or task.name))
        stack.callback(teller.stop)
        folder = Path(tempfile.mkdtemp(prefix="cellkeep-promotion-"))
        stack.callback(shutil.rmtree, folder, True)
        try:
            return _steps(link, teller, model, framework, task, origin, folder, namespace, example, train)
        except BaseException as error:
            teller.stop()
            teller.fail(error)
            raise


def framework_to_promote(model: Any) -> Framework:
    """The model's framework.

    Raises
    ------
    CannotPromote
        It is none, or was not fitted.
    """
    found = framework_of(model)
    if found is not None:
        return found
    if isinstance(model, str):
        raise CannotPromote(f"{model!r} is no folder with a TensorFlow.js model (model.json)")
    kind = kind_of(type(model))
    if kind.framework is not None and not is_fitted(model, kind):
        raise CannotPromote(f"this {type(model).__name__} was not fitted; call its fit first")
    if isinstance(model, type):
        raise CannotPromote(f"{model.__name__} is a class; deploy an instance of it")
    if callable(model):
        return "python"
    raise CannotPromote(f"this is no model but of type {type(model).__name__}: it has no predict, and cannot be called")


def _steps(
    link: ServerLink,
    teller: Teller,
    model: Any,
    framework: Framework,
    task: Wanted,
    origin: Origin,
    folder: Path,
    namespace: Mapping[str, Any],
    example: Any,
    train: Any,
) -> Deployment:
    owner = tracker()
    with teller.step("snapshot"):
        snapshot = owner.snapshots.take("promote", task.name)
        origin.record["snapshotId"] = snapshot.id
        owner.record(owner.announce)
    script = origin.slice.to_script() if origin.slice is not None and len(origin.slice) else None
    made = make_pack(teller, model, framework, task, origin.record, origin.sources, script, folder, namespace, example, train)
    with teller.step("register") as say:
        if not owner.flush(_FLUSH, give_up_offline=True):
            raise ServerAway("the server does not take what this kernel has recorded; `cellkeep.status()` says why")
        version = finish(link, teller, task, made, say)
    return serve(link, teller, task, version, made.bundle)


def make_pack(
    teller: Teller,
    model: Any,
    framework: Framework,
    task: Wanted,
    origin: dict[str, Any],
    sources: list[str],
    script: str | None,
    folder: Path,
    namespace: Mapping[str, Any],
    example: Any,
    train: Any,
    mlflow_folder: Path | None = None,
) -> Pack:
    """The steps export and check: the model as a folder that was proven to answer like it."""
    runtime, tolerance = task.options["runtime"], task.options["tolerance"]
    if framework == "tfjs":
        with teller.step("export") as say:
            table = read_rows(example, tensor=True) if example is not None else None
            try:
                made = pack_tfjs(cast("str", tfjs_folder(model)), folder, table, origin, script)
            except (OSError, ValueError, KeyError) as error:
                raise CannotPromote(f"the TensorFlow.js model is not whole: {error}") from error
            say("TensorFlow.js, as it is")
        teller.skip("check", "nothing was converted")
        return made
    train_name = ""
    with teller.step("export") as say:
        if framework == "onnx":
            content = content_of(model)
            asked, graph = ask_graph(content, read_rows(example) if example is not None else example_of(content))
            report = {"tried": [{"runtime": "onnx", "ok": True, "reason": "as it is"}], "rows": {"example": asked.table.count, "random": 0}}
            exported = Exported(
                graph, {**report, "maxDifference": None, "labelsDiffer": 0, "tolerance": tolerance, "seconds": 0.0}, "as it is"
            )
        else:
            say("asking the model")
            asked, train_name = _asked(model, framework, namespace, sources, example, train)
            asked.mlflow_folder = mlflow_folder
            exported = export(asked, runtime, tolerance, say)
        say(_told(exported))
    with teller.step("check") as say:
        if exported.graph is None:
            say("loading it in a fresh process")
        made = pack(asked, exported, folder, origin, script, explain_of(asked, exported))
        say(f"{_checked(asked, exported)}; {baseline_told(asked, train_name)}")
    return made


def _asked(model: Any, framework: str, namespace: Mapping[str, Any], sources: list[str], example: Any, train: Any) -> tuple[Asked, str]:
    if example is None:
        example = train[:5] if train is not None else guess_example(model, framework, namespace, sources)
    table = read_example(model, framework, example)
    found, name = find_training_data(namespace, table, example, sources, train)
    return ask(model, framework, table, found), name


def _told(exported: Exported) -> str:
    if exported.graph is not None:
        return f"ONNX, {exported.way}"
    reasons = [one["reason"] for one in exported.report["tried"] if not one["ok"]]
    return f"Python: {reasons[0]}" if reasons else "Python"


def _checked(asked: Asked, exported: Exported) -> str:
    greatest = exported.report["maxDifference"]
    rows = sum(exported.report["rows"].values())
    if exported.graph is None:
        return f"loads and answers in a fresh process, {asked.table.count} rows"
    if asked.model is None:
        return f"answers {asked.table.count} rows"
    return f"{rows} rows, {'labels equal' if greatest is None else f'greatest difference {greatest:.2g}'}"


def finish(link: ServerLink, teller: Teller, task: Wanted, made: Pack, say: Callable[[str], None]) -> int:
    """The step register: the folder as a logged model and a version of it; returns the version. One that fails leaves neither."""
    experiment = "0"
    run_id = made.bundle["origin"].get("runId")
    facts = run_facts(link, run_id) if run_id else None
    if facts is not None:
        experiment, metrics, params = facts
        if not made.bundle.get("metrics"):
            made.bundle["metrics"], made.bundle["params"] = metrics, params
            (made.folder / "cellkeep.json").write_text(_dumped(made.bundle), encoding="utf-8")
    elif run_id:
        made.bundle["origin"]["runId"] = None
    say("sending the model")
    with logged(link, made, experiment, _logged_name(task.name), teller.check):
        # Where it is to be served the server moves the alias, once it is live: one that nobody can load takes no alias away.
        alias = None if task.options["serve"] else task.options["alias"]
        version = register(link, made, task.name, task.description, alias)
        say(f"version {version}")
        try:
            teller.tell(version=version, loggedModelId=made.model_id)
        except BaseException:
            with contextlib.suppress(LinkError):
                link.call("DELETE", f"models/{_quoted(task.name)}/versions/{version}")
            raise
    return version


def _dumped(bundle: dict[str, Any]) -> str:
    import json

    return json.dumps(bundle, ensure_ascii=False)


def _quoted(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")


def _logged_name(name: str) -> str:
    """A logged model's name may not hold all that a registered one's may."""
    return cut(re.sub(r"[/:.%\"'\x00-\x1f\x7f-\x9f]+", "-", name), NAME_LIMIT)


def serve(link: ServerLink, teller: Teller, task: Wanted, version: int, bundle: dict[str, Any]) -> Deployment:
    """The last step, which the server takes: until it has ended."""
    told = call(link, "POST", f"promotions/{teller.id}/serve", {"id": teller.id})
    end = time.monotonic() + _SERVE_TIMEOUT
    while told["status"] not in _ENDED:
        teller.put(told["steps"])
        if time.monotonic() > end:
            raise CannotPromote(
                f"version {version} is registered, but the endpoint was not ready within {_SERVE_TIMEOUT:g} s: see its logs"
            )
        time.sleep(_ASK_EVERY)
        told = call(link, "GET", f"promotions/{teller.id}")
    teller.put(told["steps"])
    if told["status"] != "done":
        raise CannotPromote(f"version {version} is registered, but does not serve: {told['error'] or told['status']}")
    return Deployment(task.name, version, task.endpoint, link.server, bundle, told)


@contextlib.contextmanager
def connected() -> Iterator[ServerLink]:
    """A link to the configured server for a ``with`` block.

    Raises
    ------
    CannotPromote
        No server is configured.
    """
    try:
        server = current_server()
    except InvalidSettings as error:
        raise CannotPromote(str(error)) from error
    if server is None:
        raise CannotPromote(NOT_CONFIGURED)
    link = ServerLink(server)
    try:
        yield link
    finally:
        link.close()


__all__ = ["Refused", "Wanted", "promote", "value_of", "wanted"]
