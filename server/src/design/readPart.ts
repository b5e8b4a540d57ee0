/** Members of cells and outputs, read from where they lie: however large a part is, only what is asked for is held. */
import type { BlobStore } from '../core/blobs.ts';
import { NoOutline, type Outline, OutlineReader, outlineOf, type Span } from './outline.ts';
import { openPart, type StoredPart } from './parts.ts';

const MOST_KNOWN = 2_000;
/** Members of an outline that is worth knowing: outputs have a handful. */
const MOST_MEMBERS = 50;
/** Outlines of blobs, by digest: they never change, and to find one all of the blob is read. */
const known = new Map<string, Outline>();

/** Null where the bytes are gone, or are no JSON object after all. */
export async function readOutline(blobs: BlobStore, part: StoredPart): Promise<Outline | null> {
  try {
    if (part.body) return outlineOf(part.body);
    const there = known.get(part.digest);
    if (there) return there;
    const stream = await openPart(blobs, part);
    if (!stream) return null;
    const reader = new OutlineReader();
    for await (const bytes of stream) reader.write(bytes as Buffer);
    const outline = reader.end();
    if (outline.members.size + outline.data.size > MOST_MEMBERS) return outline;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(part.digest, outline);
    return outline;
  } catch (error) {
    if (error instanceof NoOutline) return null;
    throw error;
  }
}

/** The bytes of a member. @param most of them, from its start */
export async function readSpan(blobs: BlobStore, part: StoredPart, { start, end }: Span, most = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const upTo = Math.min(end, start + most);
  if (part.body) return part.body.subarray(start, upTo);
  const stream = await openPart(blobs, part, { start, end: upTo });
  const pieces: Buffer[] = [];
  for await (const piece of stream ?? []) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** A string, or an array of strings as one. */
export async function readText(blobs: BlobStore, part: StoredPart, span: Span | undefined, join = ''): Promise<string> {
  if (!span) return '';
  const value: unknown = JSON.parse((await readSpan(blobs, part, span)).toString());
  return Array.isArray(value) ? value.join(join) : String(value);
}

/** The beginning of a text that would be too long as a whole. @param most bytes of its JSON */
export async function readBeginning(blobs: BlobStore, part: StoredPart, span: Span, most: number): Promise<string> {
  if (span.kind !== 'string') return '';
  const bytes = (await readSpan(blobs, part, span, most)).toString();
  // Cut off may be the middle of a character or of an escape.
  const text = bytes
    .replace(/\ufffd+$/, '')
    .replace(/\\(?:u[0-9a-fA-F]{0,3})?$/, (end, at: number, all: string) => (isEscaped(all, at) ? end : ''));
  return (JSON.parse(`${text}"`) as string).toWellFormed();
}

/** An odd number of backslashes stands before. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text[before - 1] === '\\') before -= 1;
  return (at - before) % 2 === 1;
}
