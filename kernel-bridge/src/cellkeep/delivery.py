"""Bring one spool to the server: its batches in order, each artifact after the batch that tells of its run.

Nothing is dropped because of the network, the token or a server that is not ours: those raise and the spool stays as it is. Only what
the Cellkeep server itself has judged and refused is let go, and reported.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from .link import Refused, ServerAway, ServerLink, issue_text
from .outbox import Outbox, PendingArtifact
from .parts import LARGE, send_in_parts
from .spool import Batch, Spool, SpoolInUse
from .wire import IngestOutput

Report = Callable[[str], None]
"""Takes one sentence about something that the server has refused."""

#: What the server may refuse for good, so that asking again changes nothing. A batch is not among what can be not found: then the
#: server is older than this package, and a newer one will take it.
_FINAL_FOR_BATCHES = {"BAD_REQUEST", "CONFLICT", "PAYLOAD_TOO_LARGE"}
_FINAL_FOR_ARTIFACTS = {"BAD_REQUEST", "NOT_FOUND", "CONFLICT", "PAYLOAD_TOO_LARGE"}


class AnotherServer(ServerAway):
    """The spool belongs to the workspace of another server."""


def bind(spool: Spool, link: ServerLink, workspace: str) -> None:
    """Say in the spool for which workspace it is, so that it is never replayed to another server.

    Raises
    ------
    AnotherServer
        It was already sent, in part, to another one.
    """
    bound = spool.meta.get("workspace")
    if bound is None:
        spool.update_meta({"workspace": workspace, "url": link.server.url})
    elif bound != workspace:
        raise AnotherServer(
            f"what waits in {spool.folder} belongs to the server at {spool.meta.get('url')}, not to {link.server.url}; "
            "log in to that server again to send it, or restart this process to start anew"
        )


def deliver_batch(spool: Spool, outbox: Outbox, link: ServerLink, report: Report) -> bool:
    """Send the oldest batch, after the parts that it may name, and forget it once it is acknowledged; False where nothing waits.

    Raises
    ------
    ServerAway, TokenRefused
        It stays in the spool.
    """
    batch = spool.take()
    # After the batch was closed: what it names was kept before it was written.
    while (part := outbox.first_part()) is not None:
        _deliver_part(outbox, part, link, report)
    if batch is None:
        return False
    try:
        answer = link.send_batch(batch.body)
    except Refused as error:
        if error.code not in _FINAL_FOR_BATCHES:
            raise ServerAway(f"{link.server.url} does not take records ({error.status}: {error})") from error
        if error.status == 409 and not _is_first(batch):
            spool.start_new_writer()  # the server was set back to an older state, or we have skipped a batch
            return True
        report(f"the server refused {batch.records} records: {error}")
    else:
        _report_rejected(batch, answer, report)
    spool.acknowledge(batch.number)
    return True


def _deliver_part(outbox: Outbox, part: PendingArtifact, link: ServerLink, report: Report) -> None:
    try:
        link.put_part(part.path, part.part, outbox.content(part))
    except Refused as error:
        if error.code not in _FINAL_FOR_ARTIFACTS:
            raise ServerAway(f"{link.server.url} does not take parts of snapshots ({error.status}: {error})") from error
        report(f"the server refused a {part.part} of {part.size:,} bytes: {error}")
    except FileNotFoundError:
        report(f"a {part.part} of {part.size:,} bytes is gone from the spool")
    outbox.remove(part)


def _is_first(batch: Batch) -> bool:
    return b'"seq":1,' in batch.body[:80]


def _report_rejected(batch: Batch, answer: IngestOutput, report: Report) -> None:
    if not answer["rejected"]:
        return
    records = json.loads(batch.body)["records"]
    reasons = []
    for rejected in answer["rejected"]:
        kind = records[rejected["index"]].get("type")
        # Child processes tell of their parent's run again; where it was renamed since, that is no news.
        if kind == "run.create" and rejected["code"] == "CONFLICT":
            continue
        reasons.append(f"{kind}: " + ("; ".join(issue_text(dict(issue)) for issue in rejected["issues"]) or rejected["code"]))
    if reasons:
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        report(f"the server refused a record: {reasons[0]}{more}")


def deliver_artifact(outbox: Outbox, link: ServerLink, report: Report) -> bool:
    """Upload the oldest artifact whose run is known to the server; False where none is ready.

    Raises
    ------
    ServerAway, TokenRefused
        It stays in the spool.
    """
    artifact = outbox.ready()
    if artifact is None:
        return False
    try:
        _send(outbox, artifact, link)
    except Refused as error:
        if error.code not in _FINAL_FOR_ARTIFACTS:
            raise ServerAway(f"{link.server.url} does not take artifacts ({error.status}: {error})") from error
        report(f"the server refused artifact {artifact.path!r}: {error}")
    except FileNotFoundError:
        report(f"the content of artifact {artifact.path!r} is gone from the spool")
    outbox.remove(artifact)
    return True


def _send(outbox: Outbox, artifact: PendingArtifact, link: ServerLink) -> None:
    if artifact.size >= LARGE:
        try:
            return send_in_parts(outbox, artifact, link)
        except Refused as error:
            if error.status not in (404, 405):
                raise
            # No such run, which the whole file is told as well; or a server that is older than this package and takes files whole.
    link.send_artifact(artifact.run_id, artifact.path, artifact.kind, artifact.media_type, outbox.content(artifact))


def adoptable(root: Path, url: str | None, workspace: str) -> list[tuple[Spool, Outbox]]:
    """Spools of dead processes that are meant for this server; they are held by this process from now on.

    Parameters
    ----------
    root
        Folder of all spools.
    url
        Also take spools that never met a server but were made for this address. None, where a person asks for it, takes those of any
        address or of none: what a script logged with no server in sight must not turn up in the first one that is started.
    workspace
        Id of the server's workspace.
    """
    found = []
    for folder in sorted(root.iterdir() if root.is_dir() else []):
        if not (folder / "lock").exists():
            continue
        try:
            spool = Spool.adopt(folder)
        except (SpoolInUse, OSError):
            continue
        bound, made_for = spool.meta.get("workspace"), spool.meta.get("url")
        if bound == workspace or (bound is None and (url is None or made_for == url)):
            found.append((spool, Outbox(spool)))
        else:
            spool.close(remove=False)
    return found
