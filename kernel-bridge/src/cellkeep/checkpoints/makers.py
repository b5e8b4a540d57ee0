"""Which executions make a variable that cannot be stored: its slice."""

from __future__ import annotations

from ..slicing.asking import slice_in_kernel


def makers_of(name: str) -> list[int]:
    """Orders of the executions of this session on which the variable depends, ascending; empty where they were not recorded."""
    try:
        return [execution.order for execution in slice_in_kernel(name)]
    except (LookupError, NameError, RuntimeError):
        return []
