/** A Python model for tests that does whatever harm its rows ask for. */
import { fileURLToPath } from 'node:url';
import { type Bundle, bundle as bundleSchema } from '@cellkeep/schema/registry';
import type { TestServer } from '../testing/index.ts';
import type { Rows } from './host/model.ts';

export const PYTHON = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));

/** A model that does what its row says. It travels as a module; its pickle only names it. */
const WILD = `
import os, sys, time
import numpy as np

ballast = []

def surroundings():
    """What code in this process finds without asking for it."""
    import json
    read = lambda name: open(f"/proc/self/{name}").read()
    files = {}
    for fd in os.listdir("/proc/self/fd"):
        try: files[fd] = os.readlink(f"/proc/self/fd/{fd}")
        except OSError: pass  # that of the folder itself
    mask = os.umask(0o077); os.umask(mask)
    return json.dumps({"environment": dict(os.environ), "started": read("environ") + read("cmdline"), "files": files,
        "stdin": sys.stdin.read(), "folder": os.getcwd(), "mask": mask, "limits": read("limits")})

class Wild:
    def predict(self, frame):
        for do in frame["do"]:
            if do == "raise": raise ValueError("no rows on Sundays")
            if do == "crash": os.kill(os.getpid(), 11)
            if do == "leave": os._exit(3)
            if do == "exit": sys.exit("bye")
            if do == "stubborn":  # holds the interpreter
                import re; re.match(r"(a+)+$", "a" * 60 + "b")
            if do == "eat": ballast.append(np.ones(25_000_000)); time.sleep(5)
            if do == "gorge": ballast.append(np.ones(10**9))
            if do == "print":
                print("to out"); print("to err", file=sys.stderr); os.write(1, b"by number\\n")
                os.system("echo from a child")
                for fd in (3, 4, 5):
                    try: os.write(fd, b"\\xff\\xff\\xff\\xff nonsense")
                    except OSError: pass
            if do == "chatter":
                for i in range(3000): print("line", i)
            if do == "surroundings": return [surroundings()] * len(frame)
            if do == "pid": return [str(os.getpid())] * len(frame)
            if do == "count": return [str(len(frame))] * len(frame)
            if do == "spawn":
                import subprocess
                return [str(subprocess.Popen(["sleep", "600"]).pid)] * len(frame)
            if do == "wrong": return ["too", "many", "answers", "here"]
            if do == "sleep": time.sleep(0.3)
        return [repr((row.do, row.count, row.share, row.is_new, str(row.day))) for row in frame.itertuples(index=False)]
`;

const columnOf = (name: string, type: string, required = false) => ({ name, type, required });

export function wildBundle(more: object = {}, python: object = {}): Bundle {
  return bundleSchema.parse({
    ...{ format: 1, runtime: 'python', framework: 'python', className: 'Wild', task: 'other', classes: null, sizeBytes: 0 },
    signature: {
      layout: 'columns',
      inputs: [columnOf('do', 'string'), columnOf('count', 'integer'), columnOf('share', 'double'), columnOf('is_new', 'boolean'), columnOf('day', 'datetime')], // biome-ignore format: one line
      outputs: [columnOf('said', 'string')],
    },
    python: { file: 'model.pkl', format: 'cloudpickle', version: '', requirements: [], modules: ['modules/wild.py'], ...python },
    export: { tried: [], rows: { example: 0, random: 0 }, maxDifference: null, tolerance: 0, seconds: 0 },
    ...more,
  });
}

/** One row for each text. */
export const askWild = (...what: (string | null)[]): Rows => ({
  count: what.length,
  columns: [
    what,
    Float64Array.from(what, (_, i) => i),
    Float64Array.from(what, () => 0.1),
    Float64Array.from(what, () => 1),
    what.map(() => '2026-01-31T08:30:00'),
  ],
});

/** By path within the model's folder. */
export const WILD_FILES = { 'modules/wild.py': WILD, 'model.pkl': 'cwild\nWild\n(tR.' };

/** @returns the id of its logged model */
export async function storeWild({ client, url, token }: TestServer): Promise<string> {
  const { id, artifactLocation } = await client.registry.loggedModels.create({ experimentId: '0', name: 'wild' });
  const folder = artifactLocation.replace(/^mlflow-artifacts:\//, '');
  for (const [file, body] of Object.entries(WILD_FILES)) {
    const to = `${url}/api/2.0/mlflow-artifacts/artifacts/${folder}/${file}`;
    const answer = await fetch(to, { method: 'PUT', headers: { authorization: `Bearer ${token}` }, body });
    if (!answer.ok) throw new Error(`${file} could not be stored: ${await answer.text()}`);
  }
  await client.registry.bundles.put({ id, bundle: wildBundle() });
  return id;
}
