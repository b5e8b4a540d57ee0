import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFailure } from '../../core/failure.ts';
import { ATTRIBUTE_NAMES, kindOf } from './attributes.ts';
import { parseFilter } from './parse.ts';
import type { Field, Leaf, Tree, Value } from './tree.ts';

const NOW = Date.UTC(2026, 10, 25, 12);
const parse = (filter: string) => parseFilter(filter, NOW);
const metric = (key: string): Field => ({ of: 'metric', key });
const param = (key: string): Field => ({ of: 'param', key });
const tag = (key: string): Field => ({ of: 'tag', key });
const attribute = (name: (typeof ATTRIBUTE_NAMES)[number]): Field => ({ of: 'attribute', name });
const compare = (field: Field, operator: '=' | '!=' | '<' | '<=' | '>' | '>=', value: Value): Tree => ({
  is: 'compare',
  field,
  operator,
  value,
});

const forest = compare(param('model'), '=', 'forest');
const good = compare(metric('auc'), '>', 0.8);
const teamA: Tree = { is: 'like', field: tag('team'), pattern: 'a%', anyCase: true, negated: false };

describe('a filter becomes a tree', () => {
  test.each<[name: string, filter: string, tree: Tree | null]>([
    ['nothing: all runs', '', null],
    ['spaces: all runs', ' \n\t ', null],
    ["MLflow's example", `metrics.auc > 0.8 and params.model = "forest"`, { is: 'and', parts: [good, forest] }],
    [
      'AND binds before OR, NOT before both',
      `metrics.auc > 0.8 and params.model = 'forest' or not (tags.team ilike 'a%')`,
      {
        is: 'or',
        parts: [
          { is: 'and', parts: [good, forest] },
          { is: 'not', part: teamA },
        ],
      },
    ],
    [
      'brackets',
      `metrics.auc>0.8 AND (params.model='forest' OR tags.team ILIKE 'a%')`,
      { is: 'and', parts: [good, { is: 'or', parts: [forest, teamA] }] },
    ],
    ['three of a kind stay flat', 'a or b or c', { is: 'or', parts: ['a', 'b', 'c'].map((text) => ({ is: 'text', text })) }],
    ['prefixes in any spelling', `Metric.auc > 0.8 and PARAMETER.model = 'forest'`, { is: 'and', parts: [good, forest] }],
    [
      '== is =, <> is !=',
      `params.model == 'forest' or params.model <> 'x'`,
      { is: 'or', parts: [forest, compare(param('model'), '!=', 'x')] },
    ],
    ['a key in double quotes', `metrics."val auc" < 1`, compare(metric('val auc'), '<', 1)],
    ['a key in back-ticks, one inside', 'metrics.`a``b (x), c=1` < 1', compare(metric('a`b (x), c=1'), '<', 1)],
    [
      'bare keys hold dots, slashes, dashes and more',
      'metrics.val/f1-score@10:x.y[0]%+# >= -1.5e-3',
      compare(metric('val/f1-score@10:x.y[0]%+#'), '>=', -0.0015),
    ],
    ['a key that is a keyword', `params.not = 'x'`, compare(param('not'), '=', 'x')],
    [
      'quotes are doubled inside',
      `params.a = 'it''s' or params.a = "say ""x"""`,
      { is: 'or', parts: [compare(param('a'), '=', "it's"), compare(param('a'), '=', 'say "x"')] },
    ],
    [
      'NaN and infinities',
      'metrics.a = nan or metrics.a < Infinity or metrics.a > -inf',
      {
        is: 'or',
        parts: [compare(metric('a'), '=', Number.NaN), compare(metric('a'), '<', Infinity), compare(metric('a'), '>', -Infinity)],
      },
    ],
    ['a param equals a number as it is written', 'params.lr = 1e-3', compare(param('lr'), '=', '1e-3')],
    ['a param is less than a number', 'params.lr < 1e-3', compare(param('lr'), '<', 0.001)],
    ['a tag is less than a text', `tags.day < '2026'`, compare(tag('day'), '<', '2026')],
    ['IN', `params.a in ('x', "y", 3)`, { is: 'in', field: param('a'), values: ['x', 'y', '3'], negated: false }],
    ['NOT IN', 'metrics.a NOT IN (1,2)', { is: 'in', field: metric('a'), values: [1, 2], negated: true }],
    ['NOT LIKE', `name not like 'x_'`, { is: 'like', field: attribute('name'), pattern: 'x_', anyCase: false, negated: true }],
    ['IS NULL', 'metrics.a is null', { is: 'null', field: metric('a'), negated: false }],
    ['IS NOT NULL', 'tags.a IS NOT NULL', { is: 'null', field: tag('a'), negated: true }],
    [
      'attributes with and without prefix',
      `attributes.run_name = 'a' and run.name = 'a' and name = 'a'`,
      { is: 'and', parts: Array(3).fill(compare(attribute('name'), '=', 'a')) },
    ],
    ["MLflow's names in its table", "attributes.`Run name` = 'a'", compare(attribute('name'), '=', 'a')],
    ['a quoted attribute', `"start_time" > 5`, compare(attribute('started_at'), '>', 5)],
    ['a status in any case', `status = 'FINISHED'`, compare(attribute('status'), '=', 'finished')],
    [
      'a run id with dashes',
      `run_id = '0A000000-0000-4000-8000-000000000000'`,
      compare(attribute('id'), '=', '0a000000000040008000000000000000'),
    ],
    ['a day is its beginning, UTC', `start_time >= '2026-11-25'`, compare(attribute('started_at'), '>=', Date.UTC(2026, 10, 25))],
    [
      'a time with a zone',
      `start_time >= '2026-11-25T02:00:00.5+0130'`,
      compare(attribute('started_at'), '>=', Date.UTC(2026, 10, 25, 0, 30, 0, 500)),
    ],
    ['a time without', `end_time < '2026-11-25 14:30'`, compare(attribute('ended_at'), '<', Date.UTC(2026, 10, 25, 14, 30))],
    ['days ago', `start_time > '-7d'`, compare(attribute('started_at'), '>', NOW - 7 * 86_400_000)],
    ['now', `start_time <= 'now'`, compare(attribute('started_at'), '<=', NOW)],
    ['a duration in seconds', 'duration > 90.5', compare(attribute('duration'), '>', 90.5)],
    [
      'a duration in units',
      `duration in ('1h30m', '250ms', '1.5d')`,
      { is: 'in', field: attribute('duration'), values: [5_400, 0.25, 129_600], negated: false },
    ],
    [
      'durations and times without quotes',
      'duration > 2h30m and start_time > -7d and end_time < 2026-11-25',
      {
        is: 'and',
        parts: [
          compare(attribute('duration'), '>', 9_000),
          compare(attribute('started_at'), '>', NOW - 7 * 86_400_000),
          compare(attribute('ended_at'), '<', Date.UTC(2026, 10, 25)),
        ],
      },
    ],
    [
      'today and yesterday begin at midnight, UTC',
      `start_time >= today or start_time >= "yesterday"`,
      {
        is: 'or',
        parts: [
          compare(attribute('started_at'), '>=', Date.UTC(2026, 10, 25)),
          compare(attribute('started_at'), '>=', Date.UTC(2026, 10, 24)),
        ],
      },
    ],
    [
      'words in any order',
      `notes ~ 'late  storm' and text !~ forest`,
      {
        is: 'and',
        parts: [
          { is: 'words', field: attribute('notes'), words: ['late', 'storm'] },
          { is: 'not', part: { is: 'words', field: null, words: ['forest'] } },
        ],
      },
    ],
    ['a key that exists', 'tags.team exists', { is: 'null', field: tag('team'), negated: true }],
    ['one that does not', 'tags.team not exists', { is: 'null', field: tag('team'), negated: false }],
    [
      'the least loss, or a metric of that name',
      'metrics.loss.min < 0.1',
      compare({ of: 'metric', key: 'loss.min', orElse: { key: 'loss', stat: 'min' } }, '<', 0.1),
    ],
    ['a key in back-ticks is that key', 'metrics.`loss.min` < 0.1', compare(metric('loss.min'), '<', 0.1)],
    ['datasets', `datasets.name = 'flights'`, compare({ of: 'dataset', name: 'name' }, '=', 'flights')],
    [
      'params that differ from those of a run',
      'params differ from calm-otter-12',
      { is: 'differ', from: { written: 'calm-otter-12', at: 19 }, keys: null, only: false },
    ],
    [
      'in some of the keys, or in no others',
      `params differ from 'a b' in (lr, "my key") or params differs from b only in (lr)`,
      {
        is: 'or',
        parts: [
          { is: 'differ', from: { written: 'a b', at: 19 }, keys: ['lr', 'my key'], only: false },
          { is: 'differ', from: { written: 'b', at: 66 }, keys: ['lr'], only: true },
        ],
      },
    ],
    ['one param that differs', 'params.lr differs from b', { is: 'differ', from: { written: 'b', at: 23 }, keys: ['lr'], only: false }],
    [
      'words of the grammar that mean nothing here',
      'exists or only',
      {
        is: 'or',
        parts: [
          { is: 'text', text: 'exists' },
          { is: 'text', text: 'only' },
        ],
      },
    ],
    ['a word alone is looked for', 'forest', { is: 'text', text: 'forest' }],
    [
      'so are quoted words',
      `'my run' and "an other"`,
      {
        is: 'and',
        parts: [
          { is: 'text', text: 'my run' },
          { is: 'text', text: 'an other' },
        ],
      },
    ],
    [
      'so are a number, a version and a name',
      '42 or v1.2 or calm-otter-12',
      { is: 'or', parts: ['42', 'v1.2', 'calm-otter-12'].map((text) => ({ is: 'text', text })) },
    ],
    ['the name of an attribute alone', 'status', { is: 'text', text: 'status' }],
    [
      'other alphabets',
      `params.größe = 'ß' and 東京`,
      { is: 'and', parts: [compare(param('größe'), '=', 'ß'), { is: 'text', text: '東京' }] },
    ],
  ])('%s', (_, filter, tree) => {
    expect(parse(filter)).toEqual(tree);
  });
});

describe('an error names the column', () => {
  test.each<[name: string, filter: string, column: number, says: string]>([
    ['a value is missing', 'metrics.auc >', 14, 'expected a value, found the end'],
    ['an operator is missing', 'metrics.auc', 12, 'expected an operator'],
    ['a condition is missing', 'metrics.auc > 1 and', 20, 'expected a condition, found the end'],
    ['a text without quotes', 'params.model = forest', 16, "text stands in quotes: 'forest'"],
    ['a text is not closed', `params.model = 'forest`, 16, 'is not closed'],
    ['a bracket is not closed', '(metrics.auc > 1', 17, 'the ( of column 1 is still open'],
    ['a bracket closes nothing', 'metrics.auc > 1)', 16, 'this ) closes nothing'],
    ['empty brackets', '()', 2, 'expected a condition, found )'],
    ['two words', 'random forest', 8, 'expected AND or OR, found forest'],
    ['a misspelt attribute', `a and start_tme > 5`, 7, 'did you mean start_time?'],
    ['an unknown attribute', `colour = 'red'`, 1, 'attributes are id, name'],
    ['a misspelt prefix', 'metrcs.auc > 1', 1, 'did you mean metrics.auc?'],
    ['a part that no dataset has', `datasets.size = 'x'`, 1, 'datasets.name, datasets.digest or datasets.context'],
    ['a dataset with an order', `datasets.name > 'x'`, 15, 'datasets.name is text'],
    ['words in a number', `metrics.auc ~ 'high'`, 13, 'no text that words stand in'],
    ['no words', `notes ~ ' '`, 9, 'expected words to look for'],
    ['text compared', `text = 'a'`, 6, "write text ~ 'words'"],
    ['a difference from nothing', 'params differ lr', 15, 'expected FROM'],
    ['a difference from no run', 'params differ from', 19, 'expected a run'],
    ['only, without a list', `params differ from 'a' only`, 28, 'write only in (lr, depth)'],
    ['a list of no keys', `params differ from 'a' in ()`, 28, 'expected the key of a param'],
    ['a difference of a tag', `tags.a differ from 'x'`, 8, 'IN, LIKE or ILIKE'],
    ['yesteryear', 'start_time > yesteryear', 14, 'is no time'],
    ['more conditions than may be', Array(201).fill('a').join(' or '), 1, '201 conditions are more than the 200'],
    ['more values than may be', `params.a in (${Array(1_001).fill('1').join(',')})`, 2014, 'room for 1000 values'],
    ['a key is missing', 'metrics. > 1', 1, 'a key is missing'],
    ['a key in single quotes', `tags.'a' = 'b'`, 6, 'a key stands in'],
    ['a metric against a text', `metrics.auc > '0.8'`, 15, 'is compared with a number'],
    ['a pattern on a metric', `metrics.auc like '0%'`, 13, 'has no pattern'],
    ['a pattern that is a number', 'name like 5', 11, 'expected a pattern in quotes'],
    ['an order of names', `name > 'a'`, 6, 'name is text'],
    ['more than NaN', 'metrics.auc > NaN', 15, 'nothing is less or greater than NaN'],
    ['a status that is none', `status = 'finish'`, 10, "did you mean 'finished'?"],
    ['a status of another protocol', `status = 'UNKNOWN'`, 10, 'statuses are running'],
    ['the 30th of February', `start_time > '2026-02-30'`, 14, 'is no time'],
    ['a time beyond all calendars', `start_time > 9e15`, 14, 'is no time'],
    ['a duration that is none', `duration > '5 minutes'`, 12, 'is no duration'],
    ['a value on the left', '0.8 < metrics.auc', 1, 'the field stands on the left'],
    ['a list without brackets', `params.a in 'x'`, 13, 'expected (, found'],
    ['a list that is empty', 'params.a in ()', 14, 'expected a value'],
    ['a list with a gap', 'params.a in (1 2)', 16, 'expected , or )'],
    ['IS without NULL', 'params.a is 5', 13, 'expected NULL or NOT NULL'],
    ['NOT without IN', `params.a not = 'x'`, 14, 'expected IN, LIKE or ILIKE'],
    ['&&', 'a && b', 3, 'write AND'],
    [';', `name = 'x'; drop table runs`, 11, 'means nothing here'],
    ['U+0000', "name = 'a\0'", 10, 'no text can hold'],
    ['half a surrogate pair', "name = '\ud800'", 9, 'no text can hold'],
    ['brackets too deep', `${'('.repeat(101)}a${')'.repeat(101)}`, 101, 'more than 100'],
    ['a thousand NOTs', `${'not '.repeat(1_000)}a`, 401, 'more than 100'],
    ['an empty text', "''", 1, 'is empty'],
  ])('%s', (_, filter, column, says) => {
    expect(errorOf(filter)).toMatchObject({ column, text: expect.stringContaining(says) });
  });
});

function errorOf(filter: string): { column: number; text: string } | null {
  try {
    parse(filter);
    return null;
  } catch (error) {
    if (!isFailure(error)) throw error;
    const [issue] = error.data.issues;
    expect(error.code).toBe('BAD_REQUEST');
    expect(issue?.field).toBe('filter');
    return { column: Number(/^column (\d+): /.exec(issue?.reason ?? '')?.[1]), text: `${issue?.reason} ${issue?.remedy}` };
  }
}

test('a word that begins as a long number is read once, not once for each digit', () => {
  const began = process.cpuUsage(); // a busy machine takes its time
  for (let i = 0; i < 50; i++) expect(() => parse(`metrics.loss > ${'1'.repeat(9_900)}x`)).toThrow();
  expect(process.cpuUsage(began).user / 1_000).toBeLessThan(1_000); // the square of its length was a second each
});

test('two hundred conditions are read', () => {
  const filter = Array(200).fill('tags.a = 1').join(' and ');
  expect(parse(filter)).toMatchObject({ is: 'and' });
});

describe('whatever is written', () => {
  const pieces = [
    'metrics.auc',
    'params.',
    'tags.`a b`',
    '"q"',
    "'s'",
    '(',
    ')',
    ',',
    'and',
    'or',
    'not',
    'in',
    'like',
    'is',
    'null',
    '=',
    '<',
    '!=',
    '5',
    '-1e3',
    'name',
    'status',
    ' ',
  ];
  const garbage = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((some) => some.join(' ')),
    fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((some) => some.join('')),
  );
  test('it is a tree or an error with a column inside the filter or at its end', () => {
    fc.assert(
      fc.property(garbage, (filter) => {
        const error = errorOf(filter);
        if (error) expect(error.column > 0 && error.column <= filter.length + 1).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a tree that is printed and parsed is the same tree', () => {
    fc.assert(
      fc.property(trees(), (tree) => {
        expect(parse(printed(tree))).toEqual(tree);
      }),
      { numRuns: 500 },
    );
  });
});

/** Any tree that a filter can say. */
function trees(): fc.Arbitrary<Tree> {
  const text = fc.string({ unit: fc.constantFrom(...`aZ0 ."'\`\\%_(),=-é東😀\n`), minLength: 1, maxLength: 6 });
  const number = fc.double().filter((n) => !Object.is(n, -0));
  const keyed = fc.record({ of: fc.constantFrom('metric', 'param', 'tag'), key: text }) as fc.Arbitrary<Field>;
  const datasets = fc.record({
    of: fc.constant('dataset' as const),
    name: fc.constantFrom('name' as const, 'digest' as const, 'context' as const),
  });
  const fields: fc.Arbitrary<Field> = fc.oneof(keyed, datasets, fc.constantFrom(...ATTRIBUTE_NAMES).map(attribute));
  const orders = fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const);
  const equals = fc.constantFrom('=' as const, '!=' as const);
  const kind = (field: Field) => (field.of === 'attribute' ? kindOf(field.name) : field.of === 'dataset' ? 'text' : field.of);
  const values: Record<ReturnType<typeof kind>, fc.Arbitrary<Value>> = {
    metric: number,
    param: text,
    tag: text,
    text,
    id: fc.uuid().map((id) => id.replaceAll('-', '')),
    status: fc.constantFrom('running', 'lost'),
    time: fc.integer({ min: -8e15, max: 8e15 }),
    duration: fc.integer({ min: 0, max: 1e9 }),
  };
  const leaf = fields.chain((field): fc.Arbitrary<Tree> => {
    const is = kind(field);
    const value = values[is];
    const negated = fc.boolean();
    const all: fc.Arbitrary<Tree>[] = [
      fc.record({ is: fc.constant('compare' as const), field: fc.constant(field), operator: equals, value }),
      fc.record({
        is: fc.constant('in' as const),
        field: fc.constant(field),
        values: fc.array(value, { minLength: 1, maxLength: 3 }),
        negated,
      }),
      fc.record({ is: fc.constant('null' as const), field: fc.constant(field), negated }),
      fc.record({ is: fc.constant('text' as const), text }),
    ];
    const ordered = (of: fc.Arbitrary<Value>) =>
      all.push(fc.record({ is: fc.constant('compare' as const), field: fc.constant(field), operator: orders, value: of }));
    if (['metric', 'param', 'tag'].includes(is)) ordered(number.filter((n) => !Number.isNaN(n)));
    if (['param', 'tag'].includes(is)) ordered(text);
    if (['time', 'duration'].includes(is)) ordered(value);
    const words = fc.array(
      text.filter((one) => !/\s/.test(one)),
      { minLength: 1, maxLength: 3 },
    );
    if (['text', 'param', 'tag'].includes(is)) all.push(fc.record({ is: fc.constant('words' as const), field: fc.constant(field), words }));
    all.push(fc.record({ is: fc.constant('words' as const), field: fc.constant(null), words }));
    if (!['metric', 'time', 'duration'].includes(is))
      all.push(fc.record({ is: fc.constant('like' as const), field: fc.constant(field), pattern: text, anyCase: fc.boolean(), negated }));
    return fc.oneof(...all);
  });
  return fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      leaf,
      fc.record({ is: fc.constant('not' as const), part: tie('tree') }),
      fc.record({ is: fc.constantFrom('and' as const, 'or' as const), parts: fc.array(tie('tree'), { minLength: 2, maxLength: 4 }) }),
    ),
  })).tree;
}

const quoted = (text: string, quote: string) => quote + text.replaceAll(quote, quote + quote) + quote;

function printed(tree: Tree): string {
  switch (tree.is) {
    case 'text':
      return quoted(tree.text, "'");
    case 'not':
      return `not (${printed(tree.part)})`;
    case 'and':
    case 'or':
      return tree.parts.map((part) => `(${printed(part)})`).join(` ${tree.is} `);
    case 'differ':
      throw new Error('not made here: a printed one has another place in the filter');
    default:
      return printedLeaf(tree);
  }
}

function printedLeaf(tree: Exclude<Leaf, { is: 'text' | 'differ' }>): string {
  const { field } = tree;
  const name = field === null ? 'text' : nameOf(field);
  const not = 'negated' in tree && tree.negated ? 'not ' : '';
  const value = (one: Value) => (typeof one === 'number' ? String(one) : quoted(one, '"'));
  switch (tree.is) {
    case 'compare':
      return `${name} ${tree.operator} ${value(tree.value)}`;
    case 'like':
      return `${name} ${not}${tree.anyCase ? 'ilike' : 'like'} ${quoted(tree.pattern, "'")}`;
    case 'in':
      return `${name} ${not}in (${tree.values.map(value).join(', ')})`;
    case 'null':
      return `${name} is ${not}null`;
    case 'words':
      return `${name} ~ ${quoted(tree.words.join(' '), "'")}`;
  }
}

function nameOf(field: Field): string {
  if (field.of === 'attribute') return field.name;
  return field.of === 'dataset' ? `datasets.${field.name}` : `${field.of}s.${quoted(field.key, '`')}`;
}
