import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonErrorAt } from './jsonPosition.ts';

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const indexOf = (text: string) => {
  const { line, column } = jsonErrorAt(text);
  const before = text.split('\n').slice(0, line - 1);
  return before.join('\n').length + (before.length > 0 ? 1 : 0) + column - 1;
};

describe('the place where a text stops being JSON', () => {
  test.each([
    ['', 1, 1],
    ['   ', 1, 4],
    ['{', 1, 2],
    ['{"a": 1,}', 1, 9],
    ['{"a" 1}', 1, 6],
    ["{'a': 1}", 1, 2],
    ['{"a": nul}', 1, 7],
    ['[1, 2', 1, 6],
    ['[1 2]', 1, 4],
    ['[1,]', 1, 4],
    ['{"a":\n  [1,\n   x]}', 3, 4],
    ['{"a": "x\ny"}', 1, 7],
    ['{"a": "\\q"}', 1, 7],
    ['01', 1, 2],
    ['{} {}', 1, 4],
    ['[NaN]', 1, 2],
    ['\ufeff{}', 1, 1],
    ['{"a": 1}]', 1, 9],
  ])('%j: line %i, column %i', (text, line, column) => {
    expect(jsonErrorAt(text)).toEqual({ line, column });
  });

  test('a million brackets cost no stack', () => {
    expect(jsonErrorAt('['.repeat(1_000_000))).toEqual({ line: 1, column: 1_000_001 });
  });
});

/** By brute force: a text begins JSON when some ending makes it whole. */
const ENDINGS = [
  '',
  '0',
  '"',
  '":0',
  '": 0}',
  '":0}',
  ':0}',
  '0}',
  '"}',
  '}',
  ']',
  '"]',
  '0]',
  'null',
  'ull',
  'll',
  'l',
  'rue',
  'ue',
  'e',
  'alse',
  'lse',
  'se',
  '\\"',
  '0000"',
  '000"',
  '00"',
  '"":0}',
];
function canBegin(text: string): boolean {
  const open: string[] = [];
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (inString) {
      if (letter === '\\') at += 1;
      else if (letter === '"') inString = false;
    } else if (letter === '"') inString = true;
    else if (letter === '{' || letter === '[') open.push(letter === '{' ? '}' : ']');
    else if (letter === '}' || letter === ']') open.pop();
  }
  const closers = open.reverse().join('');
  return ENDINGS.some((ending) => isJson(text + ending + closers) || isJson(text + ending + closers.slice(1)));
}

test('the text before that place can begin JSON, and what follows breaks it (against brute force)', () => {
  const broken = fc
    .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom(',', ':', '}', ']', '{', '[', '"', 'x', ' ', '0', '-', '\n', ''), fc.nat(2))
    .map(([text, place, letter, cut]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + letter + text.slice(at + cut);
    })
    .filter((text) => !isJson(text));
  fc.assert(
    fc.property(broken, (text) => {
      const at = indexOf(text);
      expect(at).toBeGreaterThanOrEqual(0);
      expect(at).toBeLessThanOrEqual(text.length);
      expect(canBegin(text.slice(0, at)), `before ${at} of ${JSON.stringify(text)}`).toBe(true);
      // A word or a string is one piece: it may break later, and is shown from its first letter.
      if (at < text.length && !/["\w.+-]/.test(text.charAt(at))) {
        expect(canBegin(text.slice(0, at + 1)), `with ${at} of ${JSON.stringify(text)}`).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});

test('a string of millions of characters that nothing closes is found, without running out of stack', () => {
  expect(jsonErrorAt(`[1,\n"${'a\\"'.repeat(5_000_000)}`)).toEqual({ line: 2, column: 1 });
});
