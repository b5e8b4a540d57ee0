/** Every operation of the contract, as the OpenAPI document lists it, given what no client of ours would send. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { checkout } from '../e2e/processes.ts';
import { type Answer, type Failed, realServer } from './realServer.ts';

type Schema = Record<string, unknown> & {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  anyOf?: Schema[];
  allOf?: Schema[];
  const?: unknown;
  format?: string;
  pattern?: string;
  minItems?: number;
  minimum?: number;
};
interface Operation {
  method: string;
  path: string;
  id: string;
  params: { name: string; in: string; schema: Schema }[];
  body: Schema | null;
}

const document = JSON.parse(readFileSync(join(checkout, 'schema/generated/openapi.json'), 'utf8'));
const resolve = (schema: Schema): Schema =>
  schema.$ref
    ? resolve(
        schema.$ref
          .split('/')
          .slice(1)
          .reduce((at, part) => at[part], document),
      )
    : schema;
const OPERATIONS: Operation[] = Object.entries<Record<string, Record<string, never>>>(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase(),
    path,
    id: String(operation.operationId),
    params: (operation.parameters ?? []) as Operation['params'],
    body: bodyOf(operation),
  })),
);
function bodyOf(operation: Record<string, unknown>): Schema | null {
  const content = (operation.requestBody as { content?: Record<string, { schema: Schema }> } | undefined)?.content;
  return content?.['application/json'] ? resolve(content['application/json'].schema) : null;
}
const WITH_BODY = OPERATIONS.filter(({ body, id }) => body !== null && id !== 'session.open');
/** Of a viewer alone: views that nobody else sees, and what of the inbox was read. */
const OWN_THINGS = /^collaboration\.(views|inbox)\./;
const MUTATIONS = OPERATIONS.filter(
  ({ method, id }) =>
    method !== 'GET' &&
    !/^session\.|\.(search|keys|history|groups|exportChosen|verifyEvents|explain|replay)$/.test(id) &&
    !OWN_THINGS.test(id),
);

const server = realServer();
let run = '';
let counts: Record<string, number> = {};
beforeAll(async () => {
  run = await server.newRun({ name: 'victim', tags: { team: 'a' } });
  counts = await settledCounts();
});
afterAll(async () => {
  expect(await server.isAlive(), 'the server lives').toBe(true);
});

/** Without the columns' own news (last use of a token) only rows count. */
const settledCounts = () => server.rowCounts();
const nothingStored = async () => expect(await settledCounts()).toEqual(counts);

const NOBODY = '00000000-0000-4000-8000-000000000000';

const fill = (path: string, values: Record<string, string> = {}) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const schema = OPERATIONS.find((operation) => operation.path === path)?.params.find((param) => param.name === name)?.schema;
    return encodeURIComponent(values[name] ?? (/path/i.test(name) ? 'a.txt' : String(schema ? sampleOf(schema) : run)));
  });

/** Something that the schema takes; texts with a pattern come from the ids that there are. */
function sampleOf(given: Schema): unknown {
  const schema = resolve(given);
  const [choice] = schema.anyOf ?? schema.allOf ?? [];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (choice) return sampleOf(choice);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'string') {
    if (schema.format === 'uuid') return NOBODY;
    const pattern = schema.pattern === undefined ? null : new RegExp(schema.pattern, 'u');
    const known = [run, `m-${run}`, `run:${run}`, '1', 'champion', 'a'.repeat(64)];
    return pattern ? (known.find((text) => pattern.test(text)) ?? 'x') : run;
  }
  if (type === 'integer' || type === 'number') return Math.max(1, schema.minimum ?? 1);
  if (type === 'boolean') return true;
  if (type === 'array') return (schema.minItems ?? 0) > 0 && schema.items ? [sampleOf(schema.items)] : [];
  return Object.fromEntries((schema.required ?? []).map((name) => [name, sampleOf(schema.properties?.[name] ?? {})]));
}

function expectRefusal(what: string, { status, body, text }: Answer, statuses: number[]): Failed {
  expect(statuses, `${what}: ${status} ${text.slice(0, 300)}`).toContain(status);
  expect(body, what).toEqual({
    defined: true,
    code: expect.stringMatching(/^[A-Z_]+$/),
    status,
    message: expect.stringMatching(/./),
    data: { issues: expect.any(Array) },
  });
  const failed = body as Failed;
  for (const issue of failed.data.issues) expect(issue, what).toMatchObject({ field: expect.any(String), reason: expect.any(String) });
  expect(failed.data.issues.length, what).toBeGreaterThan(0);
  return failed;
}

describe('every operation with a body', () => {
  test.each(WITH_BODY.map((operation) => [operation.id, operation] as const))(
    '%s: no JSON, and JSON of the wrong type, are refused with place and field',
    async (id, { method, path, body }) => {
      for (const [text, place] of [
        ['{"a": 1,\n  "b": }', 'line 2, column 8'],
        ['{"a"', 'line 1, column 5'],
        ['', ''],
      ] as const) {
        if (text === '') continue;
        const failed = expectRefusal(`${id} ${text}`, await server.send(method, fill(path), text), [400]);
        expect(failed.data.issues[0]?.reason, id).toContain(place);
      }
      for (const whole of ['null', '[]', '7', '"x"', 'true']) {
        const answer = await server.send(method, fill(path), whole);
        // Where every field may be absent, an array without fields is an object without fields to some parsers: not an error of ours.
        if (answer.status < 300) expect(body?.required ?? [], `${id} ${whole}`).toEqual([]);
        else expectRefusal(`${id} ${whole}`, answer, [400, 404]);
      }
      for (const [name, schema] of Object.entries(body?.properties ?? {})) {
        if (FROM_TEXT.has(name)) continue;
        for (const wrong of wrongFor(resolve(schema))) {
          const failed = expectRefusal(
            `${id} ${name}=${JSON.stringify(wrong)}`,
            await server.send(method, fill(path), { [name]: wrong }),
            [400, 404, 413],
          );
          if (failed.status === 400) {
            const fields = failed.data.issues.map(({ field }) => field);
            expect(
              fields.some((field) => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`)),
              `${id} ${name}: ${JSON.stringify(failed.data.issues)}`,
            ).toBe(true);
          }
        }
      }
      await nothingStored();
    },
    60_000,
  );
});

/** Numbers that also come in addresses, hence as text: these schemas make a number of what looks like one. */
const FROM_TEXT = new Set(['limit', 'rows', 'depth', 'maxPoints', 'fromStep', 'toStep']);

/** Values that no schema of this kind takes. */
function wrongFor(schema: Schema): unknown[] {
  const kinds = new Set(
    [schema, ...(schema.anyOf ?? []).map(resolve)].flatMap(({ type, enum: words }) => [type ?? [], words ? 'string' : []].flat(2)),
  );
  const candidates: [string, unknown][] = [
    ['string', 'x'.repeat(2_000_000)],
    ['number', 1e308],
    ['boolean', true],
    ['array', [null]],
    ['object', { __proto__: null, a: { b: [1] } }],
  ];
  const known = (kind: string) => kinds.has(kind) || (kind === 'number' && kinds.has('integer'));
  return kinds.size === 0 ? [] : candidates.filter(([kind]) => !known(kind)).map(([, value]) => value);
}

test('every parameter of every address: what it cannot be is refused, an id that is nobody is not found', async () => {
  const wrong = ['%00', '..%2f..%2fetc', "'; drop table runs; --", '<script>alert(1)</script>', '9'.repeat(400), '-1', 'NaN', '__proto__'];
  for (const { id, method, path, params } of OPERATIONS) {
    if (id === 'tracking.watch' || id.startsWith('session.')) continue;
    for (const param of params) {
      for (const value of wrong) {
        const encoded = value.startsWith('%') || value.includes('%2f') ? value : encodeURIComponent(value);
        const target =
          param.in === 'path'
            ? path.replace(`{${param.name}}`, encoded).replace(/\{(\w+)\}/g, (_, name: string) => (/path/.test(name) ? 'a.txt' : run))
            : `${fill(path)}?${param.name}=${encoded}`;
        const answer = await server.send(method, target, method === 'GET' || method === 'DELETE' ? undefined : {});
        const what = `${id} ${param.name}=${value}`;
        // A name may be anything that is clean; what it says is never code.
        if (answer.status < 300) expect(`${param.in} ${id}`, what).toMatch(/^query |artifacts\.(upload|download)$/);
        else expectRefusal(what, answer, [400, 404, 409]);
      }
    }
  }
  const now = await settledCounts();
  expect(now.artifacts, 'names that are strange and clean').toBeLessThan(10);
  const { artifacts, edges, events } = now;
  expect(now).toEqual({ ...counts, artifacts, edges, events });
  counts = await settledCounts();
}, 60_000);

test('without a token, or with a wrong one, every operation is answered 401 and nothing else', async () => {
  for (const { id, method, path } of OPERATIONS) {
    if (id.startsWith('session.')) continue;
    const body = method === 'GET' || method === 'DELETE' ? undefined : {};
    for (const token of [null, 'ck_wrong', `${server.process.token}x`, '\u00e9', "' or 1=1 --"]) {
      const answer = await server.send(method, fill(path), body, { token: token === null ? null : encodeURIComponent(token) });
      expect(expectRefusal(`${id} ${token}`, answer, [401]).code).toBe('UNAUTHORIZED');
    }
  }
  await nothingStored();
});

test("a viewer's token changes nothing: every mutation is answered 403, every reading is answered", async () => {
  const viewer = await server.tokenOf('viewer');
  counts = await settledCounts();
  const bodies: Record<string, unknown> = {
    'access.users.create': { name: 'x' },
    'access.tokens.create': { label: 'for another', userId: '00000000-0000-4000-8000-000000000000' },
    'tracking.experiments.create': { name: 'x' },
    'tracking.runs.delete': { ids: [run] },
    'tracking.runs.restore': { ids: [run] },
    'registry.versions.create': { source: 's3://elsewhere/model' },
    'tracking.runs.tag': { ids: [run], setTags: { a: 'b' } },
    'tracking.runs.archive': { ids: [run] },
    'tracking.runs.unarchive': { ids: [run] },
    'tracking.artifacts.delete': { path: 'a.txt' },
    'tracking.ingest': { writer: '00000000-0000-4000-8000-000000000000', seq: 1, records: [] },
    'design.notebooks.move': { from: 'a', to: 'b' },
    'deployment.rayDeployments.put': { releaseId: NOBODY, address: 'http://127.0.0.1:8265' },
  };
  for (const { id, method, path, body } of MUTATIONS) {
    const ids = id.startsWith('tracking.experiments')
      ? { id: '0' }
      : id.startsWith('access')
        ? { id: '00000000-0000-4000-8000-000000000000' }
        : {};
    const answer = await server.send(
      method,
      fill(path, ids as Record<string, string>),
      method === 'DELETE' ? undefined : (bodies[id] ?? sampleOf(body ?? {})),
      {
        token: viewer,
      },
    );
    // One may revoke one's own tokens whatever one is; another's is not even seen.
    if (id === 'access.tokens.revoke') expect(answer.body).toEqual({ revoked: false });
    // Who wrote a comment decides, so it is looked for first.
    else expectRefusal(id, answer, id === 'collaboration.comments.delete' ? [404] : [403]);
  }
  expect((await server.send('POST', '/runs/search', {}, { token: viewer })).status).toBe(200);
  expect((await server.send('GET', `/runs/${run}`, undefined, { token: viewer })).status).toBe(200);
  await nothingStored();
});

test('a page of another origin gets no WebSocket, whatever token it has', async () => {
  const address = `${server.process.url.replace('http', 'ws')}/api/v1/rpc`;
  for (const origin of ['https://evil.example', 'null', `${server.process.url}.evil.example`, 'http://127.0.0.1:1']) {
    const socket = new WebSocket(address, { headers: { authorization: `Bearer ${server.process.token}`, origin } });
    const status = await new Promise((done) => {
      socket.once('unexpected-response', (_request, response) => done(response.statusCode));
      socket.once('open', () => done('open'));
      socket.once('error', () => {});
    });
    socket.terminate();
    expect(status, origin).toBe(403);
  }
});
