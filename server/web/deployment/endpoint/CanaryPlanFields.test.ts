import { canaryPlan } from '@cellkeep/schema/deployment';
import { expect, test } from 'vitest';
import { FIRST_PLAN, readSteps } from './CanaryPlanFields.tsx';

test('the plan of the form begins with the defaults of the contract', () => expect(FIRST_PLAN).toEqual(canaryPlan.parse({})));

const texts: [string, number[] | null][] = [
  ['5, 25, 50, 100', [0.05, 0.25, 0.5, 1]],
  ['10% → 100%', [0.1, 1]],
  ['0.5 100', [0.005, 1]],
  ['50, 25', null],
  ['0, 100', null],
  ['50, 101', null],
  ['half', null],
  ['', null],
];
test.each(texts)('steps from "%s"', (text, steps) => expect(readSteps(text)).toEqual(steps));
