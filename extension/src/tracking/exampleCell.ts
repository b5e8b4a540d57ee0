/** What "Insert example cell" inserts: the shortest cell that draws a curve while it runs. */
export const EXAMPLE_CELL = `import math, time
import cellkeep

with cellkeep.run("first try", params={"rate": 0.1}):
    for step in range(100):
        cellkeep.log({"loss": math.exp(-step / 25), "accuracy": 1 - math.exp(-step / 20)}, step=step)
        time.sleep(0.05)`;
