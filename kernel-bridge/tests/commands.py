"""What the fixtures ``cli`` and ``refused`` give (conftest.py)."""

from __future__ import annotations

from collections.abc import Callable

#: Words of a command in, what it has printed out.
Cli = Callable[..., str]
