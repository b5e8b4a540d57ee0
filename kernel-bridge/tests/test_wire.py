"""wire.py is what the contract says now."""

from __future__ import annotations

import subprocess

from server import CHECKOUT, NODE

from cellkeep import wire


def test_wire_is_what_the_command_writes() -> None:
    done = subprocess.run([str(NODE), "kernel-bridge/generateWire.ts", "--print"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert wire.__file__ is not None
    with open(wire.__file__, encoding="utf-8") as file:
        written = file.read()
    assert written == done.stdout, "run: node kernel-bridge/generateWire.ts"
