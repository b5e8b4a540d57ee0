"""A model that stays Python: its pickle, the modules beside the notebook that it needs, and the packages, pinned; proven in a process of
its own before anything is registered.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import pickle
import pickletools
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ..linking import link_package
from ..serving.native import Answer
from ..slicing.look_arrays import is_local_file
from ..snapshots.packages import canonical_name
from ..surroundings import surroundings
from .comparing import compare
from .errors import CannotPromote
from .exporting import Asked
from .keras_files import write_keras

_TIMEOUT = 180.0  # seconds for a fresh process to import what the model needs and answer the example
_MODULES_LIMIT = 1_000
_MODULES_BYTES = 50 * 1024 * 1024
_ALWAYS = ("cloudpickle", "numpy")
_TEXT_LIMIT = 800


@dataclass
class Travelling:
    """What was written into the folder: ``bundle`` is the bundle's part ``python``."""

    bundle: dict[str, Any]
    size: int


def write_python(asked: Asked, folder: Path) -> Travelling:
    """Write the model and what it needs.

    Raises
    ------
    CannotPromote
        It cannot be pickled; the text names what in it.
    """
    kept = asked.bundle["python"]
    if asked.framework == "pyfunc" and asked.mlflow_folder is not None:
        return _as_it_is(kept, asked.mlflow_folder, folder)
    backend = ""
    if asked.framework == "keras":
        library = "tf_keras" if any(base.__module__.startswith("tf_keras") for base in type(asked.model).__mro__) else "keras"
        backend = "" if library == "tf_keras" else _backend()
        file, form = "model.keras" if library == "keras" else "tf_keras.keras", "native"
        content = write_keras(asked.model, folder / file)
        found = modules_in(content) if content else set()
        modules = local_modules(found)
        names = {library, backend or "tensorflow"} | {name.partition(".")[0] for name in found} | _imports_of(modules)
    else:
        content = pickled(asked.model)
        (folder / "model.pkl").write_bytes(content)
        file, form = "model.pkl", "cloudpickle"
        found = modules_in(content)
        modules = local_modules(found)
        names = {name.partition(".")[0] for name in found} | _imports_of(modules)
    if asked.table.takes == "frame":
        names.add("pandas")
    stored = _copy_modules(modules, folder)
    told = {
        "file": file,
        "format": form,
        "version": platform.python_version(),
        "requirements": requirements_of({*names, *_ALWAYS}),
        "modules": stored,
        "backend": backend,
    }
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Travelling({**kept, **told}, size)


def _as_it_is(kept: dict[str, Any], source: Path, folder: Path) -> Travelling:
    """An MLflow model, which MLflow loads."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    listed = source / "requirements.txt"
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    told = {
        "file": None,
        "format": "mlflow",
        "version": platform.python_version(),
        "requirements": [line for line in lines if line.strip()],
    }
    return Travelling({**kept, **told, "modules": []}, sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))


def _backend() -> str:
    keras = sys.modules.get("keras")
    return str(keras.backend.backend()) if keras is not None and hasattr(keras, "backend") else ""


def pickled(model: Any) -> bytes:
    """The model as bytes, with what the notebook has defined within them.

    Raises
    ------
    CannotPromote
        Something in it cannot be pickled.
    """
    import cloudpickle

    try:
        content: bytes = cloudpickle.dumps(model, protocol=5)
    except Exception as error:  # whatever a class's own pickling raises
        place = _culprit(model)
        raise CannotPromote(
            f"the model cannot be stored: {place}{type(error).__name__}: {' '.join(str(error).split())[:_TEXT_LIMIT]}; "
            "open such things where they are used (in predict), or leave them out by __getstate__"
        ) from error
    return content


def _culprit(model: Any) -> str:
    """The attribute that cannot be pickled, as far as it is one."""
    import cloudpickle

    path, at = "", model
    for _ in range(5):
        own = vars(at) if hasattr(at, "__dict__") and not isinstance(at, type) else {}
        for name, value in list(own.items()):
            try:
                cloudpickle.dumps(value)
            except Exception:  # the same error, closer to its cause
                path, at = f"{path}.{name}", value
                break
        else:
            break
    return f"its attribute {path.lstrip('.')} (a {type(at).__name__}): " if path else ""


def modules_in(content: bytes) -> set[str]:
    """Names of the modules that loading a pickle imports, and that functions within it use; nothing of it is loaded.

    Examples
    --------
    >>> import collections
    >>> sorted(modules_in(pickle.dumps(collections.OrderedDict)))
    ['collections']
    """
    found: set[str] = set()
    for operation, argument, _ in pickletools.genops(io.BytesIO(content)):
        if operation.name == "GLOBAL" and isinstance(argument, str):
            found.add(argument.split(" ", 1)[0])
        elif "UNICODE" in operation.name and isinstance(argument, str) and len(argument) < 200 and argument in sys.modules:
            found.add(argument)
    return {name for name in found if name.partition(".")[0] not in ("__main__", "builtins")}


def local_modules(names: Iterable[str]) -> list[Path]:
    """Files of the user's own modules among these, and of those that they import."""
    found: dict[Path, None] = {}
    waiting = sorted(names)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        path = _file_of(name)
        if path is None or not is_local_file(str(path)) or _is_ours(path):
            continue
        found[path] = None
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        waiting += sorted(_imported(path, package))
        if len(found) > _MODULES_LIMIT:
            raise CannotPromote(f"the model needs more than {_MODULES_LIMIT} modules of your own; install them as a package")
    return list(found)


def _is_ours(path: Path) -> bool:
    return Path(__file__).resolve().parents[1] in path.resolve().parents


def _file_of(name: str) -> Path | None:
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if module is None:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError, AttributeError):
            return None
        file = spec.origin if spec is not None else None
    return Path(file) if isinstance(file, str) and file.endswith(".py") else None


def _imported(path: Path, package: str) -> set[str]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if package else []
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            root = ".".join(part for part in (base, node.module or "") if part)
            found.add(root)
            found |= {f"{root}.{one.name}" for one in node.names}
    return found - {""}


def _imports_of(modules: list[Path]) -> set[str]:
    return {name.partition(".")[0] for path in modules for name in _imported(path, "")}


def _root_of(path: Path) -> Path:
    """The folder that must be on the path for a module to be imported under its name."""
    folder = path.parent
    while (folder / "__init__.py").exists():
        folder = folder.parent
    return folder


def _copy_modules(modules: list[Path], folder: Path) -> list[str]:
    stored: list[str] = []
    total = 0
    for path in modules:
        relative = Path("modules") / path.relative_to(_root_of(path))
        total += path.stat().st_size
        if total > _MODULES_BYTES:
            raise CannotPromote("the modules beside the notebook are more than 50 MB; install them as a package")
        target = folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        stored.append(relative.as_posix())
    return stored


def requirements_of(names: Iterable[str]) -> list[str]:
    """Packages that have these modules, and what those need, each in its installed version.

    Examples
    --------
    >>> [line.partition("==")[0] for line in requirements_of(["cloudpickle"])]
    ['cloudpickle']
    """
    owners = metadata.packages_distributions()
    stdlib = sys.stdlib_module_names
    return pinned(package for name in names if name not in stdlib for package in owners.get(name, []))


def pinned(packages: Iterable[str]) -> list[str]:
    """Packages and what those need, each in its installed version."""
    waiting = [canonical_name(package) for package in packages]
    found: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        if name in found or name == "cellkeep":
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = f"{distribution.metadata['Name']}=={distribution.version}"
        waiting += _needs(distribution.requires or [])
    return [found[name] for name in sorted(found)]


def _needs(lines: list[str]) -> list[str]:
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:  # then each worker's installer finds out what they need
        return []
    found = []
    for line in lines:
        try:
            one = Requirement(line)
        except InvalidRequirement:
            continue
        if one.marker is None or one.marker.evaluate({"extra": ""}):
            found.append(canonical_name(one.name))
    return found


def prove_in_fresh_process(asked: Asked, folder: Path, bundle: dict[str, Any], tolerance: float) -> None:
    """Load the folder in a process that knows nothing of this one, and compare its answers to the example.

    Raises
    ------
    CannotPromote
        It does not load there, or answers otherwise.
    """
    with tempfile.TemporaryDirectory(prefix="cellkeep-proof-") as place:
        task = Path(place) / "rows.pkl"
        task.write_bytes(pickle.dumps(asked.table.named))
        kept = {name: value for name, value in surroundings().items() if name != "PYTHONSTARTUP" and not name.startswith("CELLKEEP_")}
        # Not what a person's PYTHONPATH leads to; the environment of a stored model has no Cellkeep.
        env = {**kept, "PYTHONPATH": link_package(Path(place) / "bridge")}
        command = [sys.executable, "-W", "ignore", "-m", "cellkeep.serving.proof", str(folder), str(task), f"{place}/answer.pkl"]
        try:
            done = subprocess.run(
                command, cwd=place, env=env, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise CannotPromote(f"the model did not load within {_TIMEOUT:g} s in a fresh process") from error
        if done.returncode != 0:
            lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
            raise CannotPromote(
                f"the model does not load in a fresh process: {lines[-1][:_TEXT_LIMIT] if lines else 'it ended without a word'}; "
                "what it uses of the notebook must be imported or defined within it"
            )
        answer: Answer = pickle.loads(Path(f"{place}/answer.pkl").read_bytes())
    found = compare(Answer(*answer), asked.answers, asked.classes, tolerance)
    if not found.is_within(max(tolerance, 1e-6)):
        raise CannotPromote("the model answers otherwise in a fresh process than here: it depends on something that is not stored with it")
