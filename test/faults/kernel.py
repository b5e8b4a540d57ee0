"""Starts a real kernel with the bridge, logs in a cell for ever, and tells how far each step has reached the spool.

Prints JSON lines: the kernel's process id, then `{"spooled": n, "sent": bool}` again and again; ends when its input ends.
"""

import json
import queue
import sys
import threading

from jupyter_client.manager import KernelManager

CELL = """
import cellkeep, json, time
from cellkeep.tracker import tracker
run = cellkeep.start_run("in a kernel", experiment="killed kernels")
print(json.dumps({"run": run.id}), flush=True)
step = 0
while True:
    for _ in range(50):
        run.log({"loss": step / 2 + 0.125}, step=step)
        step += 1
    spooled = tracker().journal.flush(10)
    print(json.dumps({"spooled": step if spooled else 0}), flush=True)
    time.sleep(0.05)
"""

manager = KernelManager(kernel_name="python3")
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)
print(json.dumps({"kernel": manager.provisioner.pid}), flush=True)
client.execute(CELL)
ended = threading.Event()


def wait_for_end() -> None:
    sys.stdin.read()
    ended.set()


threading.Thread(target=wait_for_end, daemon=True).start()
while not ended.is_set():
    try:
        message = client.get_iopub_msg(timeout=0.2)
    except queue.Empty:
        continue
    if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
        print(message["content"]["text"], end="", flush=True)
    elif message["msg_type"] == "error":
        print(json.dumps({"error": message["content"]["evalue"]}), flush=True)
client.stop_channels()
manager.shutdown_kernel(now=True)
manager.cleanup_resources()
client.context.destroy()
