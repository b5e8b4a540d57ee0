import type { Execution, Flow } from '@cellkeep/schema/design';
import { expect, test } from 'vitest';
import { namesOf, scriptOf, sliceOf } from './slice.ts';

type Told = {
  needs?: [order: number, name: string, sure?: boolean][];
  touches?: [name: string, how?: 'bound' | 'changed' | 'deleted', sure?: boolean][];
};

function history(...told: (Told | null)[]): Execution[] {
  return told.map((one, order) => {
    const flow: Flow | null = one && {
      needs: (one.needs ?? []).map(([needed, name, sure = true]) => ({ order: needed, names: [name], why: `reads \`${name}\``, sure })),
      touches: (one.touches ?? []).map(([name, how = 'bound', sure = true]) => ({ name, how, sure })),
    };
    return { order, executionCount: order + 1, source: `cell ${order}`, flow, reads: [], writes: [] } as unknown as Execution;
  });
}
const orders = (executions: Execution[], name: string) => sliceOf(executions, { name }).executions.map(({ execution }) => execution.order);

test.each<[string, Execution[], string, number[]]>([
  [
    'what does not matter is left out',
    history({ touches: [['a']] }, { touches: [['noise']] }, { needs: [[0, 'a']], touches: [['b']] }),
    'b',
    [0, 2],
  ],
  ['an edited cell counts as it ran last', history({ touches: [['a']] }, { touches: [['a']] }), 'a', [1]],
  [
    'a change in place needs what it changed',
    history({ touches: [['a']] }, { needs: [[0, 'a']], touches: [['a', 'changed']] }),
    'a',
    [0, 1],
  ],
  [
    'each change since it was bound is in',
    history({ touches: [['a']] }, { touches: [['a', 'changed']] }, { touches: [['a', 'changed']] }),
    'a',
    [0, 1, 2],
  ],
  ['a binding that is not sure hides none before it', history({ touches: [['a']] }, { touches: [['a', 'bound', false]] }), 'a', [0, 1]],
  [
    'a name that was deleted and bound again',
    history({ touches: [['a']] }, { touches: [['a', 'deleted']] }, { touches: [['a']] }),
    'a',
    [2],
  ],
  ['a name that is gone has no slice', history({ touches: [['a']] }, { touches: [['a', 'deleted']] }), 'a', []],
  [
    'state that is no name is followed too',
    history({ touches: [['random:numpy', 'changed']] }, { needs: [[0, 'random:numpy']], touches: [['x']] }),
    'x',
    [0, 1],
  ],
  [
    'what was not observed before it is kept',
    history({ touches: [['a']] }, null, { needs: [[0, 'a']], touches: [['b']] }, null),
    'b',
    [0, 1, 2],
  ],
  [
    'a long chain',
    history(...Array.from({ length: 3_000 }, (_, i): Told => ({ needs: i > 0 ? [[i - 1, 'x']] : [], touches: [['x', 'changed']] }))),
    'x',
    Array.from({ length: 3_000 }, (_, i) => i),
  ],
])('%s', (_what, executions, name, expected) => {
  expect(orders(executions, name)).toEqual(expected);
});

test('what could not be ruled out is told apart, and so is all that only it needs', () => {
  const executions = history(
    { touches: [['a']] },
    { needs: [[0, 'a']], touches: [['b', 'changed', false]] },
    { touches: [['b']] },
    {
      needs: [
        [2, 'b'],
        [1, 'b', false],
      ],
      touches: [['c']],
    },
  );
  const slice = sliceOf(executions, { name: 'c' });
  expect(slice.executions.map(({ execution, sure }) => [execution.order, sure])).toEqual([
    [0, false],
    [1, false],
    [2, true],
    [3, true],
  ]);
});

test('the slice of a run is that of the executions it ran in', () => {
  const executions = history({ touches: [['a']] }, { touches: [['noise']] }, { needs: [[0, 'a']] });
  expect(sliceOf(executions, { orders: [2] }).executions.map(({ execution }) => execution.order)).toEqual([0, 2]);
});

test('what is not known is said', () => {
  expect(sliceOf(history({ touches: [['a']] }), { name: 'b' }).problem).toBe('unknown name');
  expect(sliceOf(history({ touches: [['a']] }, { touches: [['a', 'deleted']] }), { name: 'a' }).problem).toBe('deleted');
  expect(sliceOf(history(null), { name: 'a' }).problem).toBe('nothing observed');
  expect(sliceOf(history({}, { needs: [[7, 'x']] }).slice(1), { orders: [1] }).missing).toEqual([]);
  expect(sliceOf(history({}, {}, { needs: [[0, 'x']] }).slice(1), { orders: [2] }).missing).toEqual([0]);
});

test('the names to choose from are those that still are, the last ones first', () => {
  const executions = history(
    { touches: [['a'], ['file:/x', 'changed'], ['_tmp']] },
    { touches: [['b'], ['c']] },
    { touches: [['c', 'deleted']] },
  );
  expect(namesOf(executions)).toEqual(['b', 'a']);
});

test('a script says of each part why it is there, and when it needs IPython', () => {
  const executions = history({ touches: [['a']] }, { needs: [[0, 'a']], touches: [['b']] });
  expect(scriptOf(sliceOf(executions, { name: 'b' }))).toBe('# In[1]: reads `a`\ncell 0\n\n# In[2]: makes `b`\ncell 1\n');
  const magic = executions.map((one) => ({ ...one, source: '%matplotlib inline\nx = 1' }));
  expect(scriptOf(sliceOf(magic, { name: 'b' }))).toMatch(/^# Run it with ipython/);
});
