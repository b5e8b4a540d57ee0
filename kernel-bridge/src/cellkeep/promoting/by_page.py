"""A page asks to promote a variable: the same as ``cellkeep.deploy``, told to the page instead of shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_OPTIONS = {"runtime": "runtime", "tolerance": "tolerance", "how": "how", "plan": "plan", "alias": "alias", "serve": "serve"}


def promote_for_page(data: dict[str, Any], send: Callable[[dict[str, Any]], object]) -> None:
    """Promote; how it ends is told by ``{"type": "promotion", "id", "status", "error", "version", "url"}``, its steps meanwhile.

    The server tells the same to everybody who watches; this reaches the page also where the server is away or was never asked.

    Parameters
    ----------
    data
        ``{"type": "promote", "id", "variable", "name", "endpoint", "options"}``; options are those of the contract.
    send
        To the page.
    """
    from ..checkpoints.keep import user_namespace
    from .deploying import promote, value_of, wanted

    identity = data.get("id")
    told: dict[str, Any] = {"type": "promotion", "id": identity}

    def show(steps: list[dict[str, Any]]) -> None:
        send({**told, "status": "running", "steps": [{key: one[key] for key in ("step", "status", "text")} for one in steps]})

    try:
        options = data.get("options") or {}
        chosen = {name: options[key] for key, name in _OPTIONS.items() if options.get(key) is not None}
        task = wanted(_text(data, "name"), data.get("endpoint"), description=str(options.get("description", "")), **chosen)
        if isinstance(identity, str) and identity:
            task.promotion_id = identity
        variable = _text(data, "variable")
        try:
            model = value_of(user_namespace(), variable)
        except KeyError:
            raise LookupError(f"there is no variable {variable} in this kernel any more; run its cell again") from None
        made = promote(model, task, variable=variable, show=show)
    except (Exception, KeyboardInterrupt) as error:
        is_stop = isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Cancelled"
        text = " ".join((str(error) or type(error).__name__).split())
        send({**told, "status": "cancelled" if is_stop else "failed", "error": text})
    else:
        send({**told, "status": "done", "version": made.version, "url": made.url})


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"a promotion has {key!r}, a text")
    return value
