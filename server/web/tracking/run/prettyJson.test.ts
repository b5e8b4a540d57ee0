import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prettyJson } from './prettyJson.ts';

test('it is set as JSON.stringify sets it, however it was written', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 4), (value, indent) => {
      expect(prettyJson(JSON.stringify(value, null, indent))).toBe(JSON.stringify(value, null, 2));
    }),
  );
});

test('a number that no float64 can hold and a key that comes twice stay as they are', () => {
  expect(prettyJson('{"id":12345678901234567890,"id":1.10}')).toBe('{\n  "id": 12345678901234567890,\n  "id": 1.10\n}');
});

test('text that is no JSON stays as it is', () => {
  expect(prettyJson('{"a": nope}')).toBe('{"a": nope}');
});
