import { ingestRecord } from '@cellkeep/schema/tracking';
import { wireNumber } from '@cellkeep/schema/wire';
import { ORPCError } from '@orpc/server';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { asFailure, failure, failureBody, fieldOf, isFailure, toIssue } from './failure.ts';

const issuesOf = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error!.issues.map(toIssue);
const system = (code: string, more: object = {}) => Object.assign(new Error(`says ${code}`), { code, ...more });

describe('a field is a path as one would write it', () => {
  test.each([
    [[], ''],
    [['name'], 'name'],
    [['records', 3, 'points', 0, 'key'], 'records[3].points[0].key'],
    [[0, 'x'], '[0].x'],
    [[{ key: 'tags' }, { key: 'a.b' }], 'tags.a.b'],
  ])('%j', (path, field) => {
    expect(fieldOf(path)).toBe(field);
  });
});

describe('what validation found', () => {
  test('names each field and its rule', () => {
    const schema = z.object({ name: z.string().max(3), runs: z.array(z.object({ id: z.string().regex(/^[0-9a-f]$/, 'an id is hex') })) });
    expect(issuesOf(schema, { name: 'long', runs: [{ id: 'f' }, { id: 'x' }] })).toEqual([
      { field: 'name', reason: expect.stringContaining('3') },
      { field: 'runs[1].id', reason: 'an id is hex' },
    ]);
  });

  test('of a union, names the alternative that was meant', () => {
    const issues = issuesOf(z.array(ingestRecord), [{ type: 'heartbeat', runIds: ['x'] }]);
    expect(issues).toEqual([{ field: '[0].runIds[0]', reason: 'a run id is 32 lower-case hex digits' }]);
  });

  test('of a union of plain values, names all that may stand there', () => {
    const [issue] = issuesOf(z.object({ value: wireNumber }), { value: true });
    expect(issue).toMatchObject({ field: 'value', reason: expect.stringMatching(/number.*; or .*"NaN"/) });
  });

  test('of a union in a union, goes to the bottom', () => {
    const inner = z.union([z.object({ a: z.number() }), z.string()]);
    const schema = z.object({ outer: z.union([z.object({ inner }), z.null()]) });
    expect(issuesOf(schema, { outer: { inner: { a: 'x' } } })).toEqual([
      { field: 'outer.inner.a', reason: expect.stringContaining('number') },
    ]);
  });

  test('comes to the client as BAD_REQUEST with at most a hundred issues', () => {
    const issues = Array.from({ length: 500 }, (_, n) => ({ message: 'wrong', path: [n] }));
    const failed = asFailure(new ORPCError('BAD_REQUEST', { data: { issues } }));
    expect(failed).toMatchObject({ code: 'BAD_REQUEST', status: 400, defined: true });
    expect((failed.data as { issues: unknown[] }).issues).toHaveLength(100);
  });
});

describe('what the system and the driver say', () => {
  test.each<[name: string, error: unknown, code: string, status: number]>([
    ['a full disk', system('ENOSPC'), 'INSUFFICIENT_STORAGE', 507],
    ['a used-up quota', system('EDQUOT'), 'INSUFFICIENT_STORAGE', 507],
    ['a full disk under Postgres', system('53100'), 'INSUFFICIENT_STORAGE', 507],
    ['a full disk that Postgres tells in words', new Error('could not extend file: No space left on device'), 'INSUFFICIENT_STORAGE', 507],
    ['U+0000 in text', system('22021'), 'BAD_REQUEST', 400],
    ['U+0000 in JSON', system('22P05'), 'BAD_REQUEST', 400],
    ['a deadlock', system('40P01'), 'SERVICE_UNAVAILABLE', 503],
    ['a serialization failure', system('40001'), 'SERVICE_UNAVAILABLE', 503],
    ...['ECONNREFUSED', 'ECONNRESET', 'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECT_TIMEOUT', '57P01', '57P03', '53300'].map(
      (code) => [`a database that is away (${code})`, system(code), 'SERVICE_UNAVAILABLE', 503] satisfies [string, unknown, string, number],
    ),
    ['a socket that is not there', system('ENOENT', { syscall: 'connect' }), 'SERVICE_UNAVAILABLE', 503],
    ['a file that is not there', system('ENOENT', { syscall: 'open' }), 'INTERNAL_SERVER_ERROR', 500],
    ['a broken rule of the database', system('23505'), 'INTERNAL_SERVER_ERROR', 500],
    ['a fault of ours', new TypeError('x is undefined'), 'INTERNAL_SERVER_ERROR', 500],
    ['something thrown that is no error', 'oops', 'INTERNAL_SERVER_ERROR', 500],
    ['nothing', undefined, 'INTERNAL_SERVER_ERROR', 500],
  ])('%s', (_name, error, code, status) => {
    const failed = asFailure(error);
    expect(failed).toMatchObject({ code, status, data: { issues: [{ reason: expect.stringMatching(/./) }] } });
    expect(failed.cause).toBe(error);
  });

  test('is found also inside an error of oRPC', () => {
    const full = system('ENOSPC');
    expect(asFailure(new ORPCError('INTERNAL_SERVER_ERROR', { cause: full }))).toMatchObject({ code: 'INSUFFICIENT_STORAGE', cause: full });
  });

  test('never reaches the client: not its words, not its cause', () => {
    const body = JSON.stringify(failureBody(asFailure(new Error('password=hunter2 at /srv/secret.ts:3'))));
    expect(body).not.toMatch(/hunter2|secret\.ts/);
  });
});

test('a failure of ours goes through as it is', () => {
  const failed = failure('CONFLICT', { field: 'name', reason: 'taken', remedy: 'choose another' });
  expect(asFailure(failed)).toBe(failed);
  expect(isFailure(failed)).toBe(true);
  expect(failureBody(failed)).toEqual({
    defined: true,
    code: 'CONFLICT',
    status: 409,
    message: 'This contradicts what is stored.',
    data: { issues: [{ field: 'name', reason: 'taken', remedy: 'choose another' }] },
  });
});

test("oRPC's own errors keep their code and get issues", () => {
  const failed = asFailure(new ORPCError('METHOD_NOT_SUPPORTED', { message: 'GET is not for this' }));
  expect(failureBody(failed)).toMatchObject({
    code: 'METHOD_NOT_SUPPORTED',
    data: { issues: [{ field: '', reason: 'GET is not for this' }] },
  });
});
