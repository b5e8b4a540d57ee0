"""``python cells.py CELLS PICTURE``: what snapshots add to cells, in real kernels; prints one line of JSON.

Two kernels of one notebook, which has CELLS cells with a picture of PICTURE bytes each and lies on disk, saved every fiftieth cell: one
takes snapshots, the other does not. They run the same cells in turn; each cell is a run, logs a point and shows a picture. ``with{50,95}``
and ``without{50,95}`` are milliseconds from sending a cell until the kernel is idle again, ``added95`` their difference at the 95th
percentile; ``hooks95`` is what both hooks of a cell take in the kernel with snapshots. ``session`` is that kernel's, once the server
has everything.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "kernel-bridge" / "tests"))

from kernels import Kernel  # noqa: E402

BEGIN = """
import os, time, cellkeep
from IPython.display import Image, display
from cellkeep import kernel
recorder = kernel.recorder()
took = []
def timed(method):
    def call(*args):
        start = time.perf_counter_ns()
        method(*args)
        took.append(time.perf_counter_ns() - start)
    return call
for event, method in (("pre_run_cell", recorder.before_cell), ("post_run_cell", recorder.after_cell)):
    get_ipython().events.unregister(event, method)
    get_ipython().events.register(event, timed(method))
"""
CELL = """
with cellkeep.run("cell {n}", experiment="design"):
    cellkeep.log({{"loss": {n}}})
    display(Image(data=b"\\x89PNG\\r\\n\\x1a\\n" + os.urandom({picture}), format="png"))
    time.sleep(0.02)  # a cell computes something, too
"""
END = """
cellkeep.flush(120)
from cellkeep.tracker import tracker
pairs = sorted(a + b for a, b in zip(took[1::2], took[2::2]))
print(tracker().session.id, pairs[int(len(pairs) * 0.95)] / 1e6)
"""


def save(path: Path, cells: int, picture: int, edit: int) -> None:
    """The notebook as an editor saves it; one cell differs from the last time."""
    shown = [path.with_suffix(".png").read_bytes()[n * picture : (n + 1) * picture] for n in range(cells)]
    content = [
        {
            "cell_type": "code",
            "execution_count": n,
            "id": f"cell-{n}",
            "metadata": {},
            "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"image/png": base64.b64encode(shown[n]).decode()}}],
            "source": f"x = {n}" + (f"  # edit {edit}" if n == edit % cells else ""),
        }
        for n in range(cells)
    ]
    path.write_text(json.dumps({"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def main() -> None:
    cells, picture = int(sys.argv[1]), int(sys.argv[2])
    path = Path("design.ipynb").absolute()
    path.with_suffix(".png").write_bytes(os.urandom(cells * picture))
    save(path, cells, picture, 0)
    os.environ["JPY_SESSION_NAME"] = str(path)
    kernels = {"with": Kernel(), "without": Kernel(CELLKEEP_SNAPSHOTS="off")}
    took: dict[str, list[float]] = {name: [] for name in kernels}
    for kernel in kernels.values():
        kernel.run(BEGIN, "begin")
    for n in range(cells):
        if n % 50 == 49:
            save(path, cells, picture, n)
        for name, kernel in kernels.items() if n % 2 else reversed(kernels.items()):
            start = time.perf_counter()
            reply = kernel.run(CELL.format(n=n, picture=picture), f"cell-{n}")
            took[name].append((time.perf_counter() - start) * 1e3)
            if reply.error:
                raise SystemExit(f"the cell failed: {reply.error} {reply.text}")
    session, hooks = kernels["with"].run(END, "end").text.split()
    for kernel in kernels.values():
        kernel.stop()
    figures = {f"{name}{q}": sorted(times)[int(len(times) * q / 100)] for name, times in took.items() for q in (50, 95)}
    figures["added95"] = max(0.0, figures["with95"] - figures["without95"])
    print(json.dumps({"session": session, "hooks95": float(hooks), **figures}))


if __name__ == "__main__":
    main()
