"""Which executions make a variable that cannot be stored: its slice."""

from __future__ import annotations


def makers_of(name: str) -> list[int]:
    """Orders of the executions of this session on which the variable depends, ascending; empty where they were not recorded."""
    from .. import slicing

    try:
        return slicing.slice_orders(name)
    except AttributeError:
        return []
