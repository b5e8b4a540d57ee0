import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byCodePoint, canonicalJson, partText } from './canonical';

const vectors = JSON.parse(readFileSync(new URL('../../../test/fixtures/parts.json', import.meta.url), 'utf8')) as {
  cases: { name: string; kind: 'cell' | 'output'; json: string; canonical: string; digest: string }[];
};

describe('a part is written as the kernel writes it:', () => {
  test.each(vectors.cases)('$name', ({ kind, json, canonical, digest }) => {
    const text = partText(kind, JSON.parse(json));
    expect(text).toBe(canonical);
    expect(createHash('sha256').update(text).digest('hex')).toBe(digest);
  });
});

describe('canonical JSON', () => {
  test('of any value reads back as that value, and is the same whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });

  test('sorts keys as their UTF-8 bytes are sorted', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', '', 'é', '\ud7ff', '\ue000', '\uff21', '\uffff', '𐀀', '😀'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(byCodePoint(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  test('does not change what it is given', () => {
    const cell = Object.freeze({ cell_type: 'code', source: Object.freeze(['a', 'b']), metadata: Object.freeze({ trusted: true }) });
    expect(partText('cell', cell)).toBe('{"attachments":{},"metadata":{},"source":"ab","type":"code"}');
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
