import { expect, test } from 'vitest';
import { highlight } from './Code.tsx';

const kinds = (source: string) => highlight(source).flatMap(({ text, kind }) => (kind ? [`${kind} ${text}`] : []));

test.each([
  ['words of the language', 'for x in xs: pass', ['keyword for', 'keyword in', 'keyword pass']],
  ['a word within a name is none', 'forest = importance', []],
  ['strings of all kinds', `f"a{x}" 'b' """c\nd"""`, ['string f"a{x}"', "string 'b'", 'string """c\nd"""']],
  ['a comment ends with its line', '# if\nif', ['comment # if', 'keyword if']],
  ['a hash in a string is no comment', '"#1"', ['string "#1"']],
  ['numbers', 'x = 1e-3 + 0x1F', ['number 1e', 'number 3', 'number 0x1F']],
  ['magics', '%matplotlib inline\n!ls', ['magic %matplotlib inline', 'magic !ls']],
])('%s', (_, source, found) => {
  expect(kinds(source)).toEqual(found);
});

test('no letter is lost', () => {
  const source = 'def f(x):\n    return {"a": x, **rest}  # ünïcode\n';
  expect(
    highlight(source)
      .map(({ text }) => text)
      .join(''),
  ).toBe(source);
});
