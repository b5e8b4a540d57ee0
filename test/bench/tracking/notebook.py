"""``python notebook.py CALLS CELLS``: times ``cellkeep.log()`` and the recorder's hooks in a real kernel; prints one line of JSON.

``log{50,95,99}`` are microseconds a call, ``cell{50,95,99}`` milliseconds of both hooks of a cell in a namespace of 200 names; ``run``
is the run that was logged to, ended and sent when this program ends.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "kernel-bridge" / "tests"))

from kernels import Kernel  # noqa: E402

LOG = """
import time, cellkeep
took = []
with cellkeep.run("bench", experiment="notebook") as run:
    for step in range({calls}):
        start = time.perf_counter_ns()
        cellkeep.log({{"loss": 0.5}}, step=step)
        took.append(time.perf_counter_ns() - start)
        if step % 100 == 99:
            time.sleep(0.001)  # a training loop computes something, too
took.sort()
print(run.id, *(took[int(len(took) * q)] / 1e3 for q in (0.5, 0.95, 0.99)))
"""
HOOKS = """
import time
from cellkeep import kernel
recorder = kernel._loaded[0]
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
for n in range(200):
    globals()[f"name_{n}"] = n
"""
SHOW = """
pairs = sorted(a + b for a, b in zip(took[1::2], took[2::2]))
print(*(pairs[int(len(pairs) * q)] / 1e6 for q in (0.5, 0.95, 0.99)))
"""


def main() -> None:
    calls, cells = int(sys.argv[1]), int(sys.argv[2])
    kernel = Kernel()
    reply = kernel.run(LOG.format(calls=calls), "log")
    if reply.error:
        raise SystemExit(f"the cell failed: {reply.error} {reply.text}")
    run, *logged = reply.text.split()
    kernel.run(HOOKS, "hooks")
    for n in range(cells):
        kernel.run(f"x{n % 7} = [i * {n} for i in range(10)]\ndef f{n % 7}(): return x{n % 7}", f"cell-{n}")
    recorded = kernel.run(SHOW, "show").text.split()
    kernel.stop()
    figures = {f"log{q}": float(value) for q, value in zip((50, 95, 99), logged, strict=True)}
    figures |= {f"cell{q}": float(value) for q, value in zip((50, 95, 99), recorded, strict=True)}
    print(json.dumps({"run": run, **figures}))


if __name__ == "__main__":
    main()
