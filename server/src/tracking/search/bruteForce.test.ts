/** Searches on random runs against the plainest evaluation of the same tree in JavaScript. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/index.ts';
import { searchRuns } from './index.ts';
import { parseFilter } from './parse.ts';
import {
  addExperiment,
  addRuns,
  addWorkspace,
  COUNT,
  greatestOf,
  leastOf,
  search,
  type TestRun,
  type TestWorkspace,
  testRun,
} from './testRuns.ts';
import type { Field, Tree, Value } from './tree.ts';

const NOW = Date.UTC(2026, 10, 25);
const TEXTS = ['a', 'A', 'ab', '', '5', '0.5', '1e-1', '1e999', '-3', 'nan', 'inf', '50%', '5_', 'a\\b', "it's", '"', '1.5.2', 'é', '😀'];
const NUMBERS = [0, 0.5, 5, -3, 1e300, Number.NaN, Infinity, -Infinity];

let database: TestDatabase;
let workspace: TestWorkspace;
let runs: TestRun[];
let experiments: string[];

beforeAll(async () => {
  database = await testDatabase();
  workspace = await addWorkspace(database.sql);
  experiments = [await addExperiment(database.sql, workspace, 'a'), await addExperiment(database.sql, workspace, 'b')];
  runs = fc.sample(runsOf(experiments), { numRuns: 80, seed: 7 });
  await addRuns(database.sql, workspace, runs);
});
afterAll(() => database.drop());

function runsOf(among: string[]): fc.Arbitrary<TestRun> {
  const text = fc.constantFrom(...TEXTS);
  const texts = fc.record({ k: text, 'k 2': text }, { requiredKeys: [] });
  const metrics = fc.record({ k: fc.constantFrom(...NUMBERS), m: fc.constantFrom(...NUMBERS) }, { requiredKeys: [] });
  const status = fc.constantFrom('running' as const, 'finished' as const);
  const startedAt = fc.integer({ min: 0, max: 3 }).map((n) => NOW - n * 1_000);
  const given = { name: text, notes: text, userName: text, status, startedAt, params: texts, tags: texts, metrics };
  const dataset = fc.record({ name: text, digest: fc.constantFrom('d1', 'd2'), context: fc.option(fc.constantFrom('train', 'eval')) });
  const datasets = fc.uniqueArray(dataset, { maxLength: 2, selector: ({ name, digest }) => `${digest} ${name}` });
  const more = {
    datasets,
    endedAt: fc.option(startedAt),
    cellId: fc.option(text),
    said: fc.option(fc.oneof(text, fc.constantFrom('', 'unknown'))),
    parentRunId: fc.option(fc.constant('0'.repeat(31) + 1)),
  };
  return fc
    .record({ ...given, ...more, experimentId: fc.constantFrom(...among) })
    .map((one) => testRun(one.experimentId, { ...one, id: randomUUID().replaceAll('-', '') }));
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Conditions in the words of the grammar, on values that the runs have. */
function filters(): fc.Arbitrary<string> {
  const keyed = fc.constantFrom('params.k', 'tags.k', 'params.`k 2`', 'params.none');
  const texts = fc.oneof(keyed, fc.constantFrom('name', 'user', 'notes', 'cell', 'experiment'));
  const metrics = fc.constantFrom('metrics.k', 'metrics.m', 'metrics.none');
  const all = fc.oneof(texts, metrics, fc.constantFrom('status', 'end_time', 'duration', 'parent_run_id', 'notebook'));
  const number = fc.constantFrom(...NUMBERS).map(String);
  const finite = fc.constantFrom(...NUMBERS.filter((n) => !Number.isNaN(n))).map(String);
  const text = fc.constantFrom(...TEXTS).map(quoted);
  const pattern = fc.array(fc.constantFrom('%', '_', '\\', 'a', 'A', '5', "''"), { maxLength: 4 }).map((some) => `'${some.join('')}'`);
  const order = fc.constantFrom('<', '<=', '>', '>=');
  const equal = fc.constantFrom('=', '!=');
  const not = fc.constantFrom('', 'not ');
  const join = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((some) => some.join(' '));
  const word = (one: string) => fc.constant(one);
  const stats = fc.constantFrom('metrics.k.min', 'metrics.k.max', 'metrics.m.count', 'metrics.m.last', 'metrics.`k.min`');
  const datasets = fc.constantFrom('datasets.name', 'datasets.digest', 'dataset.context');
  const words = fc
    .array(fc.constantFrom('a', 'A', 'b', '%', '_', '\\', '5', "''", 'é'), { minLength: 1, maxLength: 2 })
    .map((some) => `'${some.join(' ')}'`);
  const others = fc.constantFrom(...runs.slice(0, 8).map(({ id }) => id));
  const leaf = fc.oneof(
    join(stats, order, finite),
    join(stats, equal, number),
    join(stats, word('is'), not, word('null')),
    join(datasets, equal, fc.oneof(text, fc.constantFrom("'d1'", "'train'"))),
    join(datasets, not, fc.constantFrom('like', 'ilike'), pattern),
    join(datasets, not, word('in'), word('('), text, word(','), word("'d2'"), word(')')),
    join(datasets, not, word('exists')),
    join(fc.oneof(texts, word('text')), fc.constantFrom('~', '!~'), words),
    join(word('params differ from'), others, fc.constantFrom('', 'in (k)', 'in (k, `k 2`, none)', 'only in (k)', 'only in (`k 2`, none)')),
    join(fc.constantFrom('params.k', 'params.none'), word('differs from'), others),
    join(metrics, equal, number),
    join(metrics, order, finite),
    join(metrics, not, word('in'), word('('), number, word(','), number, word(')')),
    join(keyed, order, fc.oneof(finite, text)),
    join(texts, equal, text),
    join(texts, not, fc.constantFrom('like', 'ilike'), pattern),
    join(texts, not, word('in'), word('('), text, word(','), text, word(')')),
    join(all, word('is'), not, word('null')),
    join(word('duration'), order, fc.constantFrom('0', '1', "'2s'", 'inf')),
    join(fc.constantFrom('start_time', 'end_time'), fc.oneof(order, equal), fc.constantFrom("'now'", "'-1s'", String(NOW - 2_000))),
    join(word('status'), equal, fc.constantFrom("'RUNNING'", "'finished'")),
    join(word('parent_run_id'), equal, fc.constantFrom(`'${'0'.repeat(31)}1'`, "'none'")),
    fc.constantFrom("'a'", "'%'", "'_'", "'\\'", 'e'),
  );
  return fc.letrec<{ filter: string }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      leaf,
      tie('filter').map((inner) => `not (${inner})`),
      fc.tuple(tie('filter'), fc.constantFrom('and', 'or'), tie('filter')).map(([a, word, b]) => `(${a}) ${word} (${b})`),
    ),
  })).filter;
}

/** true, false, or null: unknown. */
function evaluate(tree: Tree, run: TestRun): boolean | null {
  switch (tree.is) {
    case 'not':
      return negation(evaluate(tree.part, run));
    case 'and':
    case 'or': {
      const parts = tree.parts.map((part) => evaluate(part, run));
      const decisive = tree.is === 'or';
      return parts.includes(decisive) ? decisive : parts.includes(null) ? null : !decisive;
    }
    case 'text':
      return [run.name, run.notes].some((text) => text.toLowerCase().includes(tree.text.toLowerCase()));
    case 'words':
      return evaluateWords(tree, run);
    case 'differ':
      return differs(tree, run);
    case 'null':
      return valuesIn(run, tree.field).every((value) => value === null) !== tree.negated;
  }
  const known = valuesIn(run, tree.field).filter((value) => value !== null);
  // Of several values one is enough; a single one decides.
  return known.length === 0
    ? null
    : known.some((value) => evaluateValue(tree, value) === true)
      ? true
      : (evaluateValue(tree, known[0] as Value) ?? null);
}

const has = (text: string, part: string) => text.toLowerCase().includes(part.toLowerCase());

function evaluateWords({ field, words }: Extract<Tree, { is: 'words' }>, run: TestRun): boolean | null {
  if (!field) return words.every((word) => [run.name, run.notes].some((text) => has(text, word)));
  const [value = null] = valuesIn(run, field);
  return value === null ? null : words.every((word) => has(String(value), word));
}

function differs({ from, keys, only }: Extract<Tree, { is: 'differ' }>, run: TestRun): boolean {
  const other = runs.find(({ id }) => id === from.written)?.params ?? {};
  const different = [...new Set([...Object.keys(other), ...Object.keys(run.params)])].filter((key) => other[key] !== run.params[key]);
  if (!keys) return different.length > 0;
  return different.some((key) => keys.includes(key)) && (!only || different.every((key) => keys.includes(key)));
}

/** A value that is there. Null: the comparison is unknown for it. */
function evaluateValue(tree: Extract<Tree, { is: 'compare' | 'in' | 'like' }>, value: Value): boolean | null {
  const compared = tree.is === 'compare' ? compare(value, tree.operator, tree.value) : null;
  if (tree.is === 'compare') return compared;
  const found = tree.is === 'in' ? tree.values.some((one) => Object.is(one, value)) : like(String(value), tree.pattern, tree.anyCase);
  return found !== tree.negated;
}

const negation = (known: boolean | null) => (known === null ? null : !known);
const looksLikeNumber = (text: string) => /^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?|inf|nan)$/i.test(text);
const numberOf = (text: string) => (text === 'inf' ? Infinity : text === 'nan' ? Number.NaN : Number(text));

function compare(value: Value, operator: string, right: Value): boolean | null {
  if (typeof value === 'string' && typeof right === 'number') {
    return looksLikeNumber(value) ? compare(numberOf(value), operator, right) : null;
  }
  if (operator === '=') return Object.is(value, right);
  if (operator === '!=') return !Object.is(value, right);
  if (Number.isNaN(value)) return false;
  // As bytes of UTF-8, which is by code point; JavaScript compares UTF-16.
  const difference =
    typeof value === 'number' ? signOf(value, Number(right)) : Buffer.compare(Buffer.from(value), Buffer.from(String(right)));
  return { '<': difference < 0, '<=': difference <= 0, '>': difference > 0, '>=': difference >= 0 }[operator] ?? null;
}

const signOf = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);

function like(value: string, pattern: string, anyCase: boolean): boolean {
  const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const source = pattern.replace(/\\[%_\\]|[%_]|[^%_\\]+|\\/g, (piece) => {
    if (piece === '%') return '[^]*';
    if (piece === '_') return '[^]';
    return escaped(/^\\[%_\\]$/.test(piece) ? piece.charAt(1) : piece);
  });
  return new RegExp(`^${source}$`, anyCase ? 'iu' : 'u').test(value);
}

function valuesIn(run: TestRun, field: Field): (Value | null)[] {
  return field.of === 'dataset' ? run.datasets.map((dataset) => dataset[field.name]) : [valueIn(run, field)];
}

function valueIn(run: TestRun, field: Exclude<Field, { of: 'dataset' }>): Value | null {
  if (field.of === 'metric') {
    // No run has a metric of such a name: the summary of the other one is meant.
    const { key, stat = 'last' } = field.orElse ?? field;
    const last = run.metrics[key];
    if (last === undefined) return null;
    return { last, min: leastOf(last), max: greatestOf(last), count: COUNT }[stat];
  }
  if (field.of !== 'attribute') return (field.of === 'param' ? run.params : run.tags)[field.key] ?? null;
  switch (field.name) {
    case 'id':
      return run.id;
    case 'started_at':
      return run.startedAt;
    case 'ended_at':
      return run.endedAt;
    case 'duration':
      return run.endedAt === null ? null : (run.endedAt - run.startedAt) / 1_000;
    case 'user':
      return run.said === null || run.said === '' || run.said === 'unknown' ? run.userName : run.said;
    case 'notebook':
    case 'verdict': // none of these was verified
      return null;
    case 'cell':
      return run.cellId;
    case 'experiment':
      return run.experimentId === experiments[0] ? 'a' : 'b';
    case 'parent_run_id':
      return run.parentRunId;
    default:
      return run[field.name];
  }
}

test('every filter finds the runs for which it is true', async () => {
  let matched = 0;
  await fc.assert(
    fc.asyncProperty(filters(), async (filter) => {
      const tree = parseFilter(filter, NOW);
      const expected = runs.filter((run) => tree && evaluate(tree, run) === true).map(({ id }) => id);
      const { ids, total } = await searchRuns(database.sql, workspace.id, search({ filter }), NOW);
      matched += expected.length > 0 ? 1 : 0;
      expect(ids.toSorted()).toEqual(expected.toSorted());
      expect(total).toBe(expected.length);
    }),
    { numRuns: 400 },
  );
  expect(matched).toBeGreaterThan(100); // else the values are badly chosen, and nothing was shown
});

type Ordering = Exclude<Field, { of: 'dataset' }>;

/** Lesser first; what ranks behind ranks there in both directions. */
function rank(run: TestRun, field: Ordering): [rank: number, value: Value] {
  const value = valueIn(run, field);
  if (value === null) return [3, 0];
  if (typeof value === 'number') return Number.isNaN(value) ? [1, 0] : [0, value];
  const isNumber = (field.of === 'param' || field.of === 'tag') && looksLikeNumber(value) && value !== 'nan';
  return isNumber ? [0, numberOf(value)] : [2, value.toLowerCase()];
}

function compareRuns(a: TestRun, b: TestRun, orders: { field: Ordering; desc: boolean }[]): number {
  for (const { field, desc } of orders) {
    const [[rankA, valueA], [rankB, valueB]] = [rank(a, field), rank(b, field)];
    if (rankA !== rankB) return rankA - rankB;
    const difference =
      typeof valueA === 'number' ? signOf(valueA, Number(valueB)) : Buffer.compare(Buffer.from(valueA), Buffer.from(String(valueB)));
    if (difference !== 0) return desc ? -difference : difference;
  }
  return b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1);
}

test('every order is the plain one, on pages of any size', async () => {
  const fields: [string, Ordering][] = [
    ['metrics.k.min', { of: 'metric', key: 'k', stat: 'min' }],
    ['metrics.k', { of: 'metric', key: 'k' }],
    ['metrics.m', { of: 'metric', key: 'm' }],
    ['params.k', { of: 'param', key: 'k' }],
    ['tags.k 2', { of: 'tag', key: 'k 2' }],
    ['metrics.none', { of: 'metric', key: 'none' }],
    ...(
      ['name', 'status', 'started_at', 'ended_at', 'duration', 'user', 'cell', 'experiment', 'parent_run_id', 'id', 'notes'] as const
    ).map((name): [string, Ordering] => [`attributes.${name}`, { of: 'attribute', name }]),
  ];
  const order = fc.record({ of: fc.constantFrom(...fields), desc: fc.boolean() });
  const orders = fc.uniqueArray(order, { maxLength: 3, selector: ({ of }) => of[0] });
  await fc.assert(
    fc.asyncProperty(orders, fc.integer({ min: 7, max: 90 }), fc.boolean(), async (chosen, limit, isOne) => {
      const experimentIds = isOne ? experiments.slice(0, 1) : undefined;
      const among = runs.filter(({ experimentId }) => !isOne || experimentId === experiments[0]);
      const plain = chosen.map(({ of: [, field], desc }) => ({ field, desc }));
      const expected = among.toSorted((a, b) => compareRuns(a, b, plain)).map(({ id }) => id);
      const orderBy = chosen.map(({ of: [by], desc }) => ({ by, direction: desc ? ('desc' as const) : ('asc' as const) }));
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await searchRuns(database.sql, workspace.id, search({ orderBy, limit, cursor, experimentIds }));
        expect(page.total).toBe(among.length);
        found.push(...page.ids);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined && found.length < 200);
      expect(found).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});
