"""login, logout, status, sync, token: this machine and the server."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from datetime import datetime

from ..delivery import AnotherServer, adoptable, bind, deliver_artifact, deliver_batch
from ..link import ServerLink
from ..sender import workspace_of
from ..settings import config_path, current_server, parse_server, read_config, spool_root, write_config
from ..spool import Spool, SpoolInUse
from .output import CommandError, Format, local_time, print_json, show
from .server import ask, connected


def login(words: argparse.Namespace) -> None:
    """Check address and token, then keep both."""
    url = words.url or read_config().get("url") or os.environ.get("CELLKEEP_URL")
    if not url:
        raise CommandError("say where the server is: cellkeep login http://host:5077")
    token = words.token or parse_server(url, None).token or os.environ.get("CELLKEEP_TOKEN") or _asked_token()
    if not token:
        raise CommandError("a token is needed; the server's owner makes one with `cellkeep-server token create`")
    server = parse_server(url, token)
    link = ServerLink(server)
    try:
        me = ask(link, "GET", "me")
        workspace_of(link)
    finally:
        link.close()
    path = write_config(server)
    print(f"logged in to {server.url} as {me['user']['name']} ({me['user']['role']}); kept in {path}", file=sys.stderr)
    if os.environ.get("CELLKEEP_URL"):
        print("note: CELLKEEP_URL is set in this environment and goes first", file=sys.stderr)


def _asked_token() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Token: ").strip()
    return sys.stdin.readline().strip()


def logout(words: argparse.Namespace) -> None:
    """Forget address and token."""
    path = config_path()
    if path.exists():
        path.unlink()
        print(f"removed {path}; the token itself still works until it is revoked", file=sys.stderr)
    else:
        print("was not logged in", file=sys.stderr)


def status(words: argparse.Namespace) -> None:
    """Server, user, and what waits on this machine."""
    server = current_server()
    told: dict[str, object] = {"server": server.url if server else None, "user": None, "problem": None}
    if server is not None:
        link = ServerLink(server)
        try:
            me = ask(link, "GET", "me")
            told.update(user=me["user"]["name"], workspace=me["workspace"]["name"], version=me["server"]["version"])
        finally:
            link.close()
    told["spools"] = [_spool_row(folder.name) for folder in _spools()]
    if words.format == "json":
        print_json(told)
        return
    print(f"server  {told['server'] or 'none: run `cellkeep login URL`'}")
    if told["user"]:
        print(f"user    {told['user']} in {told['workspace']}, server version {told['version']}")
    rows = told["spools"] if isinstance(told["spools"], list) else []
    if rows:
        print()
        show(rows, ["state", "records", "bytes", "server", "folder"], "table")
        print("\n`cellkeep sync` sends what ended processes have left", file=sys.stderr)


def _spools() -> list[os.DirEntry[str]]:
    root = spool_root()
    if not root.is_dir():
        return []
    return [entry for entry in os.scandir(root) if entry.is_dir() and os.path.exists(os.path.join(entry.path, "lock"))]


def _spool_row(name: str) -> dict[str, object]:
    folder = spool_root() / name
    try:
        spool = Spool.adopt(folder)
    except SpoolInUse:
        return {"state": "in use", "records": None, "bytes": None, "server": None, "folder": str(folder)}
    row = {
        "state": "waiting",
        "records": spool.waiting_records,
        "bytes": spool.bytes,
        "server": spool.meta.get("url"),
        "folder": str(folder),
    }
    spool.close(remove=False)
    return row


def sync(words: argparse.Namespace) -> None:
    """Send what ended processes have left in their spools."""
    problems: list[str] = []
    with connected() as link:
        workspace = workspace_of(link)
        found = adoptable(spool_root(), None, workspace)
        sent = 0
        try:
            for spool, outbox in found:
                try:
                    bind(spool, link, workspace)
                except AnotherServer as error:
                    problems.append(str(error))
                    continue
                waiting = spool.waiting_records + len(outbox)
                while deliver_batch(spool, outbox, link, problems.append) or deliver_artifact(outbox, link, problems.append):
                    pass
                sent += waiting
                spool.close(remove=True)
        finally:
            for spool, _ in found:
                spool.close(remove=False)
    print(f"sent {sent} records of {len(found)} processes to {link.server.url}", file=sys.stderr)
    if problems:
        raise CommandError("; ".join(problems[:5]))


def token_create(words: argparse.Namespace) -> None:
    """Make a token and print its secret, which is never shown again."""
    wanted: dict[str, object] = {"label": words.label}
    if words.expires is not None:
        try:
            wanted["expiresAt"] = int(datetime.fromisoformat(words.expires).timestamp() * 1000)
        except ValueError:
            raise CommandError(f"--expires takes a date like 2027-01-31, not {words.expires!r}") from None
    with connected() as link:
        made = ask(link, "POST", "tokens", wanted)
    if words.format == "json":
        print_json(made)
    else:
        print(made["secret"])
        print("this is shown once; keep it like a password", file=sys.stderr)


def token_list(words: argparse.Namespace) -> None:
    """Own tokens, for an owner those of everybody."""
    with connected() as link:
        tokens = ask(link, "GET", "tokens")["tokens"]
    form: Format = words.format
    rows = tokens
    if form == "table":
        times = ("createdAt", "lastUsedAt", "expiresAt")
        rows = [{**token, **{name: local_time(token[name]) for name in times}} for token in tokens]
    show(rows, ["id", "label", "userName", "prefix", "createdAt", "lastUsedAt", "expiresAt"], form)


def token_revoke(words: argparse.Namespace) -> None:
    """Revoke a token at once."""
    with connected() as link:
        answer = ask(link, "DELETE", f"tokens/{words.id}")
    print("revoked" if answer["revoked"] else "was revoked already", file=sys.stderr)
