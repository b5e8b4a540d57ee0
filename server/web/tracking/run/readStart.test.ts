import type { Artifact } from '@cellkeep/schema/tracking';
import { expect, test } from 'vitest';
import type { Connection } from '../../connection.ts';
import { readStart } from './readStart.ts';

const artifact: Artifact = { runId: 'r', path: 'a.txt', kind: 'text', size: 0, digest: '', mediaType: 'text/plain', createdAt: 0 };
const { signal } = new AbortController();

/** A server that answers with these parts; `asked` holds the headers of each request. */
function serving(answer: () => Response) {
  const asked: HeadersInit[] = [];
  const connection = {
    artifactUrl: (runId: string, path: string) => `/${runId}/${path}`,
    request: async (_path: string, init?: RequestInit) => {
      asked.push(init?.headers ?? {});
      return answer();
    },
  };
  return { connection: connection as unknown as Connection, asked };
}

test('only the beginning is asked for', async () => {
  const { connection, asked } = serving(() => new Response('hello', { status: 206 }));
  expect(await readStart(connection, artifact, 5, signal)).toBe('hello');
  expect(asked).toEqual([{ range: 'bytes=0-4' }]);
});

test('a server that knows no ranges is not read to its end', async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent++;
      controller.enqueue(new TextEncoder().encode('0123456789'));
    },
  });
  const { connection } = serving(() => new Response(endless));
  expect(await readStart(connection, artifact, 25, signal)).toBe('0123456789012345678901234');
  expect(sent).toBeLessThan(10);
});

test('a character that is cut at the end is left out, a broken one in between is shown as such', async () => {
  const bytes = new Uint8Array([...new TextEncoder().encode('né'), 0xff, ...new TextEncoder().encode('é')]);
  const { connection } = serving(() => new Response(bytes));
  expect(await readStart(connection, artifact, bytes.length - 1, signal)).toBe('n\u00e9\ufffd');
});

test('an empty file has no first byte to ask for', async () => {
  const { connection } = serving(() => new Response('', { status: 416 }));
  expect(await readStart(connection, artifact, 10, signal)).toBe('');
});

test('a refusal is told', async () => {
  const { connection } = serving(() => new Response('no', { status: 404, statusText: 'Not Found' }));
  await expect(readStart(connection, artifact, 10, signal)).rejects.toThrow('404 Not Found');
});
