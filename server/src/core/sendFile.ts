/** Stored bytes to whoever asks for them: whole, a part, or "you have it already" (RFC 9110, sections 13 and 14). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ORPCError } from '@orpc/server';
import { attachmentNamed } from './attachment.ts';

/**
 * A document of an origin of its own that loads nothing, sends nothing and runs nothing. Pictures are drawn by an <img> all the same: a
 * policy binds documents. Styles in the file itself stay, so that a report that is opened looks like one.
 */
export const FILE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'";

export interface SentFile {
  /** bytes */
  size: number;
  digest: string;
  contentType: string;
  /** The name under which it is saved; absent: it is shown. */
  saveAs?: string;
  /** Its bytes, or those of a range (positions, both included); null where they are gone. */
  open: (range?: Range) => Promise<Readable | null>;
}

export async function sendFile(file: SentFile, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const etag = `"${file.digest}"`;
  const headers = {
    etag,
    'cache-control': 'private, no-cache', // a path may hold something else tomorrow
    'content-security-policy': FILE_POLICY,
    'x-content-type-options': 'nosniff',
    // With any other value a browser refuses to open a sandboxed document (HTML standard, "process a navigate fetch").
    'cross-origin-opener-policy': 'unsafe-none',
    'accept-ranges': 'bytes',
  };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (isKnown(request.headers['if-none-match'], etag)) {
    response.statusCode = 304;
    return void response.end();
  }

  const { size } = file;
  const range = request.method === 'GET' && isCurrent(request.headers['if-range'], etag) ? rangeOf(request.headers.range, size) : null;
  if (range === 'none') {
    response.setHeader('content-range', `bytes */${size}`);
    throw new ORPCError('RANGE_NOT_SATISFIABLE', { status: 416, message: `The file has ${size} bytes.` });
  }
  const opened = request.method === 'HEAD' ? null : await openFile(file, range);
  if (file.saveAs !== undefined) response.setHeader('content-disposition', attachmentNamed(file.saveAs));
  response.setHeader('content-type', file.contentType);
  if (range) {
    response.statusCode = 206;
    response.setHeader('content-range', `bytes ${range.start}-${range.end}/${size}`);
  }
  response.setHeader('content-length', String(range ? range.end - range.start + 1 : size));
  if (!opened) return void response.end();
  try {
    await pipeline(opened, response); // also closes the file of a reader who leaves
  } catch (error) {
    if (!isLeaving(error)) throw error;
  }
}

async function openFile({ digest, open }: SentFile, range: Range | null): Promise<Readable> {
  const stream = await open(range ?? undefined);
  if (!stream) throw new Error(`the bytes of ${digest} are missing`);
  return stream;
}

/** The reader went away before the end. */
export const isLeaving = (error: unknown) =>
  /^(ERR_STREAM_PREMATURE_CLOSE|ERR_STREAM_DESTROYED|ERR_STREAM_UNABLE_TO_PIPE|ECONNRESET|EPIPE|ABORT_ERR)$/.test(
    String((error as { code?: unknown }).code),
  );

/** If-None-Match compares weakly: a proxy that compressed the answer has made the tag weak. */
function isKnown(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}

/** If-Range compares strongly; a date is never ours, because no answer carries one. */
function isCurrent(header: string | string[] | undefined, etag: string): boolean {
  return header === undefined || String(header).trim() === etag;
}

export interface Range {
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
