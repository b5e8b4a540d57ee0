"""What the commands ask of the server, in the contract's words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, cast

from ..link import ServerLink
from ..sender import NOT_CONFIGURED
from ..settings import current_server
from ..values import utf16_length
from ..wire import NAME_LIMIT, PAGE_LIMIT, Experiment, StoredRun
from .output import CommandError

_ID = 32


@contextlib.contextmanager
def connected() -> Iterator[ServerLink]:
    """A link to the configured server, closed afterwards.

    Raises
    ------
    CommandError
        No server is configured.
    """
    server = current_server()
    if server is None:
        raise CommandError(NOT_CONFIGURED)
    link = ServerLink(server)
    try:
        yield link
    finally:
        link.close()


def ask(link: ServerLink, method: str, path: str, body: object = None, query: dict[str, str] | None = None) -> dict[str, Any]:
    """An operation of the contract whose answer is an object."""
    return cast("dict[str, Any]", link.call(method, path, body, query))


def pages(
    link: ServerLink, method: str, path: str, field: str, ask_for: dict[str, Any], limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Rows of a paged list, page after page, at most ``limit`` of them."""
    cursor: str | None = None
    left = limit
    while left is None or left > 0:
        size = PAGE_LIMIT if left is None else min(left, PAGE_LIMIT)
        wanted = {**ask_for, "limit": size, **({"cursor": cursor} if cursor else {})}
        if method == "GET":
            found = ask(link, method, path, query={key: str(value) for key, value in wanted.items()})
        else:
            found = ask(link, method, path, wanted)
        yield from found[field]
        left = None if left is None else left - len(found[field])
        cursor = found["nextCursor"]
        if cursor is None:
            return


def find_experiment(link: ServerLink, word: str, lifecycle: str = "active") -> Experiment:
    """The experiment of this name, or of this id.

    Raises
    ------
    CommandError
        There is none.
    """
    for row in pages(link, "GET", "experiments", "experiments", {"lifecycle": lifecycle, "name": word[:NAME_LIMIT]}):
        if row["name"] == word:
            return cast("Experiment", row)
    if word.isdigit() and len(word) <= 18:
        return cast("Experiment", ask(link, "GET", f"experiments/{word}"))
    raise CommandError(f"there is no experiment {word!r}; `cellkeep experiments list` shows them")


def find_run(link: ServerLink, word: str, lifecycle: str = "active") -> StoredRun:
    """The run of this id, or the only one of this name.

    Raises
    ------
    CommandError
        There is none, or there are several.
    """
    if is_run_id(word):
        return cast("StoredRun", ask(link, "GET", f"runs/{word}"))
    if '"' in word or "\\" in word or utf16_length(word) > NAME_LIMIT:
        raise CommandError(f"{word!r} cannot be searched as a name; give the run's id")
    wanted = {"filter": f'attributes.name = "{word}"', "lifecycle": lifecycle}
    found = list(pages(link, "POST", "runs/search", "runs", wanted, limit=6))
    if not found:
        raise CommandError(f"there is no run {word!r}; `cellkeep runs list` shows them")
    if len(found) > 1:
        ids = ", ".join(str(run["id"]) for run in found[:5])
        raise CommandError(f"several runs are named {word!r}; give the id of one: {ids}{', …' if len(found) > 5 else ''}")
    return cast("StoredRun", found[0])


def is_run_id(word: str) -> bool:
    """32 hexadecimal digits?"""
    return len(word) == _ID and set(word) <= set("0123456789abcdef")
