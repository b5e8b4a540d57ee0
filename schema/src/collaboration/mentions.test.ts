import { expect, test } from 'vitest';
import { findMentions } from './mentions.ts';

const people = ['ada', 'Ada Lovelace', 'bob', 'Зоя', "Robert'); DROP TABLE users;--", 'a.b+c', 'İrem', '%', 'property'].map((name) => ({
  name,
}));
const mentioned = (text: string) => findMentions(text, people).map(({ who }) => who.name);

test.each<[string, string[]]>([
  ['@bob', ['bob']],
  ['hey @bob, and @ada.', ['bob', 'ada']],
  ['(@bob)', ['bob']],
  ['@BOB', ['bob']],
  ['@Ada Lovelace knows', ['Ada Lovelace']],
  ['@ada lovelaces', ['ada']],
  ['@bobby', []],
  ['ada@bob', []],
  ['mail ada@example.org', []],
  ['@@bob', ['bob']],
  ['@Зоя!', ['Зоя']],
  ["@Robert'); DROP TABLE users;-- look", ["Robert'); DROP TABLE users;--"]],
  ['@a.b+c', ['a.b+c']],
  ['@axb+c', []],
  ['@%', ['%']],
  ['@İrem', ['İrem']],
  ['`@bob`', []],
  ['``@bob ` @bob`` @ada', ['ada']],
  ['```python\n@property\n```\n@ada', ['ada']],
  ['~~~\n@bob\n', []],
  ['```\n@bob\n``\n@bob\n```\n@ada', ['ada']],
  ['', []],
])('%j mentions %j', (text, names) => {
  expect(mentioned(text)).toEqual(names);
});

test('places are those of the text, also where lower case is longer', () => {
  const text = 'İİ @bob';
  const [found] = findMentions(text, people);
  expect(text.slice(found?.from, found?.to)).toBe('@bob');
});

test('a text made to be slow is not', () => {
  const text = '`'.repeat(20_000) + '@'.repeat(20_000) + '~'.repeat(20_000);
  const started = performance.now();
  findMentions(text, people);
  expect(performance.now() - started).toBeLessThan(2_000);
});
