/** An artifact to whoever asks for it: whole, a part, or "you have it already" (RFC 9110, sections 13 and 14). */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Artifact } from '@cellkeep/schema/tracking';
import { ORPCError } from '@orpc/server';
import type { Request, Response } from 'express';
import type { BlobStore } from '../core/blobs.ts';
import { servedType } from './mediaType.ts';

/**
 * A document of an origin of its own that loads nothing, sends nothing and runs nothing. Pictures are drawn by an <img> all the same: a
 * policy binds documents. Styles in the file itself stay, so that a report that is opened looks like one.
 */
const POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'";

export async function sendArtifact(blobs: BlobStore, artifact: Artifact, request: Request, response: Response): Promise<void> {
  const etag = `"${artifact.digest}"`;
  response.set({
    etag,
    'cache-control': 'private, no-cache', // a path may hold something else tomorrow
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    // With any other value a browser refuses to open a sandboxed document (HTML standard, "process a navigate fetch").
    'cross-origin-opener-policy': 'unsafe-none',
    'accept-ranges': 'bytes',
  });
  if (isKnown(request.headers['if-none-match'], etag)) return void response.status(304).end();

  const { size } = artifact;
  const range = request.method === 'GET' && isCurrent(request.get('if-range'), etag) ? rangeOf(request.headers.range, size) : null;
  if (range === 'none') {
    response.set('content-range', `bytes */${size}`);
    throw new ORPCError('RANGE_NOT_SATISFIABLE', { status: 416, message: `The file has ${size} bytes.` });
  }
  const opened = request.method === 'HEAD' ? null : await openBlob(blobs, artifact, range);
  // It sets a type of its own, so it goes first.
  if (request.query.download === '1') response.attachment(artifact.path.slice(artifact.path.lastIndexOf('/') + 1));
  response.setHeader('content-type', servedType(artifact.mediaType)); // Express's own `set` adds a charset
  if (range) response.status(206).set('content-range', `bytes ${range.start}-${range.end}/${size}`);
  response.set('content-length', String(range ? range.end - range.start + 1 : size));
  if (!opened) return void response.end();
  try {
    await pipeline(opened, response); // also closes the file of a reader who leaves
  } catch (error) {
    if (!isLeaving(error)) throw error;
  }
}

async function openBlob(blobs: BlobStore, { digest, runId, path }: Artifact, range: Range | null): Promise<Readable> {
  const opened = await blobs.get(digest, range ?? undefined);
  if (!opened) throw new Error(`blob ${digest} of artifact ${path} of run ${runId} is missing`);
  return opened.stream;
}

const isLeaving = (error: unknown) =>
  /^(ERR_STREAM_PREMATURE_CLOSE|ERR_STREAM_DESTROYED|ERR_STREAM_UNABLE_TO_PIPE|ECONNRESET|EPIPE|ABORT_ERR)$/.test(
    String((error as { code?: unknown }).code),
  );

/** If-None-Match compares weakly: a proxy that compressed the answer has made the tag weak. */
function isKnown(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}

/** If-Range compares strongly; a date is never ours, because no answer carries one. */
function isCurrent(header: string | undefined, etag: string): boolean {
  return header === undefined || header.trim() === etag;
}

interface Range {
  /** Byte positions, both included. */
  start: number;
  end: number;
}

/**
 * The one range that was asked for; 'none' where the file has none of it. Null sends the whole file:
 * nothing asked, not understood, or several at once. (Express's own parser answers "none" to a suffix that is longer than the file.)
 */
export function rangeOf(header: string | undefined, size: number): Range | 'none' | null {
  const [, from = '', to = ''] = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '') ?? [];
  if (from === '' && to === '') return null;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(from) > Number(to)) return null; // no valid range at all
  return start < size && start <= end ? { start, end } : 'none';
}
