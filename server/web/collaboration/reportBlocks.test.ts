import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBlock, partsOf } from './reportBlocks.ts';
import { blocksOfRuns, writeBlock } from './writeBlocks.ts';

const RUN = '0123456789abcdef'.repeat(2);
const problems = (text: string) => {
  const read = parseBlock(text);
  return 'problems' in read ? read.problems.map(({ line, reason }) => `${line}: ${reason}`) : [];
};

test('YAML and JSON say the same', () => {
  const block = { chart: 'curves', runs: [RUN], metrics: ['train/loss'], smoothing: 0.6 };
  expect(parseBlock(`chart: curves\nruns:\n  - ${RUN}\nmetrics: [train/loss]\nsmoothing: 0.6\n`)).toEqual({ block });
  expect(parseBlock(JSON.stringify(block))).toEqual({ block });
});

test.each<[string, string, RegExp]>([
  ['nothing', '', /^1: a block says which chart/],
  ['a list', '- a', /^1: a block says which chart/],
  ['no such chart', 'title: x\nchart: pie', /^2: chart is one of curves/],
  ['no chart', 'title: x', /^1: chart is one of/],
  ['an unknown word', 'chart: table\n\nrun: x', /^3: "run" is none of/],
  ['a run that is none', `chart: table\nruns:\n  - ${RUN}\n  - nope`, /^4: runs\.1: a run id is/],
  ['a field without its group', 'chart: scatter\nx: lr', /^2: x: a field is/],
  ['a number where a list is wanted', 'chart: curves\nmetrics: 3', /^2: metrics: /],
  ['a height that fills the page', 'chart: table\nheight: 99999', /^2: height: /],
  ['runs and a filter', `chart: table\nfilter: a = 1\nruns: [${RUN}]`, /^3: runs are named one by one: take out filter/],
  ['broken YAML', 'chart: table\nruns: [a', /^\d: /],
  ['the same word twice', 'chart: table\nchart: curves', /^2: /],
  ['a prototype', 'chart: table\n__proto__: {x: 1}', /^2: "__proto__" is none/],
  ['a tag that builds things', 'chart: !!js/function "x"', /^1: /],
])('%s is refused at its line', (_what, text, expected) => {
  expect(problems(text)[0]).toMatch(expected);
});

test('aliases of aliases are refused, not unfolded', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 12; i++) {
    const before = String.fromCharCode(96 + i);
    bomb.push(`${String.fromCharCode(97 + i)}: &${String.fromCharCode(97 + i)} [${Array(9).fill(`*${before}`).join(', ')}]`);
  }
  const started = performance.now();
  expect(problems(`chart: table\n${bomb.join('\n')}`)[0]).toMatch(/alias/i);
  expect(performance.now() - started).toBeLessThan(2_000);
});

test('a report is its texts and its charts, each chart with the line where it begins', () => {
  const parts = partsOf(
    '# A\n\n```cellkeep\nchart: table\n```\n\ntext [x]\n\n> ```cellkeep\n> chart: table\n> ```\n\n[x]: https://example.org\n',
    {},
  );
  expect(parts.map(({ kind }) => kind)).toEqual(['text', 'chart', 'text']);
  expect(parts[1]).toEqual({ kind: 'chart', text: 'chart: table\n', line: 3 });
  expect(parts[2]).toMatchObject({ html: expect.stringContaining('href="https://example.org"') });
});

test('HTML around a chart stays text', () => {
  const html = partsOf('<script>alert(1)</script>\n\n```cellkeep\nx\n```\n<img src=x onerror=alert(1)>', {})
    .map((part) => (part.kind === 'text' ? part.html : ''))
    .join('');
  expect(html).not.toMatch(/<(script|img)/);
});

test('what is written is read as the same, whatever names hold', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(word, fc.array(word, { minLength: 1, maxLength: 5 }), fc.option(word, { nil: undefined }), (title, metrics, filter) => {
      const block = { chart: 'curves' as const, title, metrics, ...(filter === undefined ? {} : { filter }) };
      const parts = partsOf(writeBlock(block), {});
      expect(parts).toHaveLength(1);
      expect(parseBlock(parts[0]?.kind === 'chart' ? parts[0].text : '')).toEqual({ block });
    }),
    { numRuns: 300 },
  );
});

test('runs without a curve are a table; one with curves is its curves; several are both', () => {
  const run = (id: string, count: number, lr: string) => ({
    ...{ id, name: id, params: { lr, depth: '3' } },
    metrics: { auc: { last: 1, lastStep: 0, lastTime: 0, min: 1, max: 1, count } },
  });
  const [one, two] = [run('a'.repeat(32), 5, '0.1'), run('b'.repeat(32), 5, '0.2')];
  expect(blocksOfRuns([run('a'.repeat(32), 1, '0.1')])).toContain('chart: table');
  expect(blocksOfRuns([one])).toBe(`\`\`\`cellkeep\nchart: curves\nruns: [${one.id}]\nmetrics: [auc]\n\`\`\`\n`);
  expect(blocksOfRuns([one, two])).toContain('columns: [metrics.auc, params.lr]');
});
