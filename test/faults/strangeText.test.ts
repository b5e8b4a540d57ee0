import { limits } from '@cellkeep/schema/wire';
import { expect, test } from 'vitest';
import { type Failed, realServer } from './realServer.ts';

const server = realServer();

/** Every one is stored as the text that it is, or refused with its field. */
const STRANGE: [string, string][] = [
  ['SQL', `'); drop table runs; --`],
  ['SQL of arrays and dollars', `{"a",\\"b"}$$$1\${x}`],
  ['HTML', '<script>alert(1)</script><img src=x onerror=alert(1)>'],
  ['Markdown with a script', '[x](javascript:alert(1))'],
  ['a template', '{{7*7}}<%= 7*7 %>'],
  ['words of JavaScript', '__proto__'],
  ['constructor', 'constructor'],
  ['emoji and combining marks', '🧪 é é ‮right to left'],
  ['U+0000', 'a\u0000b'],
  ['half a surrogate pair', 'a\ud800b'],
  ['controls', 'a\u0001\u001b[31m\u007fb'],
  ['line breaks', 'a\r\nb'],
  ['a path out', '../../etc/passwd'],
  ['spaces', '   '],
];

/** How each text field is written and read back. */
const FIELDS: {
  field: string;
  write: (text: string) => Promise<{ status: number; body: unknown; text: string }>;
  read: (made: never) => unknown;
}[] = [
  field(
    'name',
    (name) => server.send('POST', '/runs', { name }),
    (run: { name: string }) => run.name,
  ),
  field(
    'notes',
    (notes) => server.send('POST', '/runs', { notes }),
    (run: { notes: string }) => run.notes,
  ),
  field(
    'tags',
    (tag) => server.send('POST', '/runs', { tags: { t: tag } }),
    (run: { tags: { t: string } }) => run.tags.t,
  ),
  field(
    'params',
    (param) => server.send('POST', '/runs', { params: { p: param } }),
    (run: { params: { p: string } }) => run.params.p,
  ),
  field(
    'tags',
    (key) => server.send('POST', '/runs', { tags: own(key, 'v') }),
    (run: { tags: object }) => Object.keys(run.tags)[0],
  ),
  field(
    'params',
    (key) => server.send('POST', '/runs', { params: own(key, 'v') }),
    (run: { params: object }) => Object.keys(run.params)[0],
  ),
  field(
    'source',
    (entrypoint) => server.send('POST', '/runs', { source: { entrypoint } }),
    (run: { source: { entrypoint: string } }) => run.source.entrypoint,
  ),
  field(
    'name',
    (name) => server.send('POST', '/experiments', { name }),
    (made: { name: string }) => made.name,
  ),
  field(
    'description',
    (description) => server.send('POST', '/experiments', { name: crypto.randomUUID(), description }),
    (made: { description: string }) => made.description,
  ),
  field(
    'name',
    (name) => server.send('POST', '/users', { name }),
    (made: { user: { name: string } }) => made.user.name,
  ),
  field(
    'label',
    (label) => server.send('POST', '/tokens', { label }),
    (made: { token: { label: string } }) => made.token.label,
  ),
];
function field<T>(
  name: string,
  write: (text: string) => Promise<{ status: number; body: unknown; text: string }>,
  read: (made: T) => unknown,
) {
  return { field: name, write, read: read as (made: never) => unknown };
}
/** Also where the key is `__proto__`, which an object literal would swallow. */
const own = (key: string, value: string): object => JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value)}}`);

test.each(STRANGE)('%s in every text field is kept as it is or refused with the field, and never fails the server', async (_what, text) => {
  const before = await server.rowCounts();
  let kept = 0;
  for (const [i, { field: name, write, read }] of FIELDS.entries()) {
    const answer = await write(text);
    const what = `${name} (${i}): ${answer.status} ${answer.text.slice(0, 300)}`;
    if (answer.status < 300) {
      kept += 1;
      // Names lose the spaces around them; characters that no database keeps may become U+FFFD.
      const found = read(answer.body as never);
      // zod leaves out this one key of a record, so that nobody's prototype is touched.
      if (text === '__proto__' && found === undefined) continue;
      expect([text, text.trim(), text.replaceAll('\0', '\ufffd').toWellFormed()], what).toContain(found);
    } else {
      expect([400, 409], what).toContain(answer.status);
      const { data } = answer.body as Failed;
      if (answer.status === 400) expect(data.issues[0]?.field.split(/[.[]/)[0], what).toMatch(new RegExp(`^(${name}|)$`));
    }
  }
  const after = await server.rowCounts();
  expect(
    after.runs! -
      before.runs! +
      (after.experiments! - before.experiments!) +
      (after.users! - before.users!) +
      (after.tokens! - before.tokens!),
  ).toBe(kept);
  expect(await server.isAlive()).toBe(true);
  expect(({} as { v?: string }).v).toBeUndefined();
});

test.each(STRANGE)('%s as filter, key, path and name is looked for, not run', async (_what, text) => {
  for (const [method, path, body] of [
    ['POST', '/runs/search', { filter: `tags.t = "${text}"` }],
    ['POST', '/runs/search', { filter: text }],
    ['POST', '/runs/search', { orderBy: [{ by: `metrics.${text}` }] }],
    ['POST', '/runs/search', { notebookPath: text }],
    ['POST', '/runs/search', { cursor: text }],
    ['POST', '/metrics/history', { runIds: ['0'.repeat(32)], keys: [text] }],
    ['POST', '/notebooks/move', { from: text, to: 'x' }],
    ['GET', `/experiments?name=${encodeURIComponent(text.toWellFormed())}`, undefined],
    ['GET', `/lineage?subject=${encodeURIComponent(text.toWellFormed())}`, undefined],
    ['GET', `/events?subject=${encodeURIComponent(text.toWellFormed())}`, undefined],
    ['GET', `/executions?cellId=${encodeURIComponent(text.toWellFormed())}`, undefined],
  ] as const) {
    const answer = await server.send<Failed>(method, path, body);
    const what = `${method} ${path} ${JSON.stringify(body)}: ${answer.status} ${answer.text.slice(0, 300)}`;
    expect([200, 400], what).toContain(answer.status);
    if (answer.status === 400) expect(answer.body.data.issues.length, what).toBeGreaterThan(0);
  }
});

test('what is one longer than its limit is refused with the field; what is just as long is kept', async () => {
  const run = await server.newRun();
  const x = (n: number) => 'x'.repeat(n);
  const cases: [string, number, string, (text: string) => unknown][] = [
    ['POST /runs', limits.name, 'name', (text) => ({ name: text })],
    ['POST /runs', limits.notes, 'notes', (text) => ({ notes: text })],
    ['POST /runs', limits.tagValue, 'tags.t', (text) => ({ tags: { t: text } })],
    ['POST /runs', limits.paramValue, 'params.p', (text) => ({ params: { p: text } })],
    ['POST /runs', limits.key, 'params', (text) => ({ params: { [text]: '1' } })],
    ['POST /experiments', limits.name, 'name', (text) => ({ name: text })],
    ['POST /experiments', limits.notes, 'description', (text) => ({ name: crypto.randomUUID(), description: text })],
    ['POST /users', limits.name, 'name', (text) => ({ name: text })],
    ['POST /tokens', limits.name, 'label', (text) => ({ label: text })],
    [`PATCH /runs/${run}`, limits.traceback, 'error.traceback', (text) => ({ error: { name: 'E', message: 'm', traceback: text } })],
    [`POST /runs/${run}/log`, limits.key, 'series[0].key', (text) => ({ series: [{ key: text, steps: [1], times: [1], values: [1] }] })],
  ];
  for (const [address, limit, name, body] of cases) {
    const [method = '', path = ''] = address.split(' ');
    const fits = await server.send(method, path, body(x(limit)));
    expect(fits.status, `${address} ${name} at its limit: ${fits.text.slice(0, 200)}`).toBeLessThan(300);
    const over = await server.send<Failed>(method, path, body(x(limit + 1)));
    expect(over.status, `${address} ${name} over its limit`).toBe(400);
    expect(over.body.data.issues[0]?.field, address).toContain(name);
  }
  const filter = await server.send<Failed>('POST', '/runs/search', { filter: `name = "${x(limits.filter)}"` });
  expect([filter.status, filter.body.data.issues[0]?.field]).toEqual([400, 'filter']);
  const ids = Array.from({ length: limits.runsPerRequest + 1 }, () => run);
  const many = await server.send<Failed>('POST', '/runs/delete', { ids });
  expect([many.status, many.body.data.issues[0]?.field]).toEqual([400, 'ids']);
  const records = Array.from({ length: limits.recordsPerRequest + 1 }, () => ({}));
  const batch = await server.send<Failed>('POST', '/ingest', { writer: crypto.randomUUID(), seq: 1, records });
  expect([batch.status, batch.body.data.issues[0]?.field]).toEqual([400, 'records']);
});

test('numbers that are none, steps beyond 2^53 and unequal columns are refused with their place, and nothing of the request is stored', async () => {
  const run = await server.newRun();
  const good = '{"key":"good","steps":[1],"times":[1],"values":[1]}';
  const bad: [string, string][] = [
    ['{"key":"k","steps":[1,2],"times":[1,2],"values":[1]}', 'series[1]'],
    ['{"key":"k","steps":[9007199254740992],"times":[1],"values":[1]}', 'series[1].steps[0]'],
    ['{"key":"k","steps":[1e308],"times":[1],"values":[1]}', 'series[1].steps[0]'],
    ['{"key":"k","steps":[1.5],"times":[1],"values":[1]}', 'series[1].steps[0]'],
    ['{"key":"k","steps":["1"],"times":[1],"values":[1]}', 'series[1].steps[0]'],
    ['{"key":"k","steps":[1],"times":[8640000000000001],"values":[1]}', 'series[1].times[0]'],
    ['{"key":"k","steps":[1],"times":[null],"values":[1]}', 'series[1].times[0]'],
    ['{"key":"k","steps":[1],"times":[1],"values":["nan"]}', 'series[1].values[0]'],
    ['{"key":"k","steps":[1],"times":[1],"values":[null]}', 'series[1].values[0]'],
    ['{"key":"k","steps":[1],"times":[1],"values":[1e400]}', 'series[1].values[0]'],
    ['{"key":"k","steps":[1],"times":[1],"values":[{}]}', 'series[1].values[0]'],
    ['{"key":"","steps":[1],"times":[1],"values":[1]}', 'series[1].key'],
    ['{"key":"../k","steps":[1],"times":[1],"values":[1]}', 'series[1].key'],
    ['{"steps":[1],"times":[1],"values":[1]}', 'series[1].key'],
    ['null', 'series[1]'],
  ];
  for (const [series, place] of bad) {
    const answer = await server.send<Failed>('POST', `/runs/${run}/log`, `{"series":[${good},${series}]}`);
    expect([answer.status, answer.body.data.issues[0]?.field], `${series}: ${answer.text.slice(0, 200)}`).toEqual([400, place]);
  }
  for (const token of ['NaN', 'Infinity', '-Infinity', 'undefined', "'1'"]) {
    const answer = await server.send<Failed>(
      'POST',
      `/runs/${run}/log`,
      `{"series":[{"key":"k","steps":[1],"times":[1],"values":[${token}]}]}`,
    );
    expect(answer.status, token).toBe(400);
    expect(answer.body.data.issues[0]?.reason).toMatch(/no JSON from line 1, column \d+ on/);
  }
  expect(await server.ask('GET', `/runs/${run}`)).toMatchObject({ metrics: {} });
});

test('no name of an artifact leads out of its run', async () => {
  const run = await server.newRun();
  const before = await server.rowCounts();
  for (const path of [
    '../x',
    '..',
    '.',
    'a/../b',
    'a//b',
    '/etc/passwd',
    'a\\b',
    'a%00b',
    '%2e%2e/x',
    '%2e%2e%2fx',
    'a%2fb',
    '%252e%252e%252fx',
    'a%0ab',
    `${'x'.repeat(limits.artifactPath + 1)}`,
    '%ff',
    '',
  ]) {
    // Written to the socket as it stands: fetch would clean the address first.
    const status = await putAsItIs(`/api/v1/runs/${run}/artifacts/files/${path}`);
    expect([400, 404], path).toContain(status);
  }
  expect(await server.rowCounts()).toEqual(before);
});

async function putAsItIs(path: string): Promise<number> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: server.process.port,
        path,
        method: 'PUT',
        headers: { authorization: `Bearer ${server.process.token}` },
        agent: false,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.once('error', reject).end('content');
  });
}
