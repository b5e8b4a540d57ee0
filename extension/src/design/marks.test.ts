import type { Finding } from '@cellkeep/schema/design';
import { describe, expect, test } from 'vitest';
import { type MarkFacts, marksOf } from './marks';

const found = (cellId: string | null, kind: Finding['kind']): Finding => ({ cellId, kind, reason: 'why', orders: [], names: [] });
const calm: MarkFacts = { findings: [], cells: [], executed: new Map(), isDeaf: false };
const shown = (facts: Partial<MarkFacts>) => {
  const { byCell, elsewhere } = marksOf({ ...calm, ...facts });
  const lines = [...byCell].map(([id, marks]) => `${id}: ${marks.map(({ kind }) => kind).join(' ')}`);
  return [...lines, ...elsewhere.map(({ kind }) => `elsewhere: ${kind}`)];
};

describe('a notebook is marked', () => {
  const cells = [
    { id: 'a', source: 'x = 1' },
    { id: 'b', source: 'y = x' },
  ];
  const ran = new Map([['a', 'x = 1  \n']]);
  const rows: [string, Partial<MarkFacts>, string[]][] = [
    ['not, where the bridge found nothing', { cells, executed: ran }, []],
    ['by cell, each with all that was found', { cells, findings: [found('b', 'stale'), found('b', 'order')] }, ['b: stale order']],
    [
      'elsewhere for a cell that is gone',
      { cells, findings: [found('z', 'gone'), found(null, 'undefined')] },
      ['elsewhere: gone', 'elsewhere: undefined'],
    ],
    ['edited where the page knows nothing better', { cells, findings: [found('b', 'edited')] }, ['b: edited']],
    ['no longer edited when it is typed back, but for white space', { cells, executed: ran, findings: [found('a', 'edited')] }, []],
    ['edited by the page while the kernel is deaf', { cells, executed: new Map([['a', 'x = 2']]), isDeaf: true }, ['a: edited']],
    ['not edited by the page while the kernel hears', { cells, executed: new Map([['a', 'x = 2']]) }, []],
    ['edited once', { cells, executed: new Map([['a', 'x = 2']]), isDeaf: true, findings: [found('a', 'edited')] }, ['a: edited']],
  ];
  test.each(rows)('%s', (_, facts, expected) => {
    expect(shown(facts)).toEqual(expected);
  });
});
