import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bundle, bundle as bundleSchema } from '@cellkeep/schema/registry';
import { expect, test } from 'vitest';
import type { ColumnValues, Rows } from './model.ts';
import { loadOnnx } from './onnxRuntime.ts';
import { scoresOf } from './onnxTensors.ts';

const folderOf = (name: string) => fileURLToPath(new URL(`../../../../test/fixtures/models/${name}`, import.meta.url));
const read = (name: string, file: string) => JSON.parse(readFileSync(join(folderOf(name), file), 'utf8'));
const bundleOf = (name: string): Bundle => bundleSchema.parse(read(name, 'cellkeep.json'));

function exampleOf(name: string): Rows {
  const { data } = read(name, 'example.json') as { data: unknown[][] };
  const columns = bundleOf(name).signature.inputs.map(({ type }, c): ColumnValues => {
    const values = data.map((row) => row[c]);
    return type === 'string' ? (values as string[]) : Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
  });
  return { count: data.length, columns };
}

test.each(['forest', 'carriers', 'progress'])('%s answers what scikit-learn answered', async (name) => {
  const model = await loadOnnx(bundleOf(name), folderOf(name));
  const { labels, scores } = read(name, 'answers.json') as { labels: (number | string)[]; scores: number[][] | null };
  const answers = await model.predict(exampleOf(name));
  const [column] = answers.columns;
  if (typeof labels[0] === 'string' || scores) expect([...(column as Iterable<unknown>)]).toEqual(labels);
  else for (const [i, label] of labels.entries()) expect(Number(column![i]) / Number(label)).toBeCloseTo(1, 4);
  if (!scores) expect(answers.scores).toBeNull();
  for (const [i, score] of (scores ?? []).flat().entries()) expect(answers.scores![i]).toBeCloseTo(score, 5);
  await model.close();
});

test('an answer with a shape is one column with all its values, as a network gives them', async () => {
  const { signature, onnx, ...forest } = bundleOf('forest');
  const outputs = [{ ...signature.outputs[0]!, name: 'prediction', type: 'double' as const, shape: [2] }];
  const network: Bundle = {
    ...{ ...forest, task: 'other', classes: null, signature: { ...signature, outputs } },
    onnx: { ...onnx!, label: onnx!.scores, scores: null },
  };
  const model = await loadOnnx(network, folderOf('forest'));
  const { columns, scores } = await model.predict(exampleOf('forest'));
  expect([columns.length, scores]).toEqual([1, null]);
  const known = (read('forest', 'answers.json').scores as number[][]).flat();
  expect(columns[0]).toHaveLength(known.length);
  for (const [i, value] of known.entries()) expect(columns[0]![i]).toBeCloseTo(value, 5);
  await model.close();
});

test('a probability that rounding left beside 0 or 1 is 0 or 1, and what lies farther outside stays', () => {
  const scores = (values: number[], classes: number | null) =>
    Array.from(scoresOf({ data: Float64Array.from(values), dims: [1, values.length] } as never, 1, classes));
  expect(scores([-2.2e-16, 1 + 2.2e-16, 0.5, -0.5, 1.5], 5)).toEqual([0, 1, 0.5, -0.5, 1.5]);
  expect(scores([1 + 2.2e-16], 2)).toEqual([0, 1]);
  expect(scores([-2.2e-16], null)).toEqual([-2.2e-16]); // no class: a number like any other
});

test('a graph that is broken, or is not the one of the bundle, is refused with its reason', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cellkeep-onnx-'));
  writeFileSync(join(folder, 'model.onnx'), 'no graph');
  const bundle = bundleOf('forest');
  await expect(loadOnnx(bundle, folder)).rejects.toThrow(/ONNX Runtime cannot load model\.onnx/);
  await expect(loadOnnx({ ...bundle, onnx: { ...bundle.onnx!, label: 'other' } }, folderOf('forest'))).rejects.toThrow(
    'output "other" is not among those that the graph gives: label,probabilities',
  );
  await expect(loadOnnx({ ...bundle, onnx: { ...bundle.onnx!, feeds: [] } }, folderOf('forest'))).rejects.toThrow(
    'input "features" is not among those that the bundle feeds',
  );
});
