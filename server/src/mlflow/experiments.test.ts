/** The expected answers are those of MLflow 3.17.2's own server, which was asked the same. */
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { protocolOf } from './testProtocol.ts';

const server = testServer();
const ask = protocolOf(server);
const refused = async (...asked: Parameters<typeof ask>) => {
  const { status, body } = await ask(...asked);
  return [status, body.error_code, body.message];
};
const create = async (name: string, more: object = {}): Promise<string> =>
  (await ask('POST', 'experiments/create', { name, ...more })).body.experiment_id;
const get = async (id: string) => (await ask('GET', `experiments/get?experiment_id=${id}`)).body.experiment;

describe('an experiment', () => {
  test('is made with tags and found by id and name', async () => {
    const tags = [{ key: 'team', value: 'vision' }];
    const id = await create('first', { tags });
    const experiment = {
      ...{
        experiment_id: id,
        name: 'first',
        artifact_location: `mlflow-artifacts:/${id}`,
        lifecycle_stage: 'active',
        workspace: 'default',
      },
      ...{ creation_time: expect.any(Number), last_update_time: expect.any(Number), tags },
    };
    expect(await get(id)).toEqual(experiment);
    expect((await ask('GET', 'experiments/get-by-name?experiment_name=first')).body).toEqual({ experiment });
  });

  test('has its description as a tag here and as a description there', async () => {
    const id = await create('described', { tags: [{ key: 'mlflow.note.content', value: '# why' }] });
    const { client } = server();
    expect(await client.tracking.experiments.get({ id })).toMatchObject({ description: '# why', tags: {} });
    await client.tracking.experiments.update({ id, description: 'new' });
    expect((await get(id)).tags).toEqual([{ key: 'mlflow.note.content', value: 'new' }]);
    await ask('POST', 'experiments/delete-experiment-tag', { experiment_id: id, key: 'mlflow.note.content' });
    expect((await get(id)).tags).toBeUndefined();
  });

  test('keeps its name when it is deleted, and can be restored, once each', async () => {
    const id = await create('gone');
    const run = (await ask('POST', 'runs/create', { experiment_id: id })).body.run.info.run_id;
    expect((await ask('POST', 'experiments/delete', { experiment_id: id })).body).toEqual({});
    expect((await get(id)).lifecycle_stage).toBe('deleted');
    expect(await refused('POST', 'experiments/create', { name: 'gone' })).toEqual([
      400,
      'RESOURCE_ALREADY_EXISTS',
      expect.stringContaining('Experiment(name=gone) already exists.'),
    ]);
    const nowhere = [404, 'RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${id} exists`];
    expect(await refused('POST', 'experiments/delete', { experiment_id: id })).toEqual(nowhere);
    const mustBeActive = `The experiment ${id} must be in the 'active' state. Current state is deleted.`;
    expect(await refused('POST', 'runs/create', { experiment_id: id })).toEqual([400, 'INVALID_PARAMETER_VALUE', mustBeActive]);
    expect(await refused('POST', 'experiments/update', { experiment_id: id, new_name: 'n' })).toEqual([
      500,
      'INVALID_STATE',
      'Cannot rename a non-active experiment.',
    ]);
    expect((await ask('GET', `runs/get?run_id=${run}`)).body.run.info.lifecycle_stage).toBe('deleted');
    const search = async (run_view_type: string) => {
      const { runs = [] } = (await ask('POST', 'runs/search', { experiment_ids: [id], run_view_type })).body;
      return runs.length;
    };
    expect([await search('ACTIVE_ONLY'), await search('DELETED_ONLY'), await search('ALL')]).toEqual([0, 1, 1]);
    expect((await ask('POST', 'experiments/restore', { experiment_id: id })).status).toBe(200);
    expect(await refused('POST', 'experiments/restore', { experiment_id: id })).toEqual(nowhere);
    expect([await search('ACTIVE_ONLY'), await search('DELETED_ONLY')]).toEqual([1, 0]);
    expect((await ask('POST', 'runs/log-metric', { run_id: run, key: 'm', value: 1, timestamp: 1 })).status).toBe(200);
  });

  test.each([
    ['a name', {}, "Missing value for required parameter 'name'."],
    ['a name that is text', { name: 123 }, "Invalid value 123 for parameter 'name' supplied:  Hint: Value was of type 'int'."],
    ['a name of at most 500 characters', { name: 'n'.repeat(501) }, "'name' exceeds the maximum length of 500 characters"],
    ['tags in a list', { name: 'x', tags: '5' }, 'Invalid value "5" for parameter \'tags\' supplied'],
    ['tags with clean keys', { name: 'x', tags: [{ key: '../a', value: '' }] }, "would resolve to '../a'"],
    ['tags of some length', { name: 'x', tags: [{ key: 'a', value: 'v'.repeat(20_001) }] }, "'value' exceeds the maximum length of 20000"],
    ['a place that is no run', { name: 'x', artifact_location: 'runs:/a/b' }, 'cannot be a runs:/ URI'],
    ['a place without fragments', { name: 'x', artifact_location: 's3://b/x#y' }, "can't include fragments"],
    ['a place that leads nowhere else', { name: 'x', artifact_location: 's3://b/%2e%2e/y' }, "'..'"],
  ])('needs %s', async (_, body, message) => {
    expect(await refused('POST', 'experiments/create', body)).toEqual([400, 'INVALID_PARAMETER_VALUE', expect.stringContaining(message)]);
  });

  test.each(['99999', '-1', '123456789012345678901234567890'])('with the id %s is not there', async (id) => {
    expect(await refused('GET', `experiments/get?experiment_id=${id}`)).toEqual([
      404,
      'RESOURCE_DOES_NOT_EXIST',
      `No Experiment with id=${id} exists`,
    ]);
  });

  test('is tagged and renamed; a tag that is not there cannot be removed', async () => {
    const id = await create('tagged');
    await ask('POST', 'experiments/set-experiment-tag', { experiment_id: id, key: '__proto__', value: 'text\nof lines' });
    await ask('POST', 'experiments/set-experiment-tag', { experiment_id: id, key: 'empty' });
    expect((await get(id)).tags).toEqual([
      { key: 'empty', value: '' },
      { key: '__proto__', value: 'text\nof lines' },
    ]);
    expect(await refused('POST', 'experiments/delete-experiment-tag', { experiment_id: id, key: 'none' })).toEqual([
      404,
      'RESOURCE_DOES_NOT_EXIST',
      `No tag with name: none in experiment with id ${id}`,
    ]);
    await ask('POST', 'experiments/update', { experiment_id: id, new_name: 'renamed' });
    expect((await get(id)).name).toBe('renamed');
    await create('in the way');
    expect((await refused('POST', 'experiments/update', { experiment_id: id, new_name: 'in the way' })).slice(0, 2)).toEqual([
      400,
      'RESOURCE_ALREADY_EXISTS',
    ]);
  });
});

describe('searching experiments', () => {
  const names = async (asked: object) => {
    const { status, body } = await ask('POST', 'experiments/search', { max_results: 100, ...asked });
    return status === 200 ? (body.experiments ?? []).map(({ name }: { name: string }) => name) : body.message;
  };

  test('finds by name, tag, id and time, in every order, page by page', async () => {
    const id = await create('s-a', { tags: [{ key: 'k', value: 'value' }] });
    const second = await create('s-ab', { tags: [{ key: 'k', value: 'vaLue' }] });
    await create('s-Abc');
    const mine = "name LIKE 's-%'";
    for (const [filter, found] of [
      [mine, ['s-Abc', 's-ab', 's-a']],
      ["name = 's-a'", ['s-a']],
      [`attribute.name != 's-a' AND ${mine}`, ['s-Abc', 's-ab']],
      ["name LIKE 's-a%'", ['s-ab', 's-a']],
      ["name ILIKE 'S-A%'", ['s-Abc', 's-ab', 's-a']],
      ["tags.k = 'value'", ['s-a']],
      ["tag.k != 'value'", ['s-ab']],
      ["tags.`k` ILIKE '%alu%'", ['s-ab', 's-a']],
      ['tags.k IS NOT NULL', ['s-ab', 's-a']],
      [`tags.k IS NULL AND ${mine}`, ['s-Abc']],
      [`experiment_id IN ('${id}', '${second}')`, ['s-ab', 's-a']],
      [`experiment_id != '${id}' and ${mine}`, ['s-Abc', 's-ab']],
      [`creation_time > 0 AND ${mine}`, ['s-Abc', 's-ab', 's-a']],
      ['last_update_time < 5', []],
    ] as const) {
      expect([filter, await names({ filter })]).toEqual([filter, found]);
    }
    expect(await names({ filter: mine, order_by: ['name DESC'] })).toEqual(['s-ab', 's-a', 's-Abc']);
    expect(await names({ filter: mine, order_by: ['experiment_id'] })).toEqual(['s-a', 's-ab', 's-Abc']);
    const { body: first } = await ask('GET', `experiments/search?max_results=2&filter=${encodeURIComponent(mine)}`);
    expect([first.experiments.length, first.next_page_token]).toEqual([2, Buffer.from('{"offset": 2}').toString('base64')]);
    expect(await names({ filter: mine, page_token: first.next_page_token })).toEqual(['s-a']);
    await ask('POST', 'experiments/delete', { experiment_id: second });
    expect(await names({ filter: mine })).toEqual(['s-Abc', 's-a']);
    expect(await names({ filter: mine, view_type: 'DELETED_ONLY' })).toEqual(['s-ab']);
    expect(await names({ filter: mine, view_type: 'ALL' })).toEqual(['s-Abc', 's-ab', 's-a']);
  });

  test.each([
    [{ max_results: 0 }, "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer"],
    [{ max_results: 50_001 }, "Invalid value 50001 for parameter 'max_results' supplied. It must be at most 50000"],
    [{ filter: "name = 'a' OR name = 'b'" }, 'Invalid clause(s) in filter string: OR'],
    [{ filter: "metrics.a > 'x'" }, "Invalid entity type 'metrics'. Valid entity types are ('attribute', 'tag', 'tags')"],
    [{ filter: "foo = 'x'" }, "Invalid attribute key 'foo' specified."],
    [{ filter: "name > 'a'" }, "Invalid comparator '>' not one of"],
    [{ filter: "experiment_id > '1'" }, 'Invalid comparator for experiment_id: >'],
    [{ filter: "experiment_id = 'x'" }, "Invalid experiment ID 'x'. Experiment ID must be a valid integer."],
    [{ filter: 'creation_time > 1.5' }, "Invalid value for numeric attribute 'creation_time': '1.5'"],
    [{ order_by: ['tags.a'] }, 'Invalid order_by entity: tag'],
    [{ page_token: 'zz' }, 'Invalid page token, could not base64-decode'],
  ])('refuses %j', async (asked, message) => {
    expect(await names(asked)).toContain(message);
  });
});
