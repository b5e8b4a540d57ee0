"""What has become of the names of a namespace, told by addresses alone."""

from __future__ import annotations

import weakref
from typing import Any

import pytest

from cellkeep.slicing import identities
from cellkeep.slicing.identities import Identities


@pytest.fixture(params=["read", "asked"])
def namespace(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Two hundred names; addresses read from memory, and asked one by one as where that cannot be done."""
    if request.param == "asked":
        monkeypatch.setattr(identities, "_addresses_of", identities._ask_addresses)
    return {f"name_{n}": object() for n in range(200)}


def test_names_are_told_that_are_new_rebound_and_gone(namespace: dict[str, Any]) -> None:
    before = Identities(namespace)
    namespace["name_0"], namespace["name_63"], namespace["name_64"], namespace["name_199"] = (object() for _ in range(4))
    namespace["late"] = 1
    del namespace["name_100"]
    since = Identities(namespace).since(before)
    assert since.bound == {"name_0", "name_63", "name_64", "name_199", "late"}
    assert (since.new, since.gone) == ({"late"}, {"name_100"})
    assert [name for name in ("name_0", "name_100", "late", "never") if since.was_there(name)] == ["name_0", "name_100"]


def test_a_name_that_is_only_added_leaves_the_others_as_they_were(namespace: dict[str, Any]) -> None:
    before = Identities(namespace)
    assert Identities(namespace).is_same(before)
    namespace["late"] = 1
    now = Identities(namespace)
    assert not now.is_same(before)
    assert (now.since(before).bound, now.since(before).gone) == ({"late"}, set())


def test_a_name_that_was_deleted_and_bound_again_to_the_same_is_no_other(namespace: dict[str, Any]) -> None:
    before = Identities(namespace)
    namespace["name_7"] = namespace.pop("name_7")  # it stands at the end now
    since = Identities(namespace).since(before)
    assert (since.bound, since.new, since.gone) == (set(), set(), set())


def test_nothing_is_kept_alive() -> None:
    class Large:
        pass

    large = Large()
    namespace = {"large": large}
    gone = weakref.ref(large)
    before = Identities(namespace)
    del namespace["large"], large
    assert gone() is None
    assert Identities(namespace).since(before).gone == {"large"}


def test_this_interpreter_lets_addresses_be_read() -> None:
    assert identities._addresses_of is identities._read_addresses, "asked one by one they cost six times as much"
