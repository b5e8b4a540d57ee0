import type { PartKind } from '@cellkeep/schema/design';
import { digest as digestBytes } from 'lib0/hash/sha256';
import { partText } from './canonical';

export interface PartToMake {
  kind: PartKind;
  /** A cell or an output of nbformat 4. */
  value: Record<string, unknown>;
  /** Texts that went ahead, by the number under which they went. */
  texts?: { path: readonly string[]; number: number }[];
}

export interface HeldPart {
  kind: PartKind;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Parts that are made and not sent yet, by digest. */
export type HeldParts = Map<string, HeldPart>;

/** Makes a part of it and holds its bytes until they are sent. @returns its digest */
export async function makePart(held: HeldParts, { kind, value }: PartToMake): Promise<string> {
  const bytes = new TextEncoder().encode(partText(kind, value));
  const digest = await sha256(bytes);
  held.set(digest, { kind, bytes });
  return digest;
}

/** In hex. A page that comes over http from another machine has no `crypto.subtle`; there the slower one of Yjs' own library does. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = crypto.subtle ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)) : digestBytes(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
