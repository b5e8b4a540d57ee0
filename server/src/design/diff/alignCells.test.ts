import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AlignedCell, alignCells } from './alignCells.ts';

/** A cell whose digest is its source. */
const cell = (id: string, source: string, outputs: string[] = [], type = 'code'): AlignedCell => ({
  id,
  type,
  cell: `${type}:${source}`,
  outputs,
});
const sourcesOf = async (digests: Set<string>) => new Map([...digests].map((digest) => [digest, digest.slice(digest.indexOf(':') + 1)]));
const align = (before: AlignedCell[], after: AlignedCell[]) => alignCells(before, after, sourcesOf);
const told = async (before: AlignedCell[], after: AlignedCell[]) =>
  (await align(before, after)).map(
    ({ change, alsoMoved, alsoOutputs, before: b, after: a }) =>
      `${change}${alsoMoved ? '+moved' : ''}${alsoOutputs ? '+outputs' : ''} ${b?.id ?? '-'} ${a?.id ?? '-'}`,
  );

const long = (word: string) => Array.from({ length: 6 }, (_, i) => `${word} = step_${word}(${i})`).join('\n');

describe('cells are aligned', () => {
  test.each([
    ['nothing has changed', [cell('a', '1'), cell('b', '2')], [cell('a', '1'), cell('b', '2')], ['same a a', 'same b b']],
    ['both are empty', [], [], []],
    ['a source was edited', [cell('a', 'x = 1')], [cell('a', 'x = 2')], ['edited a a']],
    ['an id stays although all else is new', [cell('a', long('x'))], [cell('a', long('y'))], ['edited a a']],
    ['only what it shows differs', [cell('a', '1', ['o1'])], [cell('a', '1', ['o2'])], ['outputs a a']],
    ['both differ', [cell('a', '1', ['o1'])], [cell('a', '2', [])], ['edited+outputs a a']],
    ['a code cell became text', [cell('a', '1')], [cell('a', '1', [], 'markdown')], ['edited a a']],
    ['one came, one went', [cell('a', '1'), cell('b', '2')], [cell('n', '9'), cell('a', '1')], ['added - n', 'same a a', 'removed b -']],
    [
      'what was removed stands where it stood',
      [cell('a', '1'), cell('x', long('x')), cell('b', '2')],
      [cell('a', '1'), cell('b', '2')],
      ['same a a', 'removed x -', 'same b b'],
    ],
    [
      'one moved down past two',
      [cell('a', '1'), cell('b', '2'), cell('c', '3')],
      [cell('b', '2'), cell('c', '3'), cell('a', '1')],
      ['same b b', 'same c c', 'moved a a'],
    ],
    [
      'one moved and was edited',
      [cell('a', '1'), cell('b', '2'), cell('c', '3')],
      [cell('c', 'three'), cell('a', '1'), cell('b', '2')],
      ['edited+moved c c', 'same a a', 'same b b'],
    ],
    [
      'a cell got a new id',
      [cell('a', long('x')), cell('b', '2'), cell('c', '3')],
      [cell('b', '2'), cell('c', '3'), cell('n', long('x'))],
      ['same b b', 'same c c', 'moved a n'],
    ],
    [
      'a cell got a new id and was edited',
      [cell('a', long('x')), cell('b', '2')],
      [cell('n', `${long('x')}\nprint(x)`), cell('b', '2')],
      ['edited a n', 'same b b'],
    ],
    [
      'a short cell got a new id and was edited where it stood',
      [cell('a', '1'), cell('s', 'df.head(5)')],
      [cell('a', '1'), cell('t', 'df.head(10)')],
      ['same a a', 'edited s t'],
    ],
    ['what is wholly different is another cell', [cell('a', long('x'))], [cell('n', long('y'))], ['removed a -', 'added - n']],
    ['likeness does not cross types', [cell('a', long('x'))], [cell('n', long('x'), [], 'markdown')], ['removed a -', 'added - n']],
    [
      'of copies each is paired once',
      [cell('a', '1'), cell('b', '1')],
      [cell('c', '1'), cell('d', '1'), cell('e', '1')],
      ['same a c', 'same b d', 'added - e'],
    ],
  ])('%s', async (_what, before, after, expected) => {
    expect(await told(before, after)).toEqual(expected);
  });
});

describe('whatever the notebooks', () => {
  const lines = fc
    .array(fc.constantFrom('import a', 'x = 1', 'y = x', 'print(y)', 'z', ''), { maxLength: 5 })
    .map((those) => those.join('\n'));
  const notebook = fc
    .uniqueArray(
      fc.record({
        id: fc.constantFrom(...'abcdefghijkl'),
        source: lines,
        outputs: fc.array(fc.constantFrom('o1', 'o2'), { maxLength: 2 }),
        type: fc.constantFrom('code', 'markdown'),
      }),
      { selector: ({ id }) => id, maxLength: 10 },
    )
    .map((cells) => cells.map(({ id, source, outputs, type }) => cell(id, source, outputs, type)));
  const countsOf = async (before: AlignedCell[], after: AlignedCell[]) => {
    const counts: Record<string, number> = { same: 0, edited: 0, outputs: 0, moved: 0, added: 0, removed: 0 };
    for (const { change } of await align(before, after)) counts[change] = (counts[change] ?? 0) + 1;
    return counts;
  };

  test('one is the same as itself', () =>
    fc.assert(
      fc.asyncProperty(notebook, async (cells) => {
        const none = { edited: 0, outputs: 0, moved: 0, added: 0, removed: 0 };
        expect(await countsOf(cells, cells)).toEqual({ ...none, same: cells.length });
      }),
    ));

  test('every cell of both stands exactly once, those after in their order', () =>
    fc.assert(
      fc.asyncProperty(notebook, notebook, async (before, after) => {
        const pairs = await align(before, after);
        expect(pairs.flatMap((pair) => (pair.after ? [pair.after.index] : []))).toEqual([...after.keys()]);
        const indexes = pairs.flatMap((pair) => (pair.before ? [pair.before.index] : []));
        expect([...indexes].sort((a, b) => a - b)).toEqual([...before.keys()]);
        for (const pair of pairs) {
          if (pair.before) expect(before[pair.before.index]?.id).toBe(pair.before.id);
          if (pair.after) expect(after[pair.after.index]?.id).toBe(pair.after.id);
        }
      }),
    ));

  test('from the other side the counts are the same, what was added is removed', () =>
    fc.assert(
      fc.asyncProperty(notebook, notebook, async (before, after) => {
        const { added, removed, ...others } = await countsOf(before, after);
        expect(await countsOf(after, before)).toEqual({ ...others, added: removed, removed: added });
      }),
    ));

  test('equal ids are one cell, and no more cells have moved than must', () =>
    fc.assert(
      fc.asyncProperty(notebook, fc.infiniteStream(fc.nat()), async (cells, picks) => {
        const shuffled = cells
          .map((one) => [picks.next().value as number, one] as const)
          .sort(([a], [b]) => a - b)
          .map(([, one]) => one);
        const pairs = await align(cells, shuffled);
        for (const pair of pairs) expect(pair.before?.id).toBe(pair.after?.id);
        expect(pairs.filter(({ change }) => change === 'same')).toHaveLength(longestRise(pairs.map(({ before }) => before?.index ?? -1)));
      }),
    ));
});

/** By brute force: of every position the best run that ends there. */
function longestRise(values: number[]): number {
  const best = values.map(() => 1);
  for (let i = 0; i < values.length; i++)
    for (let j = 0; j < i; j++)
      if ((values[j] as number) < (values[i] as number)) best[i] = Math.max(best[i] as number, (best[j] as number) + 1);
  return Math.max(0, ...best);
}

test('5,000 cells with new ids and edits everywhere are aligned without a look at each pair', async () => {
  const before = Array.from({ length: 5_000 }, (_, i) =>
    cell(`a${i}`, `import shared\nvalue_${i} = load(${i})\nprint(value_${i})\n${'# note\n'.repeat(3)}`),
  );
  const after = Array.from({ length: 5_000 }, (_, i) =>
    cell(`b${i}`, `import shared\nvalue_${i} = load(${i})\nprint(value_${i} + 1)\n${'# note\n'.repeat(3)}`),
  );
  const pairs = await align(before, after);
  expect(pairs.filter(({ change }) => change === 'edited')).toHaveLength(5_000);
});
