"""The environment variables of this process, read beside a program that changes them."""

from __future__ import annotations

import os


def surroundings(**changes: str) -> dict[str, str]:
    """All of them, with ``changes``.

    ``dict(os.environ)`` fails where another thread adds or removes one meanwhile, as every run does with its own.
    """
    while True:
        try:
            return {**os.environ, **changes}
        except (KeyError, RuntimeError):  # one went, one came
            continue
