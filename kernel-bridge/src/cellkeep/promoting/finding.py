"""Which variables of this kernel are models, and which execution made or fitted each: looked at after a cell, in the journal's thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..teller import Teller
from .frameworks import Framework, class_name, framework_of

_NAMES_LIMIT = 5_000
_MODELS_LIMIT = 200
_ITEMS_LIMIT = 50
_TEXT_LIMIT = 250
_KEYS = frozenset(map(id, (str, int, float, bool)))
_PLAIN = frozenset(map(id, (str, int, float, dict, list)))
_BUDGET = 0.05  # seconds for one look; what was not reached is looked at after the next cell


@dataclass(frozen=True)
class FoundModel:
    """A variable that holds a fitted model.

    Attributes
    ----------
    variable : str
        Its name; ``models[0.1]`` for what lies in a list or dict.
    framework : str
        ``sklearn``, ``xgboost``, ``lightgbm``, ``torch``, ``keras``, ``onnx``, ``tfjs``, ``statsmodels``, ``pyfunc`` or ``python``.
    class_name : str
        As a person names it: ``Pipeline(StandardScaler, LogisticRegression)``.
    cell_id : str or None
        The cell that made or fitted it.
    execution_order : int or None
        That execution's place in the session; None where no recorded cell has made it.
    """

    variable: str
    framework: Framework
    class_name: str
    cell_id: str | None
    execution_order: int | None

    def message(self) -> dict[str, Any]:
        """As the page is told."""
        return {
            "variable": self.variable,
            "cellId": self.cell_id,
            "className": self.class_name,
            "framework": self.framework,
            "executionOrder": self.execution_order,
        }


def find_models(namespace: Mapping[str, Any], observer: Any = None, budget: float = _BUDGET) -> list[FoundModel]:
    """Fitted models among the variables of a namespace, by name.

    Parameters
    ----------
    namespace
        The user's global names.
    observer
        Knows which execution made what; None: that is not known.
    budget
        Seconds.
    """
    found: list[FoundModel] = []
    seen: set[int] = set()
    some = list(islice(namespace.items(), _NAMES_LIMIT))
    end = time.monotonic() + budget
    for name, value in some:
        if time.monotonic() > end or len(found) >= _MODELS_LIMIT:
            break
        if type(name) is not str or name.startswith("_") or (observer is not None and observer.is_hidden(name)):
            continue
        if observer is None and name in ("In", "Out"):
            continue
        for label, model in _within(name, value):
            framework = framework_of(model)
            if framework is None or id(model) in seen:
                continue
            seen.add(id(model))
            found.append(FoundModel(label, framework, class_name(model), *maker_of(observer, name)))
    return sorted(found, key=lambda one: one.variable)


def _within(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The value itself, and what lies in a plain list or dict of few."""
    yield name, value
    kind = id(type(value))  # `in` and `==` would ask a metaclass
    if kind == id(dict) and len(value) <= _ITEMS_LIMIT:
        for key, item in list(value.items()):
            if id(type(key)) in _KEYS and id(type(item)) not in _PLAIN:
                yield f"{name}[{key!r}]", item
    elif kind in (id(list), id(tuple)) and len(value) <= _ITEMS_LIMIT:
        for at, item in enumerate(list(value)):
            if id(type(item)) not in _PLAIN:
                yield f"{name}[{at}]", item


def maker_of(observer: Any, name: str) -> tuple[str | None, int | None]:
    """(cell id, order) of the execution that made or fitted what a name stands for; the last one that surely did."""
    if observer is None:
        return None, None
    makers = observer.versions.makers(name)
    sure = [maker.order for maker in makers if maker.sure] or [maker.order for maker in makers]
    if not sure:
        return None, None
    order = max(sure)
    executed = next((one for one in reversed(observer.executions) if one.order == order), None)
    return (executed.cell_id if executed is not None else None), order


def value_of(namespace: Mapping[str, Any], variable: str) -> Any:
    """What a label of ``find_models`` stands for; nothing is evaluated.

    Raises
    ------
    KeyError
        There is no such variable.
    """
    name = variable.partition("[")[0]
    if name not in namespace:
        raise KeyError(variable)
    for label, value in _within(name, namespace[name]):
        if label == variable:
            return value
    raise KeyError(variable)


def label_of(namespace: Mapping[str, Any], model: Any) -> str | None:
    """The variable, or place in one, that holds this object; None: none does."""
    inner: str | None = None
    for name, value in list(namespace.items()):
        if type(name) is not str or name.startswith("_") or name in ("In", "Out"):
            continue
        if value is model:
            return name
        if inner is None:
            inner = next((label for label, item in _within(name, value) if item is model), None)
    return inner


def models_of_kernel() -> list[FoundModel]:
    """Models among this kernel's variables; without a kernel, among those of ``__main__``."""
    from ..checkpoints.keep import user_namespace
    from ..kernel import recorder

    recording = recorder()
    observer = recording.observer if recording is not None else None
    return find_models(user_namespace(), observer)


class ModelsTeller(Teller):
    """Tells pages which variables are models, where that has changed."""

    what = "models"

    def __init__(self, send: Callable[[dict[str, Any]], object]) -> None:
        super().__init__(send, {"type": "models", "models": []})

    def look(self) -> dict[str, Any] | None:
        """Look through the kernel's variables."""
        try:
            return {"type": "models", "models": [one.message() for one in models_of_kernel()]}
        except RuntimeError:  # a cell has bound a name while the names were looked through: it will end
            return None
