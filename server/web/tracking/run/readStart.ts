import type { Artifact } from '@cellkeep/schema/tracking';
import type { Connection } from '../../connection.ts';

/** The first bytes of an artifact as text; the rest is not fetched. */
export async function readStart(connection: Connection, { runId, path }: Artifact, bytes: number, signal: AbortSignal): Promise<string> {
  const answer = await connection.request(connection.artifactUrl(runId, path), {
    signal,
    headers: { range: `bytes=0-${bytes - 1}` },
  });
  if (answer.status === 416) return ''; // an empty file has no first byte
  if (!answer.ok || !answer.body) throw new Error(`${answer.status} ${answer.statusText}`);
  const reader = answer.body.getReader();
  const parts: Uint8Array[] = [];
  let held = 0;
  while (held < bytes) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    held += value.length;
  }
  // A server that knows no ranges sends on; what is left is not wanted.
  void reader.cancel().catch(() => undefined);
  const all = new Uint8Array(held);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  // `stream`: a character that is cut in the middle at the end is left out rather than shown as broken.
  return new TextDecoder().decode(all.subarray(0, bytes), { stream: held >= bytes });
}
