import { expect, test } from 'vitest';
import { insertAt } from './insertAt.ts';

test.each<[string, string]>([
  ['|', 'B\n'],
  ['one|', 'one\n\nB\n'],
  ['on|e\ntwo', 'one\n\nB\n\ntwo'],
  ['one\n|two', 'one\n\nB\n\ntwo'],
  ['one\n\n|\n\ntwo', 'one\n\nB\n\ntwo'],
])('into %j', (given, expected) => {
  const caret = given.indexOf('|');
  const made = insertAt(given.replace('|', ''), caret, 'B\n');
  expect(made.text).toBe(expected);
  expect(made.text.slice(0, made.caret)).toMatch(/B\n$/);
});
