"""artifacts list, get, put."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..content import kind_of, media_type_of
from ..values import checked_artifact_path
from .output import CommandError, show, write_whole
from .server import connected, find_run, pages


def list_artifacts(words: argparse.Namespace) -> None:
    """Artifacts of a run, by path."""
    with connected() as link:
        run = find_run(link, words.run)
        found = list(pages(link, "GET", f"runs/{run['id']}/artifacts", "artifacts", {"prefix": words.prefix}))
    show(found, ["path", "kind", "size", "mediaType", "digest"], words.format)


def get_artifact(words: argparse.Namespace) -> None:
    """Download an artifact; the file appears whole or not at all."""
    with connected() as link:
        run = find_run(link, words.run)
        if words.output == "-":
            with link.get_artifact(run["id"], words.path) as chunks:
                for chunk in chunks:
                    sys.stdout.buffer.write(chunk)
            return
        target = Path(words.output or words.path.rpartition("/")[2])
        if target.is_dir():
            target = target / words.path.rpartition("/")[2]
        with link.get_artifact(run["id"], words.path) as chunks:
            write_whole(target, chunks)


def put_artifact(words: argparse.Namespace) -> None:
    """Upload a file."""
    source = Path(words.file)
    if not source.is_file():
        raise CommandError(f"there is no file {words.file!r}")
    path = checked_artifact_path(words.name or source.name)
    media_type = media_type_of(path)
    with connected() as link:
        run = find_run(link, words.run)
        link.send_artifact(run["id"], path, kind_of(media_type), media_type, source)
    print(f"{path} is an artifact of {run['name']}: {link.server.url}/runs/{run['id']}", file=sys.stderr)
