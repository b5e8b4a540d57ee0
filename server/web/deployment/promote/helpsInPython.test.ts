import type { Promotion } from '@cellkeep/schema/deployment';
import { expect, test } from 'vitest';
import { helpsInPython } from './helpsInPython.ts';

const NO_FORM =
  'the model has no ONNX form that answers like it: skl2onnx: the greatest difference is 0.1, in row 3 of the random rows; leave runtime away for a Python worker';
const NO_ROWS = 'no variable holds rows that this model answers; give some: cellkeep.deploy(model, name=…, example=X[:5])';

test.each([
  ['there is no ONNX form', 'onnx', 'export', NO_FORM, true],
  ['there are no example rows', 'onnx', 'export', NO_ROWS, false],
  ['there are none, of whatever serves', 'auto', 'export', NO_ROWS, false],
  ['it was Python already', 'python', 'export', NO_FORM, false],
  ['it could not be registered', 'onnx', 'register', 'the name "no ONNX form" is taken', false],
] as const)('a Python worker is offered only where it helps: %s', (_, runtime, step, text, helps) => {
  const steps = [{ step, status: 'failed' as const, text, startedAt: null, endedAt: null }];
  const options = { runtime } as Promotion['options'];
  expect(helpsInPython({ options, steps, error: text })).toBe(helps);
});
