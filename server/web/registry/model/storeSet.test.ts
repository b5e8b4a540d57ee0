import { expect, test } from 'vitest';
import { OfflineError } from '../../connection.ts';
import { errorLines } from '../../look/states.tsx';
import { storeSet } from './storeSet.ts';

const SET = { id: '0192f0c4-7a7b-7c3e-8000-000000000000', name: 'january', modelName: 'm', columns: ['y'], data: [[1]], label: 'y' };
const put = { ...SET, metrics: ['accuracy' as const] };
const asWritten = (text: string) => text;

test('a set is stored over HTTP', async () => {
  const asked: [string, RequestInit | undefined][] = [];
  const request = async (path: string, init?: RequestInit) => {
    asked.push([path, init]);
    return Response.json({ id: SET.id });
  };
  expect(await storeSet({ request }, put)).toEqual({ id: SET.id });
  expect(asked).toMatchObject([[`api/v1/evaluation-sets/${SET.id}`, { method: 'PUT', headers: { 'content-type': 'application/json' } }]]);
  expect(JSON.parse(String(asked[0]?.[1]?.body))).toEqual({ ...put, id: undefined });
});

test('one that the server refuses says why', async () => {
  const issues = [{ field: '', reason: 'a JSON body has at most 5 bytes here', remedy: 'send less' }];
  const request = async () => Response.json({ code: 'PAYLOAD_TOO_LARGE', message: 'too large', data: { issues } }, { status: 413 });
  const error = await storeSet({ request }, put).catch((thrown: unknown) => thrown);
  expect(errorLines(error, asWritten).lines).toEqual(['a JSON body has at most 5 bytes here – send less']);
});

test('a server that is away is said to be', async () => {
  const request = () => Promise.reject(new TypeError('Failed to fetch'));
  await expect(storeSet({ request }, put)).rejects.toBeInstanceOf(OfflineError);
});
