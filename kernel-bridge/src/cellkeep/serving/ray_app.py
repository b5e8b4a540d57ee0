"""The application of a release on a Ray cluster: Cellkeep packs this file with ``release.json`` and ``model/`` into one working directory.

Nothing of Cellkeep is asked by the cluster, so that no secret of it has to lie there. Who may ask is what the cluster's own network says.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

_serve: Any = importlib.import_module("ray.serve")
_loaded: dict[str, Any] = {}


def _application() -> Any:
    """Of this replica, loaded once."""
    if not _loaded:
        packed = importlib.import_module("cellkeep_serving.application")
        _loaded["application"] = packed.application_of(Path(__file__).resolve().parent.parent)
    return _loaded["application"]


class _Asgi:
    """The model as ASGI. It holds nothing, so that it travels to a replica as its name; a function would be called there to make one."""

    async def __call__(
        self,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Mapping[str, Any]]],
        send: Callable[[Mapping[str, Any]], Awaitable[None]],
    ) -> None:
        await _application()(scope, receive, send)


@_serve.deployment(name="model")
@_serve.ingress(_Asgi())
class Model:
    """One replica."""

    def __init__(self) -> None:
        _application()  # before it takes requests

    def check_health(self) -> None:
        """Loaded is healthy."""


_decorated: Any = Model
deployment = _decorated.bind()
