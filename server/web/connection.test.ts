import { expect, test } from 'vitest';
import { antiForgery, pause } from './connection.ts';

test('pauses double up to eight seconds, half of each is chance', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 50].map((attempts) => pause(attempts, 1))).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  expect(pause(2, 0)).toBe(500);
  for (let i = 0; i < 100; i++) expect(pause(5)).toBeGreaterThanOrEqual(4_000);
});

test.each([
  ['no cookies', '', {}],
  ['ours', 'cellkeep_csrf_5000=abc; cellkeep_csrf_5001=of another server', { 'x-csrf-token': 'abc' }],
  ['ours, of a proxy that keeps its port to itself', 'cellkeep_csrf=abc', { 'x-csrf-token': 'abc' }],
  ["Jupyter's", 'a=b; _xsrf=2%7Cx; c=d', { 'x-xsrftoken': '2|x' }],
  ['both, with an equals sign in the value', 'cellkeep_csrf=a=b; _xsrf=y', { 'x-csrf-token': 'a=b', 'x-xsrftoken': 'y' }],
  ['a name that only ends like ours', 'not_cellkeep_csrf=abc', {}],
])('anti-forgery headers: %s', (_, cookies, headers) => {
  expect(antiForgery(cookies, '5000')).toEqual(headers);
});
