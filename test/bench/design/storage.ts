/**
 * What a snapshot adds to the disk when one cell was edited, and when it was run as well: beside the whole notebook, saved anew each time.
 * Of the database its tables and indexes count, not the log that Postgres keeps anyway; of the blobs their files.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measurement } from '../measure.ts';
import type { Cellkeep } from '../subjects/cellkeep.ts';
import type { Bench, Size } from './bench.ts';

interface Cell {
  id: string;
  source: string;
  /** base64 of a PNG that does not compress, as real ones do not */
  picture: string;
}

const pictureOf = ({ picture }: Size) => randomBytes(picture).toString('base64');
const outputOf = ({ picture }: Cell) => ({ data: { 'image/png': picture }, metadata: {}, output_type: 'display_data' });

function newNotebook(size: Size): Cell[] {
  return Array.from({ length: size.cells }, (_, i) => ({
    id: `cell-${i}`,
    source: `fig, axes = plt.subplots(2, 3)\n${`frame.plot(x="t", y="y${i}", ax=axes[0, 0])\n`.repeat(10)}`,
    picture: pictureOf(size),
  }));
}

export function storage({ cellkeep, folder, size }: Bench): Measurement {
  const edits = {
    edited: (cell: Cell, n: number): Cell => ({ ...cell, source: `${cell.source}# edit ${n}\n` }),
    run: (cell: Cell, n: number): Cell => ({ ...cell, source: `${cell.source}# run ${n}\n`, picture: pictureOf(size) }),
  };
  /** MiB that one snapshot adds, once the first one is there. */
  const grow = async (save: (cells: Cell[]) => Promise<void>, stored: () => Promise<number>) => {
    const cells = newNotebook(size);
    await save(cells);
    const grown: Record<string, number> = {};
    for (const [key, edit] of Object.entries(edits)) {
      const before = await stored();
      for (let n = 0; n < size.snapshots; n++) {
        const at = (n * 37) % size.cells;
        cells[at] = edit(cells[at] as Cell, n);
        await save(cells);
      }
      grown[key] = ((await stored()) - before) / size.snapshots / 2 ** 20;
    }
    return grown;
  };
  const outputs = `a notebook of ${size.cells} cells with ${Math.round((size.cells * size.picture * 4) / 3 / 1e6)} MB of outputs`;
  return {
    title: 'storage',
    rows: [
      { key: 'edited', title: `stored for a snapshot of ${outputs}: one cell edited`, unit: 'MiB', more: false },
      { key: 'run', title: 'the same, and the cell run: its picture is another one', unit: 'MiB', more: false },
    ],
    contestants: {
      cellkeep: () => {
        const client = snapshotClient(cellkeep, `bench/${randomUUID()}.ipynb`);
        return grow(client.save, () => cellkeep.storedBytes());
      },
      ipynb: (round) => {
        const home = folder(`whole-${round}`);
        let saved = 0;
        const save = async (cells: Cell[]) => writeFileSync(join(home, `${saved++}.ipynb`), JSON.stringify(asNotebook(cells)));
        return grow(save, async () => readdirSync(home).reduce((sum, name) => sum + statSync(join(home, name)).size, 0));
      },
    },
  };
}

const asNotebook = (cells: readonly Cell[]) => ({
  cells: cells.map((cell) => ({
    cell_type: 'code',
    execution_count: 1,
    id: cell.id,
    metadata: {},
    outputs: [outputOf(cell)],
    source: cell.source,
  })),
  metadata: {},
  nbformat: 4,
  nbformat_minor: 5,
});

/** Sends what a kernel and an editor send: parts that the server lacks, then the manifest that names them. */
function snapshotClient({ url, token }: Cellkeep, notebookPath: string) {
  const sent = new Set<string>();
  const call = async (method: string, path: string, body: string, type: string) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': type };
    const answer = await fetch(`${url}/api/v1/${path}`, { method, headers, body });
    if (!answer.ok) throw new Error(`${method} ${path}: status ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
    return answer;
  };
  const put = async (kind: 'cell' | 'output', value: object): Promise<string> => {
    const body = JSON.stringify(value);
    const digest = createHash('sha256').update(body).digest('hex');
    if (!sent.has(digest)) {
      await call('PUT', `parts/${digest}?kind=${kind}`, body, 'application/octet-stream');
      sent.add(digest);
    }
    return digest;
  };
  let takenAt = Date.now();
  return {
    async save(cells: Cell[]): Promise<void> {
      const entries = [];
      for (const cell of cells) {
        const { id, source } = cell;
        const digest = await put('cell', { metadata: {}, source, type: 'code' });
        entries.push({ id, type: 'code', cell: digest, executionCount: 1, outputs: [await put('output', outputOf(cell))] });
      }
      const id = randomUUID();
      const document = { takenFrom: 'editor', nbformat: [4, 5], metadata: {}, cells: entries };
      takenAt += 1_000;
      const snapshot = { id, reason: 'manual', takenAt, notebookPath, document };
      const answer = await call('PUT', `snapshots/${id}`, JSON.stringify(snapshot), 'application/json');
      const { cellCount } = (await answer.json()) as { cellCount: number };
      if (cellCount !== cells.length) throw new Error(`${cells.length} cells were sent and ${cellCount} are stored`);
    },
  };
}
