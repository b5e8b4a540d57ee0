/** The expected answers are those of MLflow 3.17.2's own server, which was asked the same about the same runs. */
import { beforeAll, describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { protocolOf } from './testProtocol.ts';

const server = testServer();
const ask = protocolOf(server);
let experiment_id = '';
const ids: Record<string, string> = {};

/** Name, param lr, metric acc, tag team, status with its end; each starts one ms after the one before. */
const RUNS = [
  ['r0', '0.1', 0.5, 'red', 'RUNNING', null],
  ['r1', '0.01', 0.9, 'Blue', 'FINISHED', 500],
  ['r2', '10', 'NaN', 'green', 'FAILED', 600],
  ['r3', null, null, '', 'KILLED', 700],
  ['r4', 'x', 0.7, 'a%b', 'SCHEDULED', null],
  ['r5', '2', -1, 'red', 'RUNNING', null],
] as const;

beforeAll(async () => {
  experiment_id = (await ask('POST', 'experiments/create', { name: 'searched' })).body.experiment_id;
  for (const [i, [run_name, lr, acc, team, status, end_time]] of RUNS.entries()) {
    const tags = [{ key: 'team', value: team }];
    const { run } = (await ask('POST', 'runs/create', { experiment_id, run_name, start_time: 100 + i, user_id: 'u', tags })).body;
    const { run_id } = run.info;
    ids[run_name] = run_id;
    if (lr !== null) await ask('POST', 'runs/log-parameter', { run_id, key: 'lr', value: lr });
    if (acc !== null) await ask('POST', 'runs/log-metric', { run_id, key: 'acc', value: acc, timestamp: 10 });
    await ask('POST', 'runs/update', { run_id, status, ...(end_time === null ? {} : { end_time }) });
  }
  const iris = { dataset: { name: 'iris', digest: 'd1', source_type: 's', source: 's' } };
  const other = { dataset: { name: 'Iris2', digest: 'd2', source_type: 's', source: 's' } };
  const context = (value: string) => ({ tags: [{ key: 'mlflow.data.context', value }] });
  await ask('POST', 'runs/log-inputs', { run_id: ids.r1, datasets: [{ ...iris, ...context('train') }] });
  await ask('POST', 'runs/log-inputs', { run_id: ids.r2, datasets: [{ ...other, ...context('eval') }, iris] });
  await ask('POST', 'runs/set-tag', { run_id: ids.r3, key: 'mlflow.note.content', value: '# why' });
  await ask('POST', 'runs/set-tag', { run_id: ids.r4, key: 'mlflow.parentRunId', value: ids.r0 });
  await ask('POST', 'runs/set-tag', { run_id: ids.r5, key: 'mlflow.parentRunId', value: '7' });
});

async function search(asked: object) {
  const { status, body } = await ask('POST', 'runs/search', { experiment_ids: [experiment_id], ...asked });
  if (status !== 200) return `${status} ${body.error_code} ${body.message}`;
  return (body.runs ?? []).map(({ info }: { info: { run_name: string } }) => info.run_name).join(' ');
}
/** `$r1` in a filter is the id of that run. */
const filtered = (filter: string) => search({ filter: filter.replace(/\$(r\d)/g, (_, name: string) => ids[name] ?? '') });

describe('a filter', () => {
  test.each([
    ['', 'r5 r4 r3 r2 r1 r0'],
    ['metrics.acc > 0.5', 'r4 r1'],
    ['metric.acc >= 0.5 and metrics.`acc` < 0.9', 'r4 r0'],
    ['metrics.acc != 0.5', 'r5 r4 r2 r1'],
    ['metrics."acc" = 0.9', 'r1'],
    ['metrics.acc > -2', 'r5 r4 r1 r0'],
    ["params.lr = '0.1'", 'r0'],
    ["parameters.lr != '0.1'", 'r5 r4 r2 r1'],
    ["param.lr LIKE '0%'", 'r1 r0'],
    ["params.lr ILIKE 'X'", 'r4'],
    ["params.lr like 'X'", ''],
    ['params.lr IS NULL', 'r3'],
    ['params.lr is not null', 'r5 r4 r2 r1 r0'],
    ["tags.team = 'red'", 'r5 r0'],
    ["tag.team = ''", 'r3'],
    ["tags.team LIKE 'a%b'", 'r4'],
    ["tags.team LIKE 'a\\%b'", ''],
    ["tags.team ILIKE 'bLUE'", 'r1'],
    ["tags.`team` != 'red'", 'r4 r3 r2 r1'],
    ['tags.none IS NULL', 'r5 r4 r3 r2 r1 r0'],
    ["tags.mlflow.runName = 'r1'", 'r1'],
    ["tags.`mlflow.runName` LIKE 'r%' and tags.team = 'red'", 'r5 r0'],
    ["tags.mlflow.parentRunId = '$r0'", 'r4'],
    ["tags.mlflow.parentRunId = '7'", 'r5'],
    ["tags.mlflow.parentRunId != '7'", 'r4'],
    ['tags.mlflow.parentRunId IS NULL', 'r3 r2 r1 r0'],
    ["tags.mlflow.note.content LIKE '# %'", 'r3'],
    ["tags.mlflow.note.content != 'x'", 'r3'],
    ['tags.mlflow.note.content IS NULL', 'r5 r4 r2 r1 r0'],
    ["attributes.status = 'FINISHED'", 'r1'],
    ["status = 'finished'", ''],
    ["run.status != 'RUNNING'", 'r4 r3 r2 r1'],
    ["status LIKE 'F%'", 'r2 r1'],
    ["attr.status ILIKE '%ed'", 'r4 r3 r2 r1'],
    ["run_id IN ('$r1', '$r2')", 'r2 r1'],
    ["attributes.run_id NOT IN ('$r1')", 'r5 r4 r3 r2 r0'],
    ["run_id = '$r3'", 'r3'],
    ["run_id != '$r3'", 'r5 r4 r2 r1 r0'],
    ["run_id LIKE '$r3'", 'r3'],
    ["run_id = 'nonsense'", ''],
    ["attributes.`run name` = 'r1'", 'r1'],
    ["`Run Name` ILIKE 'R2'", 'r2'],
    ["run_name LIKE 'R%'", ''],
    ["user_id = 'u'", 'r5 r4 r3 r2 r1 r0'],
    ["user_id != 'u'", ''],
    ["artifact_uri LIKE '%$r1%'", 'r1'],
    ['start_time > 104', 'r5'],
    ['created <= 100', 'r0'],
    ['attributes.Created = 101', 'r1'],
    ['start_time > 104.5', 'r5'],
    ['end_time > 500', 'r3 r2'],
    ['end_time != 500', 'r3 r2'],
    ["datasets.name = 'iris'", 'r2 r1'],
    ["dataset.name LIKE 'I%'", 'r2'],
    ["datasets.name ILIKE 'i%'", 'r2 r1'],
    ["datasets.digest = 'd1'", 'r2 r1'],
    ["datasets.context IN ('train', 'eval')", 'r2 r1'],
    ["datasets.context = 'eval'", 'r2'],
    ["datasets.name != 'iris'", 'r2'],
    ["tags.team = 'red' AND params.lr = '0.1' AND metrics.acc > 0", 'r0'],
    ["params.lr = ''' or true --'", ''],
  ])('%s finds %s', async (filter, found) => {
    expect(await filtered(filter)).toBe(found);
  });

  test.each([
    ["metrics.acc > '0.5'", "Expected numeric value type for metric. Found '0.5'"],
    ['metrics.acc > x', 'Expected numeric value type for metric. Found x'],
    ["metrics.acc LIKE 'a'", "Expected numeric value type for metric. Found 'a'"],
    ['metrics.acc == 0.5', "Invalid comparator '==' not one of"],
    ['params.lr > "0"', "Invalid comparator '>' not one of"],
    ['params.lr = 0.1', "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 0.1"],
    ['tags.lr = x', 'is either not quoted or unidentified quote types used for string value x'],
    ["tags.team NOT LIKE 'r%'", "Invalid comparator 'NOT LIKE' not one of"],
    ["status IN ('FINISHED')", "Only ['run_id'] attributes support comparison with a list of quoted string values."],
    ["run_name IN ('r1')", "Only ['run_id'] attributes support comparison with a list of quoted string values."],
    ['run_id IN ()', 'expected a non-empty list of string values, but got empty list'],
    ["start_time >= '100'", "Expected numeric value type for numeric attribute: start_time. Found '100'"],
    ["datasets.foo = 'x'", "Invalid dataset key 'foo' specified."],
    ["datasets.name > 'a'", "Invalid comparator '>' not one of"],
    ['metrics.acc IS NULL', "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'acc'"],
    ["foo.bar = 'x'", "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']"],
    ["lifecycle_stage = 'active'", "Invalid attribute key 'lifecycle_stage' specified."],
    ['metrics.acc > 0 OR metrics.acc < 0', "Invalid clause(s) in filter string: 'OR'"],
  ])('%s is refused', async (filter, message) => {
    const answer = await filtered(filter);
    expect(answer).toMatch(/^400 INVALID_PARAMETER_VALUE /);
    expect(answer).toContain(message);
  });
});

describe('an order', () => {
  test.each([
    [['metrics.acc'], 'r5 r0 r4 r1 r2 r3'],
    [['metrics.`acc` DESC'], 'r1 r4 r0 r5 r2 r3'],
    [['params.lr'], 'r1 r0 r2 r5 r4 r3'],
    [['params.lr desc'], 'r4 r5 r2 r0 r1 r3'],
    [['tags.team', 'start_time ASC'], 'r3 r1 r4 r2 r0 r5'],
    [['start_time'], 'r0 r1 r2 r3 r4 r5'],
    [['attribute.end_time'], 'r1 r2 r3 r5 r4 r0'],
    [['end_time DESC'], 'r3 r2 r1 r5 r4 r0'],
    [['status'], 'r2 r1 r3 r5 r0 r4'],
    [['run_name DESC'], 'r5 r4 r3 r2 r1 r0'],
    [['tags.mlflow.runName'], 'r0 r1 r2 r3 r4 r5'],
    [['metrics.none DESC'], 'r5 r4 r3 r2 r1 r0'],
    [['Created'], 'r0 r1 r2 r3 r4 r5'],
  ])('%j gives %s', async (order_by, found) => {
    expect(await search({ order_by })).toBe(found);
  });

  test('by id is the one of its digits, and decides ties', async () => {
    const byId = Object.keys(ids).sort((a, b) => ((ids[a] ?? '') < (ids[b] ?? '') ? -1 : 1));
    expect(await search({ order_by: ['run_id'] })).toBe(byId.join(' '));
    expect(await search({ order_by: ['run_id DESC'] })).toBe(byId.reverse().join(' '));
    const { experiment_id: same } = (await ask('POST', 'experiments/create', { name: 'ties' })).body;
    const made: string[] = [];
    for (let i = 0; i < 10; i++) made.push((await ask('POST', 'runs/create', { experiment_id: same, start_time: 1 })).body.run.info.run_id);
    const found: string[] = [];
    let page_token: string | undefined;
    do {
      const { body } = await ask('POST', 'runs/search', { experiment_ids: [same], max_results: 4, page_token });
      found.push(...body.runs.map(({ info }: { info: { run_id: string } }) => info.run_id));
      page_token = body.next_page_token;
    } while (page_token);
    expect(found).toEqual(made.sort());
  });

  test.each([
    [['foo.bar'], "Invalid entity type 'foo'."],
    [['bar'], "Invalid attribute key 'bar' specified."],
    [['metrics.acc foo'], "Invalid ordering key in order_by clause 'metrics.acc foo'."],
    [['metrics.acc asc desc'], "Invalid order_by clause 'metrics.acc asc desc'. Could not be parsed."],
    [[''], "Invalid order_by clause ''. Could not be parsed."],
    [['datasets.name'], "Invalid identifier type 'dataset'"],
    [['metrics.acc', 'metrics.acc'], '`order_by` contains duplicate fields'],
    [[1], "Invalid value [1] for parameter 'order_by' supplied"],
  ])('%j is refused', async (order_by, message) => {
    expect(await search({ order_by })).toContain(message);
  });
});

describe('pages', () => {
  test.each([['metrics.acc'], ['metrics.acc DESC'], ['params.lr'], ['end_time']])('by %s neither overlap nor leave gaps', async (order) => {
    const whole = (await search({ order_by: [order] })).split(' ');
    for (const size of [1, 2, 4, 5]) {
      const found: string[] = [];
      let page_token: string | undefined;
      do {
        const { body } = await ask('POST', 'runs/search', {
          experiment_ids: [experiment_id],
          order_by: [order],
          max_results: size,
          page_token,
        });
        found.push(...body.runs.map(({ info }: { info: { run_name: string } }) => info.run_name));
        page_token = body.next_page_token;
      } while (page_token);
      expect(found).toEqual(whole);
    }
  });

  test.each([
    [{ max_results: 0 }, "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer"],
    [{ max_results: 50_001 }, "Invalid value 50001 for parameter 'max_results' supplied"],
    [{ max_results: 'x' }, 'Invalid value "x" for parameter \'max_results\' supplied'],
    [{ page_token: 'abc' }, 'Invalid page token, could not base64-decode'],
    [{ page_token: 'eyJhIjogMn0=' }, 'Invalid page token, parsed value='],
    [{ experiment_ids: ['x'] }, "Invalid experiment ID 'x'. Experiment ID must be a valid integer."],
    [{ experiment_ids: 'x' }, 'Invalid value "x" for parameter \'experiment_ids\' supplied'],
    [{ filter: 5 }, "Invalid value 5 for parameter 'filter' supplied"],
  ])('asked for by %j are refused', async (asked, message) => {
    expect(await search(asked)).toContain(message);
  });

  test('of no experiment, or of one that is not there, are empty', async () => {
    expect([await search({ experiment_ids: [] }), await search({ experiment_ids: ['99999'] })]).toEqual(['', '']);
    expect((await ask('POST', 'runs/search', {})).body).toEqual({});
  });

  test('of two experiments are one list', async () => {
    const { experiment_id: second } = (await ask('POST', 'experiments/create', { name: 'second' })).body;
    const { run } = (await ask('POST', 'runs/create', { experiment_id: second, run_name: 'other', start_time: 103 })).body;
    await ask('POST', 'runs/log-metric', { run_id: run.info.run_id, key: 'acc', value: 0.6, timestamp: 1 });
    const both = { experiment_ids: [experiment_id, second] };
    expect(await search({ ...both, order_by: ['metrics.acc DESC'] })).toBe('r1 r4 other r0 r5 r2 r3');
    expect((await search(both)).split(' ')).toHaveLength(7);
  });
});
