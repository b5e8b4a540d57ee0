import { expect, test } from 'vitest';
import { initialsOf } from './initials.ts';

test.each<[string, string]>([
  ['Ada Lovelace', 'AL'],
  ['ada', 'AD'],
  ['x', 'X'],
  ['  Jean-Luc   Godard ', 'JG'],
  ['grace.hopper@navy', 'GN'],
  ['Зоя Иванова', 'ЗИ'],
  ['😀 smile', '😀S'],
  ['<img src=x>', 'IS'],
  ['--', '-'],
  ['', '?'],
])('%j is %j', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});
