/** The expected answers are those of MLflow 3.17.2's own server, which was asked the same. */
import { beforeAll, describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { protocolOf } from './testProtocol.ts';

/** Each look at it is a millisecond later: what is ordered by time has one order. */
let clock = 1_700_000_000_000;
const server = testServer({ now: () => ++clock });
const ask = protocolOf(server);
let made = 0;
const newModel = async () => {
  const name = `model ${++made}`;
  await ask('POST', 'registered-models/create', { name });
  return name;
};
const newRun = async () => {
  const run = await server().client.tracking.runs.create({});
  return { id: run.id, root: `mlflow-artifacts:/${run.experimentId}/${run.id}/artifacts` };
};
const newLogged = async (runId: string) =>
  (await ask('POST', 'logged-models', { experiment_id: '0', source_run_id: runId })).body.model.info.model_id as string;

describe('a version', () => {
  test('is made of what a run left, and read back', async () => {
    const [name, run] = [await newModel(), await newRun()];
    const given = {
      source: `${run.root}/model`,
      run_id: run.id,
      description: 'd',
      run_link: 'https://ci/1',
      tags: [{ key: 'x', value: 'y' }],
    };
    const { body } = await ask('POST', 'model-versions/create', { name, ...given });
    const times = { creation_timestamp: expect.any(Number), last_updated_timestamp: expect.any(Number) };
    expect(body.model_version).toEqual({ name, version: '1', current_stage: 'None', status: 'READY', ...given, ...times });
    expect((await ask('GET', `model-versions/get?name=${name}&version=1`)).body).toEqual(body);
    expect((await ask('GET', `model-versions/get-download-uri?name=${name}&version=1`)).body).toEqual({ artifact_uri: given.source });
  });

  test('of a logged model has its run and its files, and the logged model says so', async () => {
    const [name, run] = [await newModel(), await newRun()];
    const id = await newLogged(run.id);
    const { body } = await ask('POST', 'model-versions/create', { name, source: `models:/${id}`, model_id: id });
    expect(body.model_version).toMatchObject({ source: `models:/${id}`, run_id: run.id });
    expect((await ask('GET', `model-versions/get-download-uri?name=${name}&version=1`)).body.artifact_uri).toBe(
      `mlflow-artifacts:/0/models/${id}/artifacts`,
    );
    expect((await ask('GET', `logged-models/${id}`)).body.model.info.tags).toEqual([
      { key: 'mlflow.modelVersions', value: `[{"name": "${name}", "version": 1}]` },
    ]);
  });

  test('of another version has the same files, by number, alias, stage and "latest"', async () => {
    const [first, copy, run] = [await newModel(), await newModel(), await newRun()];
    for (const folder of ['one', 'two'])
      await ask('POST', 'model-versions/create', { name: first, source: `${run.root}/${folder}`, run_id: run.id });
    await ask('POST', 'registered-models/alias', { name: first, alias: 'champion', version: '1' });
    await ask('POST', 'model-versions/transition-stage', { name: first, version: '1', stage: 'Production' });
    const sources = [`models:/${first}/1`, `models:/${first}@champion`, `models:/${first}/Production`, `models:/${first}/latest`];
    const uris: string[] = [];
    for (const [i, source] of sources.entries()) {
      const { body } = await ask('POST', 'model-versions/create', { name: copy, source });
      expect(body.model_version).toMatchObject({ run_id: run.id, source: `models:/${first}/${i === 3 ? 2 : 1}` });
      uris.push((await ask('GET', `model-versions/get-download-uri?name=${copy}&version=${i + 1}`)).body.artifact_uri);
    }
    expect(uris).toEqual(['one', 'one', 'one', 'two'].map((folder) => `${run.root}/${folder}`));
  });

  test('whose source stayed runs:/… has its files downloaded from that run, and from nowhere else', async () => {
    const [name, run, other] = [await newModel(), await newRun(), await newRun()];
    await server().fetch(`runs/${run.id}/artifacts/files/model/MLmodel`, { method: 'PUT', body: 'flavors' });
    await server().fetch(`runs/${other.id}/artifacts/files/MLmodel`, { method: 'PUT', body: 'theirs' });
    const gone = '0'.repeat(32);
    const sources = [
      `runs:/${run.id}/model`,
      `runs:/${run.id}/model/`,
      `runs:/${run.id}`,
      `runs:/${gone}/model`,
      `runs:/${run.id}/../${other.id}`,
    ];
    for (const source of sources) await server().client.registry.versions.create({ name, source });
    const download = async (version: number, path: string) => {
      const query = new URLSearchParams({ name, version: String(version), path });
      const answer = await server().fetch(`../../api/2.0/mlflow/model-versions/get-artifact?${query}`);
      return [answer.status, answer.ok ? await answer.text() : ((await answer.json()) as { message: string }).message];
    };
    expect(await download(1, 'MLmodel')).toEqual([200, 'flavors']);
    expect(await download(2, 'MLmodel')).toEqual([200, 'flavors']);
    expect(await download(3, 'model/MLmodel')).toEqual([200, 'flavors']);
    expect(await download(1, 'none')).toEqual([404, "No such artifact: 'model/none'"]);
    expect(await download(4, 'MLmodel')).toEqual([404, `Run with id=${gone} not found`]);
    expect((await download(5, 'MLmodel'))[0]).toBe(404);
  });

  test('comes from within what the request names, and from nowhere else on this server', async () => {
    const [name, run, other] = [await newModel(), await newRun(), await newRun()];
    const id = await newLogged(run.id);
    const foreign = await newLogged(other.id);
    const refused = [
      [{ source: `${run.root}/model` }, /The run_id request parameter must identify/],
      [{ source: `${run.root}/model`, run_id: other.id }, /The run_id request parameter must identify/],
      [{ source: `${run.root}x/model`, run_id: run.id }, /The run_id request parameter must identify/],
      [{ source: `runs:/${run.id}/model`, run_id: other.id }, /The run_id request parameter must identify/],
      [{ source: `models:/${id}` }, /The model_id request parameter must identify/],
      [{ source: `models:/${id}`, model_id: foreign }, /The model_id request parameter must identify/],
      [{ source: `mlflow-artifacts:/0/models/${foreign}/artifacts`, model_id: id }, /The model_id request parameter must identify/],
      [{ source: `${run.root}/../../secret`, run_id: run.id }, /without relative path references/],
      [{ source: `${run.root}/%252e%252e/secret`, run_id: run.id }, /without relative path references/],
      [{ source: `${run.root}/%${'25'.repeat(7)}2e./secret`, run_id: run.id }, /without relative path references/],
      [{ source: `${run.root}/%${'25'.repeat(300)}2e./secret`, run_id: run.id }, /percent-encoded more than 8 times/],
      [{ source: `${run.root}/%${'25'.repeat(20_000)}`, run_id: run.id }, /'source' exceeds the maximum length of 2000 characters/],
      [{ source: '/etc/passwd', run_id: run.id }, /To use a local path as a model version source/],
      [{ source: 'file:///etc/passwd', run_id: run.id }, /To use a local path as a model version source/],
      [{ source: 'http://169.254.169.254/x' }, /cannot use the 'http' scheme/],
      [{ source: 'mlflow-artifacts://elsewhere/x', run_id: run.id }, /cannot use the 'mlflow-artifacts' scheme/],
      [{ source: 'dummy-source', tags: [] }, /To use a local path as a model version source/],
      [{ source: 's3://b/x', tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] }, /^Invalid prompt source: 's3:\/\/b\/x'/],
    ] as const;
    for (const [body, message] of refused) {
      const answer = await ask('POST', 'model-versions/create', { name, ...body });
      expect([answer.status, answer.body.error_code, answer.body.message]).toEqual([
        400,
        'INVALID_PARAMETER_VALUE',
        expect.stringMatching(message),
      ]);
    }
    expect((await ask('GET', `registered-models/get?name=${name}`)).body.registered_model.latest_versions).toBeUndefined();
  });

  test('of whatever source is refused to who may only look, before the source is read', async () => {
    const viewer = protocolOf(server, await server().tokenOf('viewer'));
    const { status, body } = await viewer('POST', 'model-versions/create', {
      name: await newModel(),
      source: `runs:/%${'25'.repeat(20_000)}`,
    });
    expect([status, body.error_code]).toEqual([403, 'PERMISSION_DENIED']);
  });

  test.each([
    ['a model', { name: 'nobody', source: 's3://b/x' }, 'Registered Model with name=nobody not found'],
    ['a version', { source: 'models:/nobody/1' }, 'Registered Model with name=nobody not found'],
    ['a logged model', { source: 's3://b/x', model_id: 'm-nobody' }, "Logged model with ID 'm-nobody' not found."],
  ])('of %s that is not there is refused', async (_, body, message) => {
    const answer = await ask('POST', 'model-versions/create', { name: await newModel(), ...body });
    expect(answer).toMatchObject({ status: 404, body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message } });
  });

  test('is described, tagged and deleted', async () => {
    const name = await newModel();
    await ask('POST', 'model-versions/create', { name, source: 's3://b/x' });
    const version = { name, version: '1' };
    expect((await ask('PATCH', 'model-versions/update', { ...version, description: 'new' })).body.model_version.description).toBe('new');
    expect(await ask('POST', 'model-versions/set-tag', { ...version, key: 'a b', value: 'c' })).toEqual({ status: 200, body: {} });
    expect((await ask('GET', `model-versions/get?name=${name}&version=1`)).body.model_version.tags).toEqual([{ key: 'a b', value: 'c' }]);
    for (let i = 0; i < 2; i++)
      expect(await ask('DELETE', 'model-versions/delete-tag', { ...version, key: 'a b' })).toEqual({ status: 200, body: {} });
    expect(await ask('DELETE', 'model-versions/delete', version)).toEqual({ status: 200, body: {} });
    for (const asked of ['1', '99', '99999999999', '0', '-1']) {
      const { status, body } = await ask('GET', `model-versions/get?name=${name}&version=${asked}`);
      expect([status, body.message]).toEqual([404, `Model Version (name=${name}, version=${asked}) not found`]);
    }
    const { body } = await ask('GET', `model-versions/get?name=${name}&version=x`);
    expect(body).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE', message: "Parameter 'version' must be an integer, got 'x'." });
  });
});

describe('a search of versions', () => {
  let names: string[] = [];
  beforeAll(async () => {
    names = ['V1', 'v2'];
    for (const name of names) await ask('POST', 'registered-models/create', { name });
    const versions = [
      ['V1', 's3://b/one', 'r1'],
      ['V1', 's3://b/two', 'r2'],
      ['v2', 's3://b/One', 'r1'],
      ['v2', 's3://b/x%y', ''],
    ];
    for (const [name, source, run_id] of versions)
      await ask('POST', 'model-versions/create', { name, source, run_id, tags: [{ key: 't', value: source }] });
    await ask('POST', 'registered-models/create', { name: 'V-prompt' });
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    await ask('POST', 'model-versions/create', { name: 'V-prompt', source: 'dummy-source', tags });
  });

  const search = async (query: Record<string, string>) => {
    const { status, body } = await ask('GET', `model-versions/search?${new URLSearchParams(query)}`);
    if (status !== 200) return [status, body.message as string];
    return ((body.model_versions ?? []) as { name: string; version: string }[]).map(({ name, version }) => `${name}/${version}`);
  };
  const mine = " AND name ILIKE 'v%'";

  test.each([
    ["name='V1'", ['V1/2', 'V1/1']],
    ["name ILIKE 'v%'", ['v2/2', 'v2/1', 'V1/2', 'V1/1']],
    ["run_id = 'r1'", ['v2/1', 'V1/1']],
    ["run_id IN ('r1','r2')", ['v2/1', 'V1/2', 'V1/1']],
    [`run_id NOT IN ('r1')${mine}`, ['v2/2', 'V1/2']],
    ["source_path LIKE '%b/one'", ['V1/1']],
    ["source_path ILIKE '%b/one'", ['v2/1', 'V1/1']],
    ["source_path = 's3://b/x%y'", ['v2/2']],
    [`version_number > 1${mine}`, ['v2/2', 'V1/2']],
    [`version_number = '2'${mine}`, ['v2/2', 'V1/2']],
    ["tags.t LIKE '%one' AND tags.t ILIKE 'S3%'", ['V1/1']],
    ["tags.`t` != 's3://b/one'", ['v2/2', 'v2/1', 'V1/2']],
    ["name = 'V1' AND version_number = 2", ['V1/2']],
    ["name = 'V1' AND", ['V1/2', 'V1/1']],
    ["tags.`mlflow.prompt.is_prompt` = 'true'", ['V-prompt/1']],
    ['version_number = -1', []],
  ])('finds by %s', async (filter, expected) => {
    expect(await search({ filter })).toEqual(expected);
  });

  test.each([
    ["current_stage = 'None'", /^Invalid attribute key 'current_stage' specified/],
    ['version_number = 1.5', /^Invalid value for numeric attribute 'version_number': 1\.5$/],
    ["version_number = 'abc'", /^Invalid value for numeric attribute 'version_number': 'abc'$/],
    ["version_number LIKE '1'", /^Invalid comparator for attribute version_number: LIKE$/],
    ["source_path IN ('a')", /^Only \['name', 'run_id'\] attributes support comparison with a list of quoted string values\.$/],
    ['run_id IN ()', /expected a non-empty list of string values, but got empty list$/],
    ['name = 5', /attributes support comparison with numeric values\.$/],
    ["name = 'V1' OR name = 'v2'", /^Invalid clause\(s\) in filter string: OR$/],
    ["(name = 'V1')", /^Invalid clause\(s\) in filter string: \(name = 'V1'\)$/],
    ["tags.t > 'a'", /^Invalid comparator for tag: >$/],
  ])('refuses %s', async (filter, message) => {
    expect(await search({ filter })).toEqual([400, expect.stringMatching(message)]);
  });

  test.each([
    ['name DESC', ['v2/2', 'v2/1', 'V1/2', 'V1/1']],
    ['version_number DESC', ['V1/2', 'v2/2', 'V1/1', 'v2/1']],
    ['creation_timestamp', ['V1/1', 'V1/2', 'v2/1', 'v2/2']],
    ['attribute.name', ['V1/2', 'V1/1', 'v2/2', 'v2/1']],
    ['bogus', [400, expect.stringMatching(/^Invalid attribute key 'bogus' specified/)]],
  ])('is ordered by %s', async (order_by, expected) => {
    expect(await search({ filter: "name IN ('V1', 'v2')", order_by })).toEqual(expected);
  });

  test('goes through pages', async () => {
    const filter = "name IN ('V1', 'v2')";
    const { body } = await ask('GET', `model-versions/search?${new URLSearchParams({ filter, max_results: '3' })}`);
    expect(body.model_versions).toHaveLength(3);
    expect(await search({ filter, max_results: '3', page_token: body.next_page_token })).toEqual(['V1/1']);
    expect(await search({ max_results: '0' })).toEqual([400, 'Invalid value for max_results. It must be a positive integer, but got 0']);
  });
});
