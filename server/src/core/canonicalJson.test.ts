import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from './events.ts';

test.each([
  ['sorted keys, no spaces', { b: [1, { d: null, c: true }], a: 'x' }, '{"a":"x","b":[1,{"c":true,"d":null}]}'],
  ['keys that look like numbers are sorted as text too', { 9: 1, 10: 2, a: 3 }, '{"10":2,"9":1,"a":3}'],
  // RFC 8785, section 3.2.3: by UTF-16 code units, so that U+1F600 (a surrogate pair) comes before U+FB33.
  [
    'keys beyond ASCII',
    { '\u20ac': 1, '\r': 2, '\ufb33': 3, 1: 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 },
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"\u{1f600}":5,"\ufb33":3}',
  ],
  ['what JSON leaves out', { a: undefined, b: Number.NaN }, '{"b":null}'],
  ['a date', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  ['a key that is a trap', JSON.parse('{"__proto__":{"x":1},"a":2}'), '{"__proto__":{"x":1},"a":2}'],
])('%s', (_name, value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test('means the same as the value, and the order of its keys does not matter', () => {
  const reversed = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(reversed)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, inner]) => [key, reversed(inner)]),
          )
        : value;
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(reversed(value))).toBe(text);
    }),
  );
});
