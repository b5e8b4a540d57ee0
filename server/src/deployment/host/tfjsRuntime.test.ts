import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bundle, bundle as bundleSchema } from '@cellkeep/schema/registry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Rows } from './model.ts';
import { createTfjsRuntime } from './tfjsRuntime.ts';

const PETALS = fileURLToPath(new URL('../../../../test/fixtures/models/petals', import.meta.url));
/** A folder in which TensorFlow.js is installed: it is too large for everybody who runs the tests. */
const INSTALLED = process.env.CELLKEEP_TEST_TFJS;

const columnOf = (name: string, type: string, shape: number[] | null = null) => ({ name, type, shape });
function bundleOf(inputs: object[], more: object = {}): Bundle {
  return bundleSchema.parse({
    ...{ format: 1, runtime: 'tfjs', framework: 'tfjs', className: 'Sequential', task: 'classification', classes: ['setosa', 'other'] },
    signature: { layout: inputs.length > 1 ? 'columns' : 'tensor', inputs, outputs: [columnOf('kind', 'string')] },
    tfjs: { file: 'model.json' },
    export: { tried: [], rows: { example: 0, random: 0 }, maxDifference: null, tolerance: 0, seconds: 0 },
    sizeBytes: 0,
    ...more,
  });
}
const COLUMNS = ['a', 'b', 'c', 'd'].map((name) => columnOf(name, 'double'));
const DATA = [[5.1, 3.5, 1.4, 0.2], [6.7, 3, 5.2, 2.3], [0, 0, 0, 0]]; // biome-ignore format: rows

/** The two layers, by hand. */
function expected(row: number[]): number[] {
  const { buffer, byteOffset } = readFileSync(join(PETALS, 'weights.bin'));
  const w = new Float32Array(buffer.slice(byteOffset, byteOffset + 4 * 23));
  const dense = (x: number[], kernel: number, bias: number, units: number) =>
    Array.from({ length: units }, (_, u) =>
      x.reduce((sum, value, i) => sum + value * (w[kernel + i * units + u] as number), w[bias + u] as number),
    );
  const powers = dense(dense(row, 0, 12, 3).map(Math.tanh), 15, 21, 2).map(Math.exp);
  return powers.map((power) => power / powers.reduce((all, one) => all + one, 0));
}

let home: string;
const lines: string[] = [];
const load = (bundle: Bundle, folder = PETALS) =>
  createTfjsRuntime({ cache: join(home, 'models'), say: (line) => lines.push(line) })(bundle, folder);
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cellkeep-tfjs-'));
  lines.length = 0;
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe.skipIf(!INSTALLED)('a model of TensorFlow.js', { timeout: 60_000 }, () => {
  beforeEach(() => symlinkSync(INSTALLED as string, join(home, 'tfjs')));

  it.each<[string, object[], Rows]>([
    [
      'columns beside each other',
      COLUMNS,
      { count: 3, columns: COLUMNS.map((_, c) => Float64Array.from(DATA, (row) => row[c] as number)) },
    ],
    ['a tensor', [columnOf('petals', 'float', [4])], { count: 3, columns: [Float64Array.from(DATA.flat())] }],
  ])('takes %s and answers what its layers give by hand', async (_, inputs, rows) => {
    const model = await load(bundleOf(inputs));
    const { columns, scores } = await model.predict(rows);
    const wanted = DATA.map(expected);
    expect(columns).toEqual([wanted.map(([first, second]) => ((first as number) >= (second as number) ? 'setosa' : 'other'))]);
    wanted.flat().forEach((value, i) => {
      expect(scores?.[i]).toBeCloseTo(value, 5);
    });
    expect(lines).toEqual([expect.stringMatching(/^tfjs: @tensorflow\/tfjs\S* 4\.\d+\.\d+, backend (cpu|wasm|tensorflow)$/)]);
    await model.close();
  });

  it('that is broken says so', async () => {
    cpSync(PETALS, join(home, 'broken'), { recursive: true });
    const text = readFileSync(join(PETALS, 'model.json'), 'utf8');
    writeFileSync(join(home, 'broken', 'model.json'), text.replace('"Sequential"', '"Consequential"'));
    await expect(load(bundleOf(COLUMNS), join(home, 'broken'))).rejects.toThrow(/TensorFlow\.js cannot load model\.json: .*Consequential/);
  });
});

it('without TensorFlow.js a model is refused with how to get it', async ({ skip }) => {
  const require = createRequire(import.meta.url);
  skip(['@tensorflow/tfjs', '@tensorflow/tfjs-node'].some((name) => { try { return Boolean(require.resolve(name)); } catch { return false; } })); // biome-ignore format: one line
  await expect(load(bundleOf(COLUMNS))).rejects.toThrow(
    `not installed here: npm install --prefix ${join(home, 'tfjs')} @tensorflow/tfjs-node`,
  );
});

it.each<[string, (model: Record<string, unknown>) => unknown, RegExp]>([
  ['no JSON of a model', () => [], /model\.json is no tfjs model/],
  [
    'weights elsewhere',
    (model) => ({ ...model, weightsManifest: [{ paths: ['../../etc/passwd'], weights: [] }] }),
    /weights outside of the model's folder/,
  ],
  [
    'weights that are not there',
    (model) => ({ ...model, weightsManifest: [{ paths: ['lost.bin'], weights: [] }] }),
    /weights that are not there: lost\.bin/,
  ],
])('files with %s are refused before anything is loaded', async (_, change, reason) => {
  const folder = join(home, 'model');
  cpSync(PETALS, folder, { recursive: true });
  writeFileSync(join(folder, 'model.json'), JSON.stringify(change(JSON.parse(readFileSync(join(PETALS, 'model.json'), 'utf8')))));
  await expect(load(bundleOf(COLUMNS), folder)).rejects.toThrow(reason);
});
