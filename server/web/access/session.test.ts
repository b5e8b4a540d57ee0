import { expect, test } from 'vitest';
import { isOwnPath, reasonOf } from './session.ts';

test.each([
  ['/experiments/4?filter=x', true],
  ['/', true],
  ['//evil.example/x', false],
  ['/\\evil.example', false],
  ['https://evil.example', false],
  ['/login', false],
  ['', false],
])('after the login one goes to %j: %s', (path, is) => {
  expect(isOwnPath(path)).toBe(is);
});

test('a refusal is a sentence of reason and remedy', () => {
  const issues = [{ field: 'token', reason: 'this token is unknown', remedy: 'make one' }];
  expect(reasonOf({ code: 'UNAUTHORIZED', data: { issues } })).toBe('This token is unknown. Make one.');
  expect(reasonOf({ data: { issues: [{ reason: 'no' }] } })).toBe('No.');
});

test.each([[null], ['text'], [{ data: {} }], [{ data: { issues: [] } }], [{ data: { issues: [{ reason: 3 }] } }]])(
  '%j gives no reason',
  (body) => {
    expect(reasonOf(body)).toBeNull();
  },
);
