import type { Part } from '@cellkeep/schema/design';
import { reason } from '../connection/reason';
import type { HeldParts } from './partStore';

/** A request to the Cellkeep server; the path lies below its address. */
export type Request = (path: string, init: RequestInit) => Promise<Response>;

const RAW_FROM = 256 * 1024; // bytes; larger parts go as they are, without being escaped into JSON
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_PARTS = 1_000; // as `parts.put` allows
const ASK = 100_000; // as `parts.missing` allows

/** The server answered, and does not take it. Trying again would change nothing. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** The server needs a part that is no longer held: it is to be made again from the notebook. */
export class NotHeld extends Error {
  override readonly name = 'NotHeld';
}

/**
 * Sends those of the parts that the server lacks; what it has is never sent twice. Parts stay held: whoever keeps them forgets them when
 * the snapshot is stored.
 */
export async function sendParts(request: Request, held: HeldParts, digests: readonly string[]): Promise<{ sent: number; bytes: number }> {
  const wanted = [...new Set(digests)];
  const missing: string[] = [];
  for (let from = 0; from < wanted.length; from += ASK) {
    const answer = await post(request, 'api/v1/parts/missing', { digests: wanted.slice(from, from + ASK) });
    missing.push(...((await answer.json()) as { missing: string[] }).missing);
  }
  const gone = missing.find((digest) => !held.has(digest));
  if (gone) throw new NotHeld(`part ${gone} is to be made again`);

  let batch: Part[] = [];
  let batchBytes = 0;
  let bytes = 0;
  const flush = async () => {
    if (batch.length > 0) await post(request, 'api/v1/parts', { parts: batch });
    batch = [];
    batchBytes = 0;
  };
  for (const digest of missing) {
    const part = held.get(digest);
    if (!part) continue;
    bytes += part.bytes.length;
    if (part.bytes.length >= RAW_FROM) {
      const headers = { 'content-type': 'application/octet-stream' };
      await ask(request, `api/v1/parts/${digest}?kind=${part.kind}`, { method: 'PUT', headers, body: part.bytes });
      continue;
    }
    if (batch.length === BATCH_PARTS || batchBytes + part.bytes.length > BATCH_BYTES) await flush();
    batch.push({ digest, kind: part.kind, body: new TextDecoder('utf-8', { ignoreBOM: true }).decode(part.bytes) });
    batchBytes += part.bytes.length;
  }
  await flush();
  return { sent: missing.length, bytes };
}

const post = (request: Request, path: string, body: unknown) =>
  ask(request, path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

async function ask(request: Request, path: string, init: RequestInit): Promise<Response> {
  const answer = await request(path, init);
  if (answer.ok) return answer;
  const body = (await answer.json().catch(() => null)) as { message?: string } | null;
  const said = reason(Object.assign(new Error(body?.message ?? `${answer.status} ${answer.statusText}`), body));
  // What lies between may be away for a while; a part that is too large, or a person who may not write, stays so.
  const passes = answer.status >= 500 || answer.status === 408 || answer.status === 429;
  throw passes ? new Error(said) : new Refused(said);
}
