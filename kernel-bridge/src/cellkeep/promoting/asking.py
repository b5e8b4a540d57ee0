"""Asks an endpoint by MLflow's scoring protocol, through the server."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote

from ..link import ServerLink
from .rows import as_json, read_rows


def ask_endpoint(link: ServerLink, endpoint: str, rows: Any, signature: dict[str, Any]) -> Any:
    """Answers of an endpoint for rows like the example.

    Raises
    ------
    CannotPromote
        They are no rows.
    LinkError
        It does not answer them.
    """
    import numpy as np

    names = [one["name"] for one in signature["inputs"]]
    is_tensor = signature["layout"] == "tensor"
    table = read_rows(rows, "rows", names, is_tensor or any(one.get("shape") is not None for one in signature["inputs"]))
    if is_tensor:
        body: dict[str, Any] = {"inputs": as_json(table.columns[0].values)}
    else:
        columns = [as_json(column.values) for column in table.columns]
        body = {"dataframe_split": {"columns": table.names, "data": [list(row) for row in zip(*columns, strict=True)]}}
    found = cast("dict[str, Any]", link.post(f"endpoints/{quote(endpoint)}/invocations", body))["predictions"]
    if found and isinstance(found[0], dict) and len(found[0]) == 1:
        found = [next(iter(row.values())) for row in found]
    return np.asarray(found)
