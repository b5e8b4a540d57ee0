/** The expected answers are those of MLflow 3.17.2's own server, which was asked the same. */
import { beforeAll, describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { protocolOf } from './testProtocol.ts';

const server = testServer();
const ask = protocolOf(server);
const refused = async (...asked: Parameters<typeof ask>) => {
  const { status, body } = await ask(...asked);
  return [status, body.error_code, body.message];
};

describe('a registered model', () => {
  test('is created, described, renamed and deleted', async () => {
    const tags = [{ key: 'team', value: 'ops' }];
    const created = await ask('POST', 'registered-models/create', { name: 'flights', tags, description: 'late?' });
    expect(created).toEqual({
      status: 200,
      body: {
        registered_model: {
          name: 'flights',
          description: 'late?',
          tags,
          creation_timestamp: expect.any(Number),
          last_updated_timestamp: expect.any(Number),
        },
      },
    });
    await ask('PATCH', 'registered-models/update', { name: 'flights', description: '' });
    const { body } = await ask('POST', 'registered-models/rename', { name: 'flights', new_name: 'flights 2' });
    expect(Object.keys(body.registered_model)).not.toContain('description');
    expect(await ask('DELETE', 'registered-models/delete', { name: 'flights 2' })).toEqual({ status: 200, body: {} });
    expect(await refused('GET', 'registered-models/get?name=flights%202')).toEqual([
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Registered Model with name=flights 2 not found',
    ]);
  });

  test.each([
    [{ name: '' }, "Missing value for required parameter 'name'. See the API docs for more information about request parameters."],
    [{ name: '  ' }, "Missing value for required parameter 'name'."],
    [{ name: 'a/b' }, "Invalid model name 'a/b'. Names cannot contain '/' or ':'."],
    [{ name: 'a', tags: [{ key: 'bad$', value: '1' }] }, /^Invalid value "bad\$" for parameter 'key' supplied: Names may only contain/],
    [{ name: 'a', tags: [{ key: 'k'.repeat(251) }] }, "'key' exceeds the maximum length of 250 characters"],
    [{ name: 'a', tags: [{ key: 'k', value: 'v'.repeat(100_001) }] }, "'value' exceeds the maximum length of 100000 characters"],
  ])('of %j is refused', async (body, message) => {
    const [status, code, said] = await refused('POST', 'registered-models/create', body);
    expect([status, code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(said).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });

  test('and a prompt share their names', async () => {
    const prompt = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    await ask('POST', 'registered-models/create', { name: 'greeting', tags: prompt });
    await ask('POST', 'registered-models/create', { name: 'plain' });
    expect((await refused('POST', 'registered-models/create', { name: 'plain' }))[2]).toBe('Registered Model (name=plain) already exists.');
    expect((await refused('POST', 'registered-models/create', { name: 'greeting', tags: prompt }))[2]).toBe(
      'Prompt (name=greeting) already exists.',
    );
    expect((await refused('POST', 'registered-models/create', { name: 'greeting' }))[2]).toMatch(
      /^Tried to create a registered model with name 'greeting', but the name is already taken by a prompt\./,
    );
  });

  test('has aliases, of which some names are kept', async () => {
    await ask('POST', 'registered-models/create', { name: 'aliased' });
    for (let i = 0; i < 2; i++) await ask('POST', 'model-versions/create', { name: 'aliased', source: 's3://b/x' });
    const alias = (alias: string, version: string) => ask('POST', 'registered-models/alias', { name: 'aliased', alias, version });
    expect(await alias('champion', '1')).toEqual({ status: 200, body: {} });
    await alias('champion', '2');
    const found = await ask('GET', 'registered-models/alias?name=aliased&alias=champion');
    expect(found.body.model_version).toMatchObject({ name: 'aliased', version: '2', aliases: ['champion'] });
    expect((await ask('GET', 'registered-models/alias?name=aliased&alias=latest')).body.model_version.version).toBe('2');
    const wrong = {
      latest: /'latest' alias name \(case insensitive\) is reserved/,
      V1: /Version alias name 'V1' is reserved/,
      'a b': /^Invalid alias name: 'a b'/,
    };
    for (const [name, message] of Object.entries(wrong)) expect((await alias(name, '1')).body.message).toMatch(message);
    expect((await alias('champion', '9')).body).toMatchObject({
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: 'Model Version (name=aliased, version=9) not found',
    });
    expect(await ask('DELETE', 'registered-models/alias', { name: 'aliased', alias: 'champion' })).toEqual({ status: 200, body: {} });
    expect(await refused('GET', 'registered-models/alias?name=aliased&alias=champion')).toEqual([
      400,
      'INVALID_PARAMETER_VALUE',
      'Registered model alias champion not found.',
    ]);
  });

  test('is found by GET and by POST with its newest version of each stage', async () => {
    await ask('POST', 'registered-models/create', { name: 'staged' });
    for (let i = 0; i < 3; i++) await ask('POST', 'model-versions/create', { name: 'staged', source: 's3://b/x' });
    const move = (version: string, stage: string) => ask('POST', 'model-versions/transition-stage', { name: 'staged', version, stage });
    await move('1', 'production');
    const latest = (body: { model_versions: { version: string; current_stage: string }[] }) =>
      body.model_versions.map(({ version, current_stage }) => [version, current_stage]);
    expect(latest((await ask('POST', 'registered-models/get-latest-versions', { name: 'staged' })).body as never)).toEqual([
      ['1', 'Production'],
      ['3', 'None'],
    ]);
    const asked = await ask('GET', 'registered-models/get-latest-versions?name=staged&stages=NONE&stages=Staging');
    expect(latest(asked.body as never)).toEqual([['3', 'None']]);
    expect((await move('1', 'bogus')).body.message).toBe(
      'Invalid Model Version stage: bogus. Value must be one of None, Staging, Production, Archived.',
    );
  });
});

describe('a search of registered models', () => {
  beforeAll(async () => {
    for (const name of ['alpha', 'Beta', 'be_ta', 'gam%ma', 'zeta']) {
      const tags = [
        { key: 'found', value: 'yes' },
        { key: 'team', value: `t_${name}` },
        { key: 'odd key', value: '1' },
      ];
      await ask('POST', 'registered-models/create', { name, tags });
    }
    const tags = [
      { key: 'mlflow.prompt.is_prompt', value: 'true' },
      { key: 'found', value: 'yes' },
    ];
    await ask('POST', 'registered-models/create', { name: 'prompted', tags });
  });

  const names = async (filter: string, more = '') => {
    const { status, body } = await ask('GET', `registered-models/search?filter=${encodeURIComponent(filter)}${more}`);
    expect([status, body]).toEqual([200, expect.anything()]);
    return ((body.registered_models ?? []) as { name: string }[]).map(({ name }) => name);
  };

  test.each([
    ["name = 'alpha'", ['alpha']],
    ["name LIKE 'b%'", ['be_ta']],
    ["name ILIKE 'b%'", ['Beta', 'be_ta']],
    ["name LIKE 'be_ta' AND tags.found = 'yes'", ['be_ta']],
    ["name LIKE 'gam\\%ma'", []],
    ["tags.team = 't_alpha'", ['alpha']],
    ["tags.`odd key` = '1' AND name != 'zeta'", ['Beta', 'alpha', 'be_ta', 'gam%ma']],
    ["tag.team LIKE 't_%' and name = 'zeta'", ['zeta']],
    ["name IN ('alpha','zeta')", ['alpha', 'zeta']],
    ["tags.found = 'yes' AND name NOT IN ('alpha', 'zeta')", ['Beta', 'be_ta', 'gam%ma']],
    ["tags.team != 'zzz'", ['Beta', 'alpha', 'be_ta', 'gam%ma', 'zeta']],
    ['name = "alpha"', ['alpha']],
    ["tags.`mlflow.prompt.is_prompt` = 'true' AND name = 'prompted'", ['prompted']],
    ["tags.`mlflow.prompt.is_prompt` != 'true' AND tags.found = 'yes'", ['Beta', 'alpha', 'be_ta', 'gam%ma', 'zeta']],
    ["tags.`mlflow.prompt.is_prompt` = 'false' AND name = 'prompted'", []],
    ["name = 'alpha' AND name = 'zeta'", []],
    [`name = ''; drop table registered_models`, null],
  ])('finds by %s', async (filter, expected) => {
    if (expected) expect(await names(filter)).toEqual(expected);
    else expect((await refused('GET', `registered-models/search?filter=${encodeURIComponent(filter)}`))[0]).toBe(400);
  });

  test.each([
    ['name = alpha', /^Parameter value is either not quoted or unidentified quote types used for string value alpha\./],
    ["name > 'a'", /^Invalid comparator for attribute: >$/],
    ["constructor = 'a'", /^Invalid attribute key 'constructor' specified\. Valid keys are/],
    ["nam = 'a'", /^Invalid attribute key 'nam' specified\. Valid keys are/],
    ["params.x = 'a'", /^Invalid entity type 'params'\. Valid entity types are \('attribute', 'tag', 'tags'\)$/],
    ["name = 'a' OR name = 'b'", /^Invalid clause\(s\) in filter string: OR$/],
    ['name', /^Invalid clause\(s\) in filter string: name$/],
    ["tags.team IN ('a')", /^Expected a quoted string value for tag \(e\.g\. 'my-value'\)\. Got value \('a'\)$/],
    ["name = 'a'; name = 'b'", /^Search filter contained multiple expression/],
  ])('refuses %s', async (filter, message) => {
    const [status, code, said] = await refused('GET', `registered-models/search?filter=${encodeURIComponent(filter)}`);
    expect([status, code, said]).toEqual([400, 'INVALID_PARAMETER_VALUE', expect.stringMatching(message)]);
  });

  test('goes through pages in the order that is asked for', async () => {
    const filter = encodeURIComponent("tags.found = 'yes'");
    const found: string[] = [];
    for (let token: string | undefined = ''; token !== undefined; ) {
      const page = `registered-models/search?filter=${filter}&max_results=2&order_by=name%20DESC&page_token=${encodeURIComponent(token)}`;
      const { body } = await ask('GET', page);
      found.push(...(body.registered_models as { name: string }[]).map(({ name }) => name));
      token = body.next_page_token as string | undefined;
    }
    expect(found).toEqual(['zeta', 'gam%ma', 'be_ta', 'alpha', 'Beta']);
  });

  test.each([
    ['order_by=constructor', /^Invalid order by key 'constructor' specified/],
    ['order_by=bogus', /^Invalid order by key 'bogus' specified/],
    ['order_by=name&order_by=name%20DESC', /`order_by` contains duplicate fields: \['name', 'name DESC'\]/],
    ['order_by=name%20sideways', /^Invalid ordering key in order_by clause 'name sideways'\.$/],
    ['max_results=1001', /^Invalid value "1001" for parameter 'max_results' supplied/],
    ['page_token=bogus', /^Invalid page token, could not base64-decode$/],
  ])('refuses %s', async (query, message) => {
    expect((await refused('GET', `registered-models/search?${query}`))[2]).toMatch(message);
  });
});

test('a viewer reads and does not write', async () => {
  const asViewer = protocolOf(server, await server().tokenOf('viewer'));
  expect((await asViewer('GET', 'registered-models/search')).status).toBe(200);
  const { status, body } = await asViewer('POST', 'registered-models/create', { name: 'mine' });
  expect([status, body.error_code]).toEqual([403, 'PERMISSION_DENIED']);
});
