"""``python tests/measure.py``: what logging, recording and importing cost on this machine, measured, not asserted.

``log()`` is timed in a script with its threads at work, the recorder in a real kernel (the time of its two hooks, cell by cell), and
imports in fresh interpreters. Medians are of the calls; the import is the best of five, since the first reads cold files.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from kernels import Kernel

LOG = """
import time, cellkeep
took = []
with cellkeep.run("measure", experiment="measure"):
    for step in range(50_000):
        start = time.perf_counter_ns()
        cellkeep.log({VALUES}, step=step)
        took.append(time.perf_counter_ns() - start)
took.sort()
print(*(f"{took[int(len(took) * q)] / 1000:.1f}" for q in (0.5, 0.95, 0.99)), f"{took[-1] / 1000:.0f}")
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
"""
SHOW = """
pairs = sorted(a + b for a, b in zip(took[1::2], took[2::2]))
print(*(f"{pairs[int(len(pairs) * q)] / 1e6:.2f}" for q in (0.5, 0.95, 0.99)))
"""
IMPORT = "import sys, time{before}; t = time.perf_counter(); import cellkeep{also}; print((time.perf_counter() - t) * 1000)"


def python(source: str) -> str:
    """Output of a fresh interpreter."""
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(CELLKEEP_HOME=home, CELLKEEP_CONFIG=f"{home}/config.json", IPYTHONDIR=f"{home}/ipython")
        for values in ("{'loss': 0.5}", "{'loss': 0.5, 'acc': 0.25, 'train': {'a': 1, 'b': 2}}"):
            print(f"log({values}, step): p50, p95, p99, max in µs:", python(LOG.replace("{VALUES}", values)))
        kernel = Kernel()
        for names in (10, 2_000):
            kernel.run(f"for n in range({names}): globals()[f'name_{{n}}'] = n")
            kernel.run(HOOKS if names == 10 else "took.clear()")
            for n in range(200):
                kernel.run(f"x{n % 7} = [i * {n} for i in range(10)]\ndef f{n % 7}(): return x{n % 7}", f"cell-{n}")
            print(f"recording a cell, {names} names: p50, p95, p99 in ms:", kernel.run(SHOW).text.strip())
        kernel.stop()
        best = min(float(python(IMPORT.format(before="", also=""))) for _ in range(5))
        print(f"import in a plain interpreter: {best:.0f} ms")
        best = min(float(python(IMPORT.format(before=", ipykernel.kernelapp", also=", cellkeep.kernel"))) for _ in range(5))
        print(f"import in a kernel: {best:.0f} ms")


if __name__ == "__main__":
    main()
