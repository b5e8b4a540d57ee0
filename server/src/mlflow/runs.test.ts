/** The expected answers are those of MLflow 3.17.2's own server, which was asked the same. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { protocolOf } from './testProtocol.ts';

const server = testServer();
const ask = protocolOf(server);
const refused = async (...asked: Parameters<typeof ask>) => {
  const { status, body } = await ask(...asked);
  return [status, body.error_code, body.message];
};
const create = async (more: object = {}) => (await ask('POST', 'runs/create', { experiment_id: '0', ...more })).body.run;
const newRun = async (more: object = {}): Promise<string> => (await create(more)).info.run_id;
const get = async (id: string) => (await ask('GET', `runs/get?run_id=${id}`)).body.run;
const tag = (key: string, value: string) => ({ key, value });
const native = (id: string) => server().client.tracking.runs.get({ id });
const invalid = (message: string) => [400, 'INVALID_PARAMETER_VALUE', expect.stringContaining(message)];
const nowhere = (id: string) => [404, 'RESOURCE_DOES_NOT_EXIST', `Run with id=${id} not found`];
const mustBeActive = (id: string) => invalid(`The run ${id} must be in the 'active' state. Current state is deleted.`);

test('a time that no date can be is refused, and the run stays as it was', async () => {
  const id = await newRun({ start_time: 8.64e15 });
  for (const wrong of [8.64e15 + 1, -8.64e15 - 1, '9007199254740991']) {
    const why = 'it must be milliseconds since 1970';
    expect(await refused('POST', 'runs/create', { experiment_id: '0', start_time: wrong })).toEqual(
      invalid(`'start_time' supplied: ${why}`),
    );
    expect(await refused('POST', 'runs/update', { run_id: id, end_time: wrong })).toEqual(invalid(`'end_time' supplied: ${why}`));
  }
  expect(await native(id)).toMatchObject({ startedAt: 8.64e15, endedAt: null, status: 'running' });
});

describe('creating a run', () => {
  test('gives back what was asked for, and the same when it is read', async () => {
    const tags = [tag('my', 'tag'), tag('mlflow.user', 'joe')];
    const run = await create({ user_id: 'joe', start_time: '456', run_name: 'my name', tags });
    const { run_id } = run.info;
    expect(run_id).toMatch(/^[0-9a-f]{32}$/);
    expect(run).toEqual({
      info: {
        ...{ run_id, run_uuid: run_id, run_name: 'my name', experiment_id: '0', user_id: 'joe', status: 'RUNNING', start_time: 456 },
        ...{ artifact_uri: `mlflow-artifacts:/0/${run_id}/artifacts`, lifecycle_stage: 'active' },
      },
      data: { tags: [...tags, tag('mlflow.runName', 'my name')] },
      inputs: {},
      outputs: {},
    });
    expect(await get(run_id)).toEqual(run);
    expect((await ask('GET', `runs/get?run_uuid=${run_id}`)).body.run).toEqual(run);
    expect(await native(run_id)).toMatchObject({ name: 'my name', startedAt: 456, user: 'joe', userName: 'root', status: 'running' });
  });

  test('whom it says that it belongs to is whose it is, to every search and table; its account stays known', async () => {
    const { experiment_id } = (await ask('POST', 'experiments/create', { name: `whose ${randomUUID()}` })).body;
    const said = [
      [{ user_id: 'joe', tags: [tag('mlflow.user', 'joe')] }, 'joe', 'joe'],
      [{ tags: [tag('mlflow.user', 'by tag')] }, 'by tag', 'by tag'],
      [{ user_id: 'unknown' }, 'unknown', 'root'], // as MLflow's client does it where it was told nobody
      [{}, 'root', 'root'],
    ] as const;
    for (const [given, theirs, ours] of said) {
      const { info } = await create({ experiment_id, ...given });
      expect(info.user_id).toBe(theirs);
      expect((await get(info.run_id)).info.user_id).toBe(theirs);
      expect(await native(info.run_id)).toMatchObject({ user: ours, userName: 'root' });
    }
    const { search, groups } = server().client.tracking.runs;
    for (const filter of ["user = 'joe'", "user_id = 'joe'", "attributes.user ilike 'JO%'"]) {
      const { runs } = await search({ experimentIds: [experiment_id], filter });
      expect([filter, runs.map(({ user }) => user)]).toEqual([filter, ['joe']]);
    }
    expect((await search({ experimentIds: [experiment_id], filter: "user = 'root'" })).total).toBe(2);
    const grouped = await groups({ experimentIds: [experiment_id], by: ['attributes.user'] });
    expect(grouped.groups.map(({ values, count }) => [values[0], count]).sort()).toEqual([
      ['by tag', 1],
      ['joe', 1],
      ['root', 2],
    ]);
    const csv = await server().fetch(`runs/export?experimentId=${experiment_id}&orderBy=started_at:asc&column=user`);
    expect((await csv.text()).split('\n').sort()).toEqual(['', 'by tag', 'joe', 'root', 'root', 'user']);
  });

  test('chooses a name where none is given, and takes it from the tag where that has one', async () => {
    const { info, data } = await create();
    expect(info.run_name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    expect(data.tags).toEqual([tag('mlflow.runName', info.run_name)]);
    expect((await create({ tags: [tag('mlflow.runName', 'tagged')] })).info.run_name).toBe('tagged');
    expect(await refused('POST', 'runs/create', { run_name: 'a', tags: [tag('mlflow.runName', 'b')] })).toEqual(
      invalid("Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='a'"),
    );
  });

  test('lies where its experiment says', async () => {
    const { experiment_id } = (await ask('POST', 'experiments/create', { name: 's3', artifact_location: 's3://b/p' })).body;
    const { run_id, artifact_uri } = (await create({ experiment_id })).info;
    expect(artifact_uri).toBe(`s3://b/p/${run_id}/artifacts`);
  });

  test.each([
    [{ experiment_id: 'abc' }, invalid("Invalid experiment ID 'abc'. Experiment ID must be a valid integer.")],
    [{ experiment_id: '99999' }, [404, 'RESOURCE_DOES_NOT_EXIST', 'No Experiment with id=99999 exists']],
    [{ experiment_id: 5 }, invalid("Invalid value 5 for parameter 'experiment_id' supplied")],
    [{ start_time: 'x' }, invalid('Invalid value "x" for parameter \'start_time\' supplied')],
    [{ tags: [{ key: '../x', value: '' }] }, invalid("parameter 'tags[0].key' supplied: Names may be treated as files")],
    [{ run_name: 'n'.repeat(251) }, invalid("'run_name' exceeds the maximum length of 250 characters")],
  ])('refuses %j', async (body, answer) => {
    expect(await refused('POST', 'runs/create', body)).toEqual(answer);
  });
});

describe('a run that is logged from a cell', () => {
  const git = { commit: 'c'.repeat(40), branch: 'main', dirty: true, remote: 'git@host:team/repo' };
  const gitTags = [
    tag('mlflow.source.git.commit', git.commit),
    tag('mlflow.source.git.branch', git.branch),
    tag('mlflow.source.git.repoURL', git.remote),
    tag('mlflow.source.git.dirty', 'True'),
  ];

  test('carries session, execution, cell and commit like a native one', async () => {
    const [sessionId, executionId] = [randomUUID(), randomUUID()];
    const session = { id: sessionId, kind: 'notebook', notebookPath: 'work/train.ipynb', startedAt: 1 };
    const records = [{ type: 'session.start', session }];
    expect(await server().client.tracking.ingest({ writer: randomUUID(), seq: 1, records })).toMatchObject({ rejected: [] });
    const ours = [tag('cellkeep.session', sessionId), tag('cellkeep.execution', executionId), tag('cellkeep.cell', 'cell-1')];
    const run = await create({
      tags: [...ours, tag('cellkeep.executionCount', '7'), tag('mlflow.source.name', 'work/train.ipynb'), ...gitTags],
    });
    expect((await native(run.info.run_id)).source).toMatchObject({
      ...{ sessionId, executionId, cellId: 'cell-1', executionCount: 7, entrypoint: 'work/train.ipynb', git },
      ...{ notebookPath: 'work/train.ipynb' },
    });
    const keys = run.data.tags.map(({ key }: { key: string }) => key);
    expect(keys.filter((key: string) => key.startsWith('cellkeep.'))).toEqual([]);
    expect(keys).toContain('mlflow.source.git.commit');
  });

  test('belongs to the account where our bridge leaves the user open, and to whom a person names', async () => {
    const session = tag('cellkeep.session', randomUUID());
    const open = await create({ user_id: '', tags: [session, tag('mlflow.user', '')] });
    expect([open.info.user_id, open.data.tags]).toMatchObject(['root', expect.arrayContaining([tag('mlflow.user', 'root')])]);
    const named = await create({ user_id: 'joe', tags: [session, tag('mlflow.user', 'joe')] });
    expect(await native(named.info.run_id)).toMatchObject({ user: 'joe', userName: 'root' });
  });

  test('with words that are no ids keeps them as tags', async () => {
    const tags = [tag('cellkeep.session', "'; drop table runs; --"), tag('cellkeep.execution', 'x')];
    const { info, data } = await create({ tags });
    expect((await native(info.run_id)).source).toMatchObject({ sessionId: null, executionId: null, cellId: null });
    expect(data.tags).toEqual(expect.arrayContaining(tags));
  });
});

describe('changing a run', () => {
  test('ends, renames and starts it again', async () => {
    const id = await newRun();
    const update = async (change: object) => (await ask('POST', 'runs/update', { run_id: id, ...change })).body.run_info;
    expect(await update({ status: 'FINISHED', end_time: 500 })).toMatchObject({ status: 'FINISHED', end_time: 500 });
    expect(await update({ run_name: 'other' })).toMatchObject({ run_name: 'other', status: 'FINISHED', end_time: 500 });
    expect((await get(id)).data.tags).toEqual([tag('mlflow.runName', 'other')]);
    expect(await update({ run_name: '' })).toMatchObject({ run_name: 'other' });
    for (const [status, word] of [
      ['FAILED', 'FAILED'],
      [5, 'KILLED'],
      ['2', 'SCHEDULED'],
      ['RUNNING', 'RUNNING'],
    ]) {
      expect((await update({ status })).status).toBe(word);
    }
    expect((await get(id)).info.end_time).toBeUndefined();
    expect(await refused('POST', 'runs/update', { run_id: id, status: 'NOPE' })).toEqual(invalid('"NOPE" for parameter \'status\''));
    expect(await refused('POST', 'runs/update', { run_id: 'nope' })).toEqual(nowhere('nope'));
    expect(await refused('POST', 'runs/update', {})).toEqual(invalid("Missing value for required parameter 'run_id'."));
  });

  test('that is lost says FAILED, since MLflow has no other word', async () => {
    const id = await newRun();
    await server().database.sql`update runs set status = 'lost' where id = ${id}`;
    expect((await get(id)).info.status).toBe('FAILED');
    const search = async (filter: string) => (await ask('POST', 'runs/search', { experiment_ids: ['0'], filter })).body.runs ?? [];
    expect(await search(`status = 'FAILED' and run_id = '${id}'`)).toHaveLength(1);
    expect(await search(`status != 'FAILED' and run_id = '${id}'`)).toHaveLength(0);
  });

  test('sets and removes tags; name, notes and parent are tags there and fields here', async () => {
    const [id, parent] = [await newRun(), await newRun()];
    const set = (key: string, value: string) => ask('POST', 'runs/set-tag', { run_id: id, key, value });
    for (const [key, value] of [
      ['a', 'b'],
      ['mlflow.runName', 'by tag'],
      ['mlflow.note.content', '# note'],
      ['mlflow.parentRunId', parent],
    ] as const) {
      expect((await set(key, value)).body).toEqual({});
    }
    expect(await native(id)).toMatchObject({ name: 'by tag', notes: '# note', parentRunId: parent, tags: { a: 'b' } });
    await server().client.tracking.runs.update({ id, name: 'renamed here', notes: 'other' });
    const tags = async () =>
      Object.fromEntries((await get(id)).data.tags.map(({ key, value }: { key: string; value: string }) => [key, value]));
    expect(await tags()).toEqual({
      a: 'b',
      'mlflow.runName': 'renamed here',
      'mlflow.note.content': 'other',
      'mlflow.parentRunId': parent,
    });
    await set('mlflow.parentRunId', '7');
    expect([(await tags())['mlflow.parentRunId'], (await native(id)).parentRunId]).toEqual(['7', null]);
    for (const key of ['a', 'mlflow.note.content', 'mlflow.parentRunId']) {
      expect((await ask('POST', 'runs/delete-tag', { run_id: id, key })).body).toEqual({});
    }
    expect(await tags()).toEqual({ 'mlflow.runName': 'renamed here' });
    expect(await refused('POST', 'runs/delete-tag', { run_id: id, key: 'a' })).toEqual([
      404,
      'RESOURCE_DOES_NOT_EXIST',
      `No tag with name: a in run with id ${id}`,
    ]);
  });

  test('never makes it stand above itself', async () => {
    const top = await newRun();
    const below = await newRun({ tags: [tag('mlflow.parentRunId', top)] });
    await ask('POST', 'runs/set-tag', { run_id: top, key: 'mlflow.parentRunId', value: below });
    await ask('POST', 'runs/set-tag', { run_id: below, key: 'mlflow.parentRunId', value: below });
    expect([(await native(top)).parentRunId, (await native(below)).parentRunId]).toEqual([null, null]);
  });
});

describe('deleting a run', () => {
  test('hides it alone, and nothing may be logged to it until it is restored', async () => {
    const id = await newRun({ tags: [tag('t', '1')] });
    const below = await newRun({ tags: [tag('mlflow.parentRunId', id)] });
    const point = { run_id: id, key: 'm', value: 1, timestamp: 1 };
    await ask('POST', 'runs/log-metric', point);
    expect((await ask('POST', 'runs/delete', { run_id: id })).body).toEqual({});
    expect((await ask('POST', 'runs/delete', { run_id: id })).status).toBe(200);
    expect([(await get(id)).info.lifecycle_stage, (await get(below)).info.lifecycle_stage]).toEqual(['deleted', 'active']);
    for (const [path, body] of [
      ['runs/log-metric', { ...point, step: 2 }],
      ['runs/log-batch', { run_id: id, metrics: [{ key: 'm', value: 2, timestamp: 2 }] }],
      ['runs/log-batch', { run_id: id, params: [{ key: 'p', value: '1' }] }],
      ['runs/log-parameter', { run_id: id, key: 'p', value: '1' }],
      ['runs/set-tag', { run_id: id, key: 'a', value: 'b' }],
      ['runs/delete-tag', { run_id: id, key: 't' }],
      ['runs/update', { run_id: id, status: 'FINISHED' }],
      ['runs/log-inputs', { run_id: id, datasets: [{ dataset: { name: 'd', digest: '1', source_type: 's', source: 's' } }] }],
      ['runs/outputs', { run_id: id, models: [] }],
    ] as const) {
      expect([path, await refused('POST', path, body)]).toEqual([path, mustBeActive(id)]);
    }
    await ask('POST', 'runs/restore', { run_id: id });
    expect((await ask('POST', 'runs/log-metric', { ...point, step: 3 })).status).toBe(200);
    expect((await get(id)).data).toEqual({
      metrics: [{ key: 'm', value: 1, timestamp: 1, step: 3 }],
      tags: [tag('t', '1'), tag('mlflow.runName', expect.any(String))],
    });
  });

  test('in the page is noticed by whoever logs, and by search', async () => {
    const id = await newRun({ run_name: 'deleted here' });
    await ask('POST', 'runs/log-metric', { run_id: id, key: 'm', value: 1, timestamp: 1 });
    await server().client.tracking.runs.delete({ ids: [id] });
    expect(await refused('POST', 'runs/log-metric', { run_id: id, key: 'm', value: 1, timestamp: 2 })).toEqual(mustBeActive(id));
    const found = await ask('POST', 'runs/search', { experiment_ids: ['0'], filter: "run_name = 'deleted here'" });
    expect(found.body).toEqual({});
  });

  test.each(['nope', '../x', "' or 1=1", 'A'.repeat(32), '0'.repeat(32)])('%s is no run', async (id) => {
    for (const path of ['runs/delete', 'runs/restore', 'runs/update', 'runs/log-batch']) {
      expect(await refused('POST', path, { run_id: id })).toEqual(nowhere(id));
    }
    expect(await refused('GET', `runs/get?run_id=${encodeURIComponent(id)}`)).toEqual(nowhere(id));
  });
});

describe('what a run read and made', () => {
  const dataset = (name: string, more: object = {}) => ({
    dataset: { name, digest: `of ${name}`, source_type: 'local', source: '{}', ...more },
  });

  test('datasets are kept once, each with its tags, in their order', async () => {
    const id = await newRun();
    const train = { ...dataset('iris', { schema: '{"a":1}', profile: '{}' }), tags: [tag('mlflow.data.context', 'train')] };
    const log = (datasets: object[]) => ask('POST', 'runs/log-inputs', { run_id: id, datasets });
    expect((await log([train, dataset('b'), { ...train, tags: [] }])).body).toEqual({});
    await log([dataset('b'), dataset('a')]);
    const { dataset_inputs } = (await get(id)).inputs;
    expect(dataset_inputs).toEqual([train, dataset('b'), dataset('a')]);
    const summaries = await ask('POST', 'experiments/search-datasets', { experiment_ids: ['0'] });
    expect(summaries.body.dataset_summaries).toContainEqual({ experiment_id: '0', name: 'iris', digest: 'of iris', context: 'train' });
  });

  test('two runs that read the same at once share one description', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => newRun()));
    const datasets = ['x', 'y', 'z'].map((name) => dataset(`shared ${name}`));
    const shuffled = (i: number) => (i % 2 ? datasets : [...datasets].reverse());
    const answers = await Promise.all(ids.map((run_id, i) => ask('POST', 'runs/log-inputs', { run_id, datasets: shuffled(i) })));
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
    const [row] = await server().database.sql`select count(*)::int as n from logged_datasets where name like 'shared %'`;
    expect(row?.n).toBe(3);
  });

  test.each([
    [dataset('n'.repeat(501)), "'name' exceeds the maximum length of 500 characters"],
    [dataset('n', { digest: 'd'.repeat(37) }), "'digest' exceeds the maximum length of 36 characters"],
    [{}, 'Dataset input must have a dataset associated with it.'],
    [{ ...dataset('n'), tags: [tag('k'.repeat(256), '')] }, "'key' exceeds the maximum length of 255 characters"],
    [{ ...dataset('n'), tags: [tag('k', 'v'.repeat(501))] }, "'value' exceeds the maximum length of 500 characters"],
  ])('a dataset may be too long or missing: case %#', async (input, message) => {
    expect(await refused('POST', 'runs/log-inputs', { run_id: await newRun(), datasets: [input] })).toEqual(invalid(message));
  });

  test('log-model adds to the history of the run, without the settings of flavors', async () => {
    const id = await newRun();
    const model = {
      artifact_path: 'm',
      run_id: id,
      utc_time_created: 'now',
      model_uuid: 'u',
      flavors: { sklearn: { code: 1, config: {} } },
    };
    const log = (model_json: string) => ask('POST', 'runs/log-model', { run_id: id, model_json });
    await Promise.all([log(JSON.stringify({ ...model, signature: 'long' })), log(JSON.stringify({ ...model, artifact_path: 'n' }))]);
    const history = JSON.parse((await get(id)).data.tags.find(({ key }: { key: string }) => key === 'mlflow.log-model.history').value);
    expect(history).toHaveLength(2);
    expect(history).toContainEqual({ ...model, flavors: { sklearn: { code: 1 } } });
    expect((await log('x')).body.message).toContain('is not a valid JSON.');
    expect((await log('{}')).body.message).toContain('Model json is missing mandatory fields');
  });
});
