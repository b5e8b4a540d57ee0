"""Cellkeep beside Jupyter: a proxy through Jupyter's own port, and the built front end.

The browser talks to ``<base_url>cellkeep/``; ``proxy.py`` forwards it to the Cellkeep server named by ``settings.py`` and adds
the token on this side, so that no page ever holds it. ``status.py`` tells the page how that server is doing. Kernels
inherit ``CELLKEEP_JUPYTER_ROOT``, from which the bridge turns an absolute notebook path into Jupyter's own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jupyter_server.utils import url_path_join
from jupyter_server_proxy.handlers import AddSlashHandler

from .proxy import CellkeepProxyHandler
from .settings import ServerSettings
from .status import StatusHandler

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "@cellkeep/jupyterlab"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "cellkeep_jupyterlab"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    # A contents manager without a folder (in a database, say) has no root; the server's own is then the best that there is.
    root = getattr(app.contents_manager, "root_dir", "") or app.root_dir
    os.environ["CELLKEEP_JUPYTER_ROOT"] = os.path.abspath(os.path.expanduser(root))

    base_url = app.web_app.settings["base_url"]
    settings = ServerSettings()
    app.web_app.add_handlers(
        ".*",
        [
            (url_path_join(base_url, "cellkeep-status"), StatusHandler, {"server_settings": settings}),
            (url_path_join(base_url, "cellkeep"), AddSlashHandler),
            (url_path_join(base_url, r"cellkeep/(.*)"), CellkeepProxyHandler, {"server_settings": settings}),
        ],
    )
    where = settings.current()
    app.log.info("cellkeep: %s", f"forwarding to {where.shown_url}" if where else "not configured; run `cellkeep login`")
