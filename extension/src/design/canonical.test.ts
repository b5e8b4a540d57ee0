import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import vectors from '../../../test/fixtures/parts.json' with { type: 'json' };
import { byCodePoint, canonicalJson, partText } from './canonical';

describe('a part is written as the kernel writes it:', () => {
  test.each(vectors.cases)('$name', ({ kind, json, canonical, digest }) => {
    const text = partText(kind as 'cell' | 'output', JSON.parse(json));
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
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
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
