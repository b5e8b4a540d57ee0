/** An artifact to whoever asks for it, as what it may be shown as. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlobStore } from '../core/blobs.ts';
import { sendFile } from '../core/sendFile.ts';
import { servedType } from './mediaType.ts';

export interface SentArtifact {
  path: string;
  /** bytes */
  size: number;
  digest: string;
  mediaType: string;
}

export interface HowSent {
  /** To be saved, not shown. */
  isDownload: boolean;
  /** Where it is not that of the file. */
  contentType?: string;
}

export async function sendArtifact(
  blobs: BlobStore,
  { path, size, digest, mediaType }: SentArtifact,
  request: IncomingMessage,
  response: ServerResponse,
  { isDownload, contentType = servedType(mediaType) }: HowSent,
): Promise<void> {
  const open = async (range?: { start: number; end: number }) => (await blobs.get(digest, range))?.stream ?? null;
  await sendFile({ size, digest, contentType, saveAs: isDownload ? path : undefined, open }, request, response);
}
