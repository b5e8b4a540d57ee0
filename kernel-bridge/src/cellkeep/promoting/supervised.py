"""Promotes on the server what is stored already, as its child: a model that MLflow's clients have logged, or one of our own bundles.

The model's code runs here, in a scratch folder and with a lent token, only where it is the asker's own or that of the user who is named.
Where its packages differ from those of this interpreter, an environment of them is built (``verifying/building.py``) and this starts
again there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from ..link import ServerLink
from ..linking import link_package
from ..snapshots.packages import canonical_name
from ..surroundings import surroundings
from .errors import CannotPromote
from .stored_model import StoredModel, download, load_stored

_NEVER = "CELLKEEP_PROMOTE_HERE"
#: What exports, checks and tells, where the model says nothing of it.
_EXPORTS = ("onnx", "onnxruntime", "skl2onnx", "protobuf", "ml-dtypes", "flatbuffers", "numpy", "httpx", "psutil", "cloudpickle")
_FREE = frozenset(["mlflow", "mlflow-skinny", "cellkeep", "cloudpickle", "ipykernel", "pip", "setuptools", "wheel"])


def promote_stored(link: ServerLink, told: dict[str, Any]) -> None:
    """Take the steps of a task that the server has given.

    Parameters
    ----------
    told
        ``{"promotion", "source", "modelName", "endpoint", "options", "loggedModelId", "trust", "files"}``.

    Raises
    ------
    CannotPromote
        It cannot be exported, or its code may not run; the server was told.
    """
    from .deploying import Wanted, finish, make_pack
    from .registering import call
    from .telling import Teller

    teller = Teller(link, told["promotion"], lambda _steps: None)
    try:
        with tempfile.TemporaryDirectory(prefix="cellkeep-promotion-") as place:
            source, target = Path(place) / "source", Path(place) / "made"
            source.mkdir()
            target.mkdir()
            teller.skip("snapshot", "its run has its own")
            logged = call(link, "GET", f"logged-models/{told['loggedModelId']}")
            require_trust(link, logged, told["files"], told.get("trust"))
            stored = download(link, logged, source, {one["path"]: one["digest"] for one in told["files"]})
            interpreter = interpreter_for(stored, lambda text: teller.say("export", text))
            if interpreter != sys.executable:
                teller.stop()
                _again(interpreter, link_package(Path(place) / "bridge"), link, told)
                return
            model, framework, example = load_stored(stored)
            task = Wanted(told["modelName"], told["endpoint"], told["options"], run_id=logged["runId"], promotion_id=told["promotion"])
            origin = {**(stored.bundle or {}).get("origin", {}), "runId": logged["runId"]}
            of_mlflow = source if stored.bundle is None else None
            made = make_pack(teller, model, framework, task, origin, [], stored.script, target, {}, example, stored.train, of_mlflow)
            with teller.step("register") as say:
                finish(link, teller, task, made, say)
        call(link, "POST", f"promotions/{teller.id}/serve", {"id": teller.id})
    except BaseException as error:
        teller.stop()
        teller.fail(error)
        raise
    finally:
        teller.stop()


def require_trust(link: ServerLink, logged: dict[str, Any], files: list[dict[str, Any]], trust: str | None) -> None:
    """Whether this model's code may run here.

    Parameters
    ----------
    files
        With ``userName``: who stored each of them, which need not be who logged the model.

    Raises
    ------
    CannotPromote
        It is somebody else's, who was not named.
    """
    from .registering import call

    me = call(link, "GET", "me")["user"]["name"]
    others = {logged["userName"], *(one["userName"] for one in files)} - {me, trust, ""}
    if not others:
        return
    names = " and ".join(sorted(others))
    raise CannotPromote(
        f"the model was logged or its files stored by {names}: exporting it runs that user's code; "
        + (f"if you trust it, promote it with trustUser {names!r}" if len(others) == 1 else "log it anew yourself")
    )


def interpreter_for(stored: StoredModel, progress: Any) -> str:
    """The interpreter with the model's packages: this one, where the versions are the same."""
    different = list(differing(stored.requirements))
    if not different or os.environ.get(_NEVER):
        return sys.executable
    from ..verifying.building import PackageUnavailable, build_environment
    from ..verifying.environment import cached_environment
    from ..verifying.errors import Failed
    from ..verifying.packages import by_name, lock_of, minor_of, this_minor

    needed = {canonical_name(line.partition("==")[0].partition("[")[0].strip()): line.partition("==")[2] for line in stored.requirements}
    # Not pinned beside the model's own: numpy of here and a scikit-learn of years ago exclude each other.
    exports = {name: version for name in _EXPORTS if name not in needed and (version := _version(name)) is not None}
    packages = by_name({"name": name, "version": version.strip(), "hash": "", "source": ""} for name, version in needed.items())
    lock = lock_of(packages)
    minor = minor_of(stored.python) if stored.python else this_minor()

    def tell(text: str) -> None:
        progress(f"its packages differ ({', '.join(different[:3])}): {text}")

    def build(folder: Path) -> dict[str, str]:
        # MLflow lists what a model imports, and not what that needs in turn.
        also = dict.fromkeys(exports, "which exports the model")
        return build_environment(folder, minor, lock, tell, also=also, preferred=exports, dependencies=True, complete=True).replaced

    try:
        folder, *_ = cached_environment(["promoting", sorted(lock.lines.values()), sorted(exports.items())], minor, True, tell, build)
    except PackageUnavailable as error:
        raise CannotPromote(f"what the model requires does not install any more: {error.message}") from error
    except Failed as error:
        raise CannotPromote(f"no environment with the model's packages can be made: {error.message}") from error
    return str(folder / "bin" / "python")


def differing(requirements: list[str]) -> Iterator[str]:
    """Pinned packages that this interpreter has in another version."""
    for line in requirements:
        name, _, wanted = line.partition("==")
        name = canonical_name(name.partition("[")[0].strip())
        if not wanted or name in _FREE:
            continue
        here = _version(name)
        if here != wanted.strip():
            yield f"{name} {wanted.strip()}, here {here or 'none'}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _again(interpreter: str, package: str, link: ServerLink, told: dict[str, Any]) -> None:
    """The same with another interpreter, which gets this package and nothing else of this environment.

    Raises
    ------
    CannotPromote
        It failed; its last line says why.
    """
    env = surroundings(**{_NEVER: "1", "PYTHONPATH": package})
    task = json.dumps({**told, "url": link.server.url, "token": link.server.token})
    command = [interpreter, "-m", "cellkeep", "promote", "--supervised"]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace") as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(f"{task}\n")
        process.stdin.flush()  # it stays open: its end would tell the child that the server is gone
        said = process.stderr.read()
        if process.wait() != 0:
            lines = [line for line in said.strip().splitlines() if line.strip()]
            raise CannotPromote((lines[-1] if lines else "the model's environment ended without a word").removeprefix("cellkeep: "))
