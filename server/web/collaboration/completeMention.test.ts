import { expect, test } from 'vitest';
import { completeMention, mentioningAt } from './completeMention.ts';

test.each<[string, string | null]>([
  ['@', ''],
  ['hello @ad', 'ad'],
  ['(@ad', 'ad'],
  ['@Ada Lo', 'Ada Lo'],
  ['ada@ex', null],
  ['@ada\n', null],
  ['@ ', null],
  ['@ada  ', null],
  ['no one', null],
  [`@${'x'.repeat(60)}`, null],
])('behind %j the typed name is %j', (text, typed) => {
  expect(mentioningAt(text, text.length)?.typed ?? null).toBe(typed);
});

test('the name takes the place of what was typed, with one space behind it', () => {
  const text = 'ask @ad about it';
  const mentioning = mentioningAt(text, 7);
  expect(mentioning && completeMention(text, mentioning, 'Ada Lovelace')).toEqual({ text: 'ask @Ada Lovelace about it', caret: 17 });
  const end = mentioningAt('@b', 2);
  expect(end && completeMention('@b', end, 'bob')).toEqual({ text: '@bob ', caret: 5 });
});
