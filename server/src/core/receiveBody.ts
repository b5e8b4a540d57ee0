/** A request's body into a blob: whole, or not at all. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { type BlobStore, SMALL_BLOB, type StoredBlob } from './blobs.ts';
import { failure } from './failure.ts';

/** The connection ended before the body did: nobody is there to be answered. */
export class WentAway extends Error {}

export interface WantedDigest {
  /** What said it, for the answer. */
  header: string;
  algorithm: 'sha256' | 'sha512';
  /** base64 */
  value: string;
}

/**
 * The digest that the client says the body has: `x-content-sha256` (hex), or `content-digest` (RFC 9530, sha-256 or sha-512; other
 * algorithms are left alone, as section 5 asks).
 * @throws BAD_REQUEST for one that is no digest, and for headers that would make the bytes something else than the file
 */
export function wantedDigest(headers: IncomingHttpHeaders): WantedDigest | null {
  const { 'content-encoding': coding, 'content-range': range } = headers;
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw refused('content-encoding', `the body is ${JSON.stringify(coding)}`, "send the file's own bytes");
  }
  if (range !== undefined) throw refused('content-range', 'a part of a file cannot be stored', 'send the whole file'); // RFC 9110, 14.5
  const hex = headers['x-content-sha256'];
  if (hex !== undefined) {
    if (typeof hex !== 'string' || !/^[0-9a-f]{64}$/i.test(hex)) throw refused('x-content-sha256', 'a SHA-256 is 64 hex digits');
    return { header: 'x-content-sha256', algorithm: 'sha256', value: Buffer.from(hex, 'hex').toString('base64') };
  }
  const [, bits, value] = /(?:^|,)\s*sha-(256|512)=:([A-Za-z0-9+/]+={0,2}):/.exec(String(headers['content-digest'] ?? '')) ?? [];
  if (!bits || !value) return null;
  return { header: 'content-digest', algorithm: bits === '256' ? 'sha256' : 'sha512', value };
}

/** Judges a body while it comes: either call may throw what is to be answered. */
export interface BodyCheck {
  write: (bytes: Buffer) => void;
  end: () => void;
}

/**
 * @throws WentAway where the upload breaks off; BAD_REQUEST where the body is not what `wanted` says, and what `check` throws. Nothing is
 * stored then.
 */
export async function receiveBody(
  blobs: BlobStore,
  request: IncomingMessage,
  wanted: WantedDigest | null,
  check?: BodyCheck,
): Promise<StoredBlob> {
  const checks = [...(wanted ? [digestCheck(wanted)] : []), ...(check ? [check] : [])];
  if (Number(request.headers['content-length'] ?? Number.NaN) <= SMALL_BLOB) {
    const bytes = await collectBody(request);
    for (const one of checks) {
      one.write(bytes);
      one.end();
    }
    return blobs.put(bytes);
  }
  // The store destroys its source when it fails; between it and the socket stands this stream, so that the failure can be answered.
  const body = checking(checks);
  // Between two reads of the store nobody listens. What fails then is found by the next one, and must not end the process.
  body.on('error', () => {});
  const breakOff = () => {
    if (!request.complete) body.destroy(new WentAway());
  };
  request.once('error', breakOff).once('close', breakOff);
  if (request.destroyed) breakOff();
  try {
    return await blobs.put(request.pipe(body));
  } finally {
    request.unpipe(body);
    request.off('error', breakOff).off('close', breakOff);
  }
}

/** A small body as it is. @throws WentAway */
export async function collectBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of request) pieces.push(piece as Buffer);
  } catch (error) {
    if (!request.complete) throw new WentAway();
    throw error;
  }
  return Buffer.concat(pieces);
}

function checking(checks: BodyCheck[]): Transform {
  const asking = (work: (one: BodyCheck) => void, done: (error: Error | null, chunk?: Buffer) => void, chunk?: Buffer) => {
    try {
      for (const one of checks) work(one);
    } catch (error) {
      done(error as Error);
      return;
    }
    done(null, chunk);
  };
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => asking((one) => one.write(chunk), done, chunk),
    // Before its end, so that the store throws away what it has.
    flush: (done) => asking((one) => one.end(), done),
  });
}

function digestCheck({ header, algorithm, value }: WantedDigest): BodyCheck {
  const hash = createHash(algorithm);
  return {
    write: (bytes) => hash.update(bytes),
    end: () => {
      if (hash.digest('base64') !== value) throw refused(header, 'the bytes that arrived have another digest', 'send it again');
    },
  };
}

function refused(field: string, reason: string, remedy?: string) {
  return failure('BAD_REQUEST', { field, reason, remedy });
}
