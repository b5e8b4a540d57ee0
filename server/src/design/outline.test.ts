import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NoOutline, type Outline, OutlineReader, outlineOf } from './outline.ts';

const outlineOfText = (text: string) => outlineOf(Buffer.from(text));
const read = (text: string, { members, data }: Outline) => {
  const bytes = Buffer.from(text);
  const values = (spans: Outline['members']) =>
    Object.fromEntries([...spans].map(([name, { start, end }]) => [name, JSON.parse(bytes.subarray(start, end).toString())]));
  return { members: values(members), data: values(data) };
};

test('the members of an output are found where they lie, those of its data too', () => {
  const text = '{"data":{"image/png":"aGk=","text/plain":["a","b"]},"metadata":{"data":{"x":1}},"output_type":"display_data"}';
  const outline = outlineOfText(text);
  expect(read(text, outline)).toEqual({
    members: { data: { 'image/png': 'aGk=', 'text/plain': ['a', 'b'] }, metadata: { data: { x: 1 } }, output_type: 'display_data' },
    data: { 'image/png': 'aGk=', 'text/plain': ['a', 'b'] },
  });
  expect(outline.data.get('text/plain')).toMatchObject({ kind: 'array', onlyStrings: true });
});

test('any object is outlined as JSON.parse reads it, wherever its bytes are cut', () => {
  const names = fc.oneof(
    fc.constant('data'),
    fc.string({ unit: 'binary', maxLength: 8 }).filter((name) => name !== '__proto__'),
  );
  const objects = fc.dictionary(names, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 6 });
  fc.assert(
    fc.property(objects, fc.integer({ min: 1, max: 7 }), fc.constantFrom(undefined, 1), (value, piece, indent) => {
      const text = JSON.stringify(value, null, indent);
      const bytes = Buffer.from(text);
      const reader = new OutlineReader();
      for (let i = 0; i < bytes.length; i += piece) reader.write(bytes.subarray(i, i + piece));
      const inner = value.data;
      const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
      const expected = JSON.parse(text) as Record<string, object>;
      expect(read(text, reader.end())).toEqual({ members: expected, data: isObject ? expected.data : {} });
    }),
    { numRuns: 50 },
  );
});

test('an array says whether it holds strings alone, also where they stand beside others deep inside', () => {
  const { members } = outlineOfText('{"a":["x"],"b":[],"c":["x",1],"d":["x",["y"]],"e":[{"f":["x"]}]}');
  expect([...members].map(([name, span]) => [name, span.onlyStrings])).toEqual([
    ['a', true],
    ['b', true],
    ['c', false],
    ['d', false],
    ['e', false],
  ]);
});

test('what a short string says is known without reading it again', () => {
  const { members } = outlineOfText(`{"type":"co\\u0064e","long":"${'x'.repeat(101)}","list":["a"],"n":1}`);
  expect([...members.values()].map(({ text }) => text)).toEqual(['code', undefined, undefined, undefined]);
});

describe('what is no JSON object is refused as JSON.parse refuses it', () => {
  test.each([
    '',
    '[]',
    '1',
    '{"a":1',
    '{"a":1}}',
    '{"a":1} x',
    '{"a" 1}',
    '{"a":01}',
    '{"a":tru}',
    '{"a":"\\x"}',
    '{"a":"\\u12g4"}',
    '{"a":"\u0001"}',
    '{"a":1,}',
    '{,}',
    '{"a":[1,]}',
    '{"a":[}',
    "{'a':1}",
    '{"a":}',
    '{1:2}',
  ])('%s', (text) => {
    expect(() => outlineOfText(text)).toThrow(NoOutline);
  });

  test('any text that JSON.parse refuses', () => {
    const texts = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"', '\\', '1', '-', 'null', ' ', 'e', '.'), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(texts, (pieces) => {
        const text = pieces.join('');
        let parsed: unknown = null;
        try {
          parsed = JSON.parse(text);
        } catch {
          expect(() => outlineOfText(text)).toThrow(NoOutline);
          return;
        }
        const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
        if (!isObject) expect(() => outlineOfText(text)).toThrow(NoOutline);
        else if (!/"a".*"a"/.test(text)) outlineOfText(text);
      }),
      { numRuns: 500 },
    );
  });
});

test.each([
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['a character of which the end is missing', Buffer.from('{"a":"ü"}').subarray(0, 7)],
  ['a member that stands twice', Buffer.from('{"a":1,"a":2}')],
  ['nesting without end', Buffer.from(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
  ['members without end', Buffer.from(`{${Array.from({ length: 1_001 }, (_, i) => `"m${i}":1`).join()}}`)],
  ['a name without end', Buffer.from(`{"${'n'.repeat(5_000)}":1}`)],
])('%s: refused', (_what, bytes) => {
  expect(() => outlineOf(bytes)).toThrow(NoOutline);
});

test.each([
  ['{"metadata":{"trusted":true}}', '{}'],
  ['{"metadata":{"trusted":true,"tags":["a"]}}', '{"tags":["a"]}'],
  ['{"metadata":{ "trusted" : {"x":[1,{"trusted":2}]} , "tags":["a"]}}', '{ "tags":["a"]}'],
  ['{"metadata":{"tags":["a"],"trusted":true}}', '{"tags":["a"]}'],
  ['{"metadata":{"tags":["a"] ,"tru\\u0073ted":"x,y", "z":{"trusted":1}}}', '{"tags":["a"] , "z":{"trusted":1}}'],
])('%s without its `trusted` is whole', (text, left) => {
  const bytes = `{"before":{"trusted":0,"x":1},${text.slice(1, -1)},"trusted":true,"after":[{"trusted":1},2]}`;
  for (const size of [1, 7, 1_000]) {
    const reader = new OutlineReader();
    for (let from = 0; from < bytes.length; from += size) reader.write(Buffer.from(bytes.slice(from, from + size)));
    const { members, trusted } = reader.end();
    const { start = 0, end = 0 } = members.get('metadata') ?? {};
    expect(bytes.slice(start, trusted?.start) + bytes.slice(trusted?.end, end)).toBe(left);
  }
});

test('metadata that say `trusted` twice, or an object of another name, hide nothing', () => {
  expect(() => outlineOfText('{"metadata":{"trusted":false,"tru\\u0073ted":true}}')).toThrow('stands twice');
  expect(outlineOfText('{"data":{"trusted":"x"},"trusted":true,"metadata":{"a":{"trusted":true}}}').trusted).toBeNull();
  expect(outlineOfText('{"metadata":["trusted",true]}').trusted).toBeNull();
});
