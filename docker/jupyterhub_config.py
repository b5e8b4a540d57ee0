"""A small JupyterHub beside a Cellkeep server: one shared password, each person a user of the container.

For a real team choose an authenticator and a spawner of JupyterHub's own list; the only Cellkeep part is ``Spawner.environment``.
Each person gets the token in ``/cellkeep-tokens/<name>`` (made by ``cellkeep-server token create``), so that runs bear their
name; who has none there uses the owner's.
"""

import os
import pwd
import subprocess
from pathlib import Path

TOKENS = Path("/cellkeep-tokens")
OWNER_TOKEN = Path("/cellkeep/token")


def token_of(spawner):
    own = TOKENS / spawner.user.name
    return (own if own.is_file() else OWNER_TOKEN).read_text().strip()


def make_user(spawner):
    try:
        pwd.getpwnam(spawner.user.name)
    except KeyError:
        subprocess.run(["useradd", "--create-home", "--", spawner.user.name], check=True)


c = get_config()  # noqa: F821
c.JupyterHub.bind_url = "http://0.0.0.0:8000"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = os.environ["HUB_PASSWORD"]
c.Authenticator.allow_all = True
c.Authenticator.username_pattern = "[a-z][a-z0-9-]{0,30}"
c.Spawner.pre_spawn_hook = make_user
c.Spawner.default_url = "/lab"
c.Spawner.environment = {"CELLKEEP_URL": "http://server:5077", "CELLKEEP_TOKEN": token_of}
