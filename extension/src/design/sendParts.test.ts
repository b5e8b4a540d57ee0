import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type HeldParts, makePart, sha256 } from './partStore';
import { NotHeld, Refused, type Request, sendParts } from './sendParts';

/** A server that has some parts and counts what it is sent. */
function serverWith(there: Set<string>): { request: Request; calls: string[] } {
  const calls: string[] = [];
  const request: Request = async (path, init) => {
    calls.push(`${init.method} ${path.replace(/[0-9a-f]{64}/, '…')}`);
    if (path === 'api/v1/parts/missing') {
      const { digests } = JSON.parse(init.body as string) as { digests: string[] };
      return Response.json({ missing: digests.filter((digest) => !there.has(digest)) });
    }
    if (path === 'api/v1/parts') {
      const { parts } = JSON.parse(init.body as string) as { parts: { digest: string; body: string }[] };
      for (const { digest, body } of parts) {
        expect(createHash('sha256').update(body).digest('hex')).toBe(digest);
        there.add(digest);
      }
    } else {
      const digest = /parts\/(\w{64})\?kind=output/.exec(path)?.[1] ?? '';
      expect(
        createHash('sha256')
          .update(init.body as Uint8Array)
          .digest('hex'),
      ).toBe(digest);
      there.add(digest);
    }
    return Response.json({});
  };
  return { request, calls };
}

const stream = (text: string) => ({ kind: 'output' as const, value: { output_type: 'stream', name: 'stdout', text } });

describe('parts are sent', () => {
  test('once: small ones together, a large one as it is, none that is there', async () => {
    const held: HeldParts = new Map();
    const digests: string[] = [];
    for (const text of ['a', '\ufeffb é 😀 \ud83d', 'x'.repeat(300_000), 'there']) digests.push(await makePart(held, stream(text)));
    const { request, calls } = serverWith(new Set(digests.slice(3)));
    await sendParts(request, held, [...digests, ...digests]);
    expect(calls.sort()).toEqual(['POST api/v1/parts', 'POST api/v1/parts/missing', 'PUT api/v1/parts/…?kind=output']);
    await sendParts(request, held, digests);
    expect(calls.filter((call) => call !== 'POST api/v1/parts/missing')).toHaveLength(2);
  });

  test('no more than a thousand in one request', async () => {
    const held: HeldParts = new Map();
    const digests = await Promise.all(Array.from({ length: 1_500 }, (_, index) => makePart(held, stream(`${index}`))));
    const { request, calls } = serverWith(new Set());
    await sendParts(request, held, digests);
    expect(calls.filter((call) => call === 'POST api/v1/parts')).toHaveLength(2);
  });

  test('not, where one that the server lacks is no longer held', async () => {
    const { request, calls } = serverWith(new Set());
    await expect(sendParts(request, new Map(), ['f'.repeat(64)])).rejects.toThrow(NotHeld);
    expect(calls).toEqual(['POST api/v1/parts/missing']);
  });

  test.each([
    [403, true],
    [413, true],
    [429, false],
    [502, false],
  ])('and an answer of %i is final: %s', async (status, isFinal) => {
    const request: Request = async () => Response.json({ message: 'no' }, { status });
    const error = await sendParts(request, new Map(), ['f'.repeat(64)]).catch((reason: unknown) => reason);
    expect(error instanceof Refused).toBe(isFinal);
    expect((error as Error).message).toBe('no');
  });
});

test('a digest is the same without the browser’s own', async () => {
  const { digest } = await import('../../../node_modules/lib0/hash/sha256.js');
  for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1_000, 70_001]) {
    const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31) % 256);
    const expected = createHash('sha256').update(bytes).digest('hex');
    expect(Buffer.from(digest(bytes)).toString('hex'), `${size} bytes`).toBe(expected);
    expect(await sha256(bytes)).toBe(expected);
  }
});
