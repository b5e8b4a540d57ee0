import type { Run } from '@cellkeep/schema/tracking';
import { expect, test } from 'vitest';
import { commonMetric, mainMetric } from './mainMetric.ts';

const run = (...keys: string[]) =>
  ({ metrics: Object.fromEntries(keys.map((key) => [key, { last: 1 }])) }) as unknown as Pick<Run, 'metrics'>;
const forest = run('auc', 'f1');
const network = run('system/cpu_percent', 'train/loss', 'val/loss');

test.each([
  ['no runs -> none', [], '', null],
  ['one run -> its first', [forest], '', 'auc'],
  ['most runs have it -> that', [forest, network, network], '', 'train/loss'],
  ['most runs have it, though it is not their first -> that', [network, forest, run('loss', 'f1')], '', 'f1'],
  ['as many -> the first of the first run', [run('f1', 'auc'), forest], '', 'f1'],
  ['only of the machine -> none', [run('system/cpu_percent'), run('system/cpu_percent')], '', null],
  ['the machine counts more often -> still none of it', [run('system/gpu'), run('system/gpu', 'auc')], '', 'auc'],
  ['pinned -> that, though few have it', [network, network, forest], 'f1', 'f1'],
  ['pinned, of the machine -> that', [forest, network], 'system/cpu_percent', 'system/cpu_percent'],
  ['pinned, no run has it -> as if none were', [forest, forest], 'gone', 'auc'],
])('%s', (_, runs, pinned, wanted) => {
  expect(commonMetric(runs, pinned)).toBe(wanted);
});

test('a run without the metric of its list shows its own', () => {
  const common = commonMetric([forest, forest, network], '') ?? '';
  expect([forest, network].map((one) => mainMetric(one, common))).toEqual(['auc', 'train/loss']);
});
