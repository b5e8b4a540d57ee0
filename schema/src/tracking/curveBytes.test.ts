import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Curve, decodeCurves, encodeCurves } from './curveBytes.ts';

const column = (n: number) => fc.float64Array({ minLength: n, maxLength: n });
const curve = fc.integer({ min: 0, max: 9 }).chain((n) =>
  fc
    .record({
      runId: fc.constantFrom('a'.repeat(32), '0'.repeat(32)),
      key: fc.constantFrom('loss', 'val/loss', 'Verlust ü', '損失', '🙂"\\', ''),
      total: fc.nat(),
      sampled: fc.boolean(),
      ...{ steps: column(n), times: column(n), values: column(n) },
    })
    .chain((plain) =>
      fc.oneof(
        fc.constant(plain as Curve),
        fc.record({ min: column(n), max: column(n) }).map((band) => ({ ...plain, ...band })),
      ),
    ),
);

test('curves come back to the last bit, whatever their names, lengths and values are', () => {
  fc.assert(
    fc.property(fc.array(curve, { maxLength: 5 }), (curves) => {
      const bytes = encodeCurves(curves);
      expect(decodeCurves(bytes.buffer as ArrayBuffer)).toEqual(curves);
    }),
    { numRuns: 50 },
  );
});
