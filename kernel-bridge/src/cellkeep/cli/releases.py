"""releases: versions behind an endpoint, their shares of its traffic, and where else they run."""

from __future__ import annotations

import argparse
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .output import CommandError, local_time, plain, print_json, show, write_whole
from .server import ask, connected, pages

_RELEASES = ["number", "role", "weight", "model", "version", "runtime", "by", "created", "message", "id"]
_DEPLOYMENTS = ["application", "status", "address", "message", "checked", "id"]


def add_commands(group: Any, command: Any, limited: Any) -> None:
    """Add the commands to their group; ``command`` and ``limited`` are the parser's own ways to add one."""
    listing = limited(command(group, "list", list_releases, "releases of an endpoint, newest first", csv=True))
    listing.add_argument("endpoint", metavar="ENDPOINT")
    making = command(group, "create", create_release, "put a version behind an endpoint")
    making.add_argument("endpoint", metavar="ENDPOINT")
    making.add_argument("model", metavar="MODEL")
    making.add_argument("version", type=int, metavar="VERSION")
    making.add_argument("--how", choices=["replace", "canary", "shadow", "beside"], default="replace", help="default: replace")
    making.add_argument("--steps", metavar="SHARES", help="of a canary: 0.05,0.25,1")
    making.add_argument("--step-seconds", type=int, metavar="N", help="of a canary: seconds of each step")
    making.add_argument("--header", metavar="NAME=VALUE", help="requests with this header come here whatever the weights")
    weights = command(group, "weights", set_weights, "shares of the traffic, all at once")
    weights.add_argument("endpoint", metavar="ENDPOINT")
    weights.add_argument("shares", nargs="+", metavar="NUMBER=SHARE", help="number of a release and its share: 3=0.9 4=0.1")
    finish = command(group, "finish", finish_canary, "end a canary now: it takes all the traffic")
    retire = command(group, "retire", retire_release, "take a release out")
    container = command(group, "container", fetch_container, "its container's build context, as a tar file")
    container.add_argument("-o", "--output", required=True, metavar="FILE")
    kserve = command(group, "kserve", print_manifest, "its KServe manifest, for the container's image")
    kserve.add_argument("image", metavar="IMAGE")
    kserve.add_argument("--namespace", default="default")
    ray = command(group, "ray", deploy_on_ray, "run it on a Ray cluster")
    ray.add_argument("address", metavar="ADDRESS", help="of the cluster's dashboard: http://head:8265")
    ray.add_argument("--replicas", type=int, default=1, metavar="N")
    for parser in (finish, retire, container, kserve, ray):
        parser.add_argument("id", metavar="ID", help="of the release: `cellkeep releases list`")
    elsewhere = command(group, "elsewhere", list_ray, "where else the releases of an endpoint run", csv=True)
    elsewhere.add_argument("endpoint", metavar="ENDPOINT")
    command(group, "ray-delete", delete_from_ray, "take a deployment off its Ray cluster").add_argument("id", metavar="ID")


def _endpoint(name: str) -> str:
    return f"endpoints/{quote(name, safe='')}"


def _release(word: str) -> str:
    return f"releases/{quote(word, safe='')}"


def _row(one: dict[str, Any]) -> dict[str, object]:
    return {
        **{key: one[key] for key in ("number", "role", "version", "runtime", "message", "id")},
        "weight": f"{one['weight']:.0%}",
        "model": one["modelName"],
        "by": one["userName"],
        "created": local_time(one["createdAt"]),
    }


def _tell(words: argparse.Namespace, release: dict[str, Any]) -> None:
    if words.format == "json":
        print_json(release)
    else:
        message = f": {plain(release['message'])}" if release["message"] else ""
        print(f"release {release['number']} ({release['id']}) is {release['role']} with {release['weight']:.0%}{message}")


def list_releases(words: argparse.Namespace) -> None:
    """Releases of an endpoint, newest first."""
    with connected() as link:
        found = list(pages(link, "GET", f"{_endpoint(words.endpoint)}/releases", "releases", {}, words.limit))
    show(found if words.format == "json" else [_row(one) for one in found], _RELEASES, words.format)


def create_release(words: argparse.Namespace) -> None:
    """Put a version behind an endpoint."""
    body: dict[str, object] = {"endpoint": words.endpoint, "modelName": words.model, "version": words.version, "how": words.how}
    plan: dict[str, object] = {}
    if words.steps:
        plan["steps"] = [_number(text, "--steps") for text in words.steps.split(",")]
    if words.step_seconds is not None:
        plan["stepSeconds"] = words.step_seconds
    if plan and words.how != "canary":
        raise CommandError("--steps and --step-seconds belong to --how canary")
    if words.how == "canary":
        body["plan"] = plan
    if words.header:
        name, equals, value = words.header.partition("=")
        if not equals:
            raise CommandError(f"--header {words.header!r}: write NAME=VALUE")
        body["header"] = {"name": name.lower(), "value": value}
    with connected() as link:
        _tell(words, ask(link, "POST", "releases", body))


def _number(text: str, of: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise CommandError(f"{of}: {text!r} is no number") from error


def set_weights(words: argparse.Namespace) -> None:
    """Shares of the traffic, all at once."""
    with connected() as link:
        known = {str(one["number"]): one["id"] for one in ask(link, "GET", _endpoint(words.endpoint))["releases"]}
        weights = []
        for text in words.shares:
            number, equals, share = text.partition("=")
            if not equals or number not in known:
                raise CommandError(f"{text!r}: write NUMBER=SHARE with the number of a release ({', '.join(known) or 'there is none'})")
            weights.append({"releaseId": known[number], "weight": _number(share, text)})
        found = ask(link, "PUT", f"{_endpoint(words.endpoint)}/weights", {"endpoint": words.endpoint, "weights": weights})
    if words.format == "json":
        print_json(found)
    else:
        show([_row(one) for one in found["releases"]], _RELEASES, "table")


def finish_canary(words: argparse.Namespace) -> None:
    """End a canary now."""
    with connected() as link:
        _tell(words, ask(link, "POST", f"{_release(words.id)}/finish", {"id": words.id}))


def retire_release(words: argparse.Namespace) -> None:
    """Take a release out."""
    with connected() as link:
        _tell(words, ask(link, "POST", f"{_release(words.id)}/retire", {"id": words.id}))


def fetch_container(words: argparse.Namespace) -> None:
    """The build context of its container."""
    with connected() as link, link.download(f"{_release(words.id)}/container") as (_, chunks):
        write_whole(Path(words.output), chunks)


def print_manifest(words: argparse.Namespace) -> None:
    """Its KServe manifest."""
    with connected() as link:
        query = {"image": words.image, "namespace": words.namespace}
        found = ask(link, "GET", f"{_release(words.id)}/kserve", query=query)
    if words.format == "json":
        print_json(found)
    else:
        print(found["manifest"], end="")


def deploy_on_ray(words: argparse.Namespace) -> None:
    """Run it on a Ray cluster."""
    one = str(uuid.uuid4())
    body = {"id": one, "releaseId": words.id, "address": words.address, "replicas": words.replicas}
    with connected() as link:
        found = ask(link, "PUT", f"ray-deployments/{one}", body)
    if words.format == "json":
        print_json(found)
    else:
        print(f"{found['application']} at {found['address']}{found['routePrefix']}: {found['status']} ({found['id']})")


def list_ray(words: argparse.Namespace) -> None:
    """Where else the releases of an endpoint run."""
    with connected() as link:
        found = ask(link, "GET", f"{_endpoint(words.endpoint)}/ray-deployments")["deployments"]
    rows = [{**one, "checked": local_time(one["checkedAt"])} for one in found]
    show(found if words.format == "json" else rows, _DEPLOYMENTS, words.format)


def delete_from_ray(words: argparse.Namespace) -> None:
    """Take it off its cluster."""
    with connected() as link:
        ask(link, "DELETE", f"ray-deployments/{quote(words.id, safe='')}")
    print(f"deleted {plain(words.id)}")
