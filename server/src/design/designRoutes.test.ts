import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { limits } from '@cellkeep/schema/wire';
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { notebookOf, partOf, sha256, shown, snapshotOf, stream } from './testNotebook.ts';

const server = testServer();
const design = () => server().client.design;
const put = (digest: string, kind: string, body: BodyInit | null, headers: Record<string, string> = {}) =>
  server().fetch(`parts/${digest}?kind=${kind}`, { method: 'PUT', body, headers });
const isThere = async (digest: string) => (await design().parts.missing({ digests: [digest] })).missing.length === 0;
const incoming = () => readdirSync(join(server().home, 'blobs', 'incoming'));

describe('a part as bytes', () => {
  test.each([
    ['small', 10],
    ['large', 300_000],
  ])('%s: is stored once, and comes back as something that no browser runs', async (_size, length) => {
    const { digest, body } = partOf(
      'output',
      shown({ 'text/html': `<script>alert(1)</script>${'x'.repeat(length)}`, 'text/plain': randomUUID() }),
    );
    const first = await put(digest, 'output', body);
    expect([first.status, await first.json()]).toEqual([201, { digest, kind: 'output', size: body.length }]);
    expect((await put(digest, 'output', body)).status).toBe(200);
    const back = await server().fetch(`parts/${digest}`);
    expect(await back.text()).toBe(body);
    expect(back.headers.get('content-type')).toBe('application/octet-stream');
    expect(back.headers.get('x-content-type-options')).toBe('nosniff');
    expect(back.headers.get('content-security-policy')).toContain('sandbox;');
    const range = await server().fetch(`parts/${digest}`, { headers: { range: 'bytes=2-5' } });
    expect([range.status, await range.text()]).toEqual([206, body.slice(2, 6)]);
    const known = await server().fetch(`parts/${digest}`, { headers: { 'if-none-match': `"${digest}"` } });
    expect(known.status).toBe(304);
  });

  test('bytes of a variable need no form, and a diff comes back as plain text', async () => {
    const bytes = Buffer.from([0x80, 0x05, 0, 0xff, ...Buffer.from(randomUUID())]);
    expect((await put(sha256(bytes), 'variable', bytes)).status).toBe(201);
    expect(Buffer.from(await (await server().fetch(`parts/${sha256(bytes)}`)).arrayBuffer())).toEqual(bytes);
    const diff = `--- a\n+++ b\n${randomUUID()}`;
    expect((await put(sha256(diff), 'diff', diff)).status).toBe(201);
    expect((await server().fetch(`parts/${sha256(diff)}`)).headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  test('nothing at all is a part too', async () => {
    expect((await put(sha256(''), 'variable', '')).status).toBe(201);
    expect(await (await server().fetch(`parts/${sha256('')}`)).text()).toBe('');
  });
});

describe('what is refused leaves nothing behind', () => {
  const good = () => partOf('output', stream(`${randomUUID()}${'x'.repeat(200_000)}`));

  test.each([
    ['small', 10],
    ['large', 300_000],
  ])('%s: bytes of another digest', async (_size, length) => {
    const wanted = sha256(randomUUID());
    const answer = await put(wanted, 'variable', 'x'.repeat(length));
    expect([answer.status, await isThere(wanted), incoming()]).toEqual([400, false, []]);
  });

  test.each([
    ['no JSON', `{"output_type":"stream",${'x'.repeat(200_000)}`],
    ['no output', JSON.stringify({ output_type: 'video', text: 'x'.repeat(200_000) })],
    ['a data that is a text', JSON.stringify({ output_type: 'display_data', data: 'x'.repeat(200_000) })],
    ['a picture that is an object', JSON.stringify({ output_type: 'display_data', data: { 'image/png': { x: 'x'.repeat(200_000) } } })],
    [
      'an error whose traceback is one text',
      JSON.stringify({ output_type: 'error', ename: 'E', evalue: '', traceback: 'x'.repeat(200_000) }),
    ],
  ])('%s', async (_what, body) => {
    const answer = await put(sha256(body), 'output', body);
    const { data } = (await answer.json()) as { data: { issues: { field: string; reason: string }[] } };
    expect([answer.status, data.issues[0]?.field, await isThere(sha256(body)), incoming()]).toEqual([400, 'body', false, []]);
  });

  test.each([
    ['a digest that is none', 'parts/xyz?kind=output', {}, 400],
    ['no kind', `parts/${'a'.repeat(64)}`, {}, 400],
    ['a kind that is none', `parts/${'a'.repeat(64)}?kind=movie`, {}, 400],
    ['compressed bytes', `parts/${'a'.repeat(64)}?kind=output`, { 'content-encoding': 'gzip' }, 400],
    ['more than a part may have', `parts/${'a'.repeat(64)}?kind=output`, { 'x-length': String(limits.partBytes + 1) }, 413],
  ])('%s', async (_what, path, headers, status) => {
    const { 'x-length': length = '2', ...others } = headers as Record<string, string>;
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(`${server().url}/api/v1/${path}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${server().token}`, 'content-length': length, ...others },
      });
      sent.on('response', (response) => {
        resolve(response.statusCode);
        sent.destroy();
      });
      sent.on('error', reject);
      sent.write('ab');
    });
    expect(answered).toBe(status);
  });

  test.each([100, 200_000])('an upload of %i bytes that breaks off', async (length) => {
    const { digest, body } = length > 1_000 ? good() : partOf('output', stream(randomUUID()));
    const sent = request(`${server().url}/api/v1/parts/${digest}?kind=output`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${server().token}`, 'content-length': body.length },
    });
    const broken = new Promise((resolve) => sent.once('error', resolve));
    await new Promise((resolve) => sent.write(body.slice(0, body.length / 2), resolve));
    if (length > 1_000) await expect.poll(() => incoming().length).toBe(1);
    sent.destroy();
    await broken;
    await expect.poll(incoming).toEqual([]);
    expect(await isThere(digest)).toBe(false);
    expect((await put(digest, 'output', body)).status).toBe(201);
  });

  test('a viewer sends none', async () => {
    const { digest, body } = good();
    const headers = { authorization: `Bearer ${await server().tokenOf('viewer')}` };
    expect((await put(digest, 'output', body, headers)).status).toBe(403);
    expect(await isThere(digest)).toBe(false);
  });
});

describe('a snapshot as a notebook', () => {
  const taken = async (...given: Parameters<typeof notebookOf>) => {
    const { document, parts } = notebookOf(...given);
    await design().parts.put({ parts });
    const snapshot = snapshotOf({ document, notebookPath: 'work/flüge 1.ipynb' });
    await design().snapshots.put(snapshot);
    return snapshot.id;
  };

  test('has every cell and output as nbformat wants them', async () => {
    const outputs = [
      stream('hi'),
      shown({ 'text/plain': '1' }, 'execute_result'),
      { ...shown({ 'image/png': 'x'.repeat(200_000) }), transient: { display_id: 'left behind' } },
      { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['t'] },
    ];
    const id = await taken([
      { id: 'a', source: '# *title*', type: 'markdown', metadata: { tags: ['t'] } },
      { id: 'not valid!', source: 'x = 1', outputs },
      { id: 'r', source: 'raw', type: 'raw' },
    ]);
    const answer = await server().fetch(`snapshots/${id}/notebook`);
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="fluge 1 ${id.slice(0, 8)}.ipynb"; filename*=UTF-8''fl%C3%BCge%201%20${id.slice(0, 8)}.ipynb`,
    );
    const { cells, ...rest } = (await answer.json()) as { cells: { id: string }[] };
    expect(rest).toEqual({
      metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' }, language_info: { name: 'python' } },
      nbformat: 4,
      nbformat_minor: 5,
    });
    expect(cells[1]?.id).toMatch(/^[0-9a-f]{16}$/);
    const { transient: _, ...figure } = outputs[2] as { transient: unknown };
    expect(cells).toEqual([
      { cell_type: 'markdown', id: 'a', metadata: { tags: ['t'] }, source: '# *title*' },
      {
        cell_type: 'code',
        id: cells[1]?.id,
        metadata: {},
        source: 'x = 1',
        execution_count: 1,
        outputs: [outputs[0], { ...outputs[1], execution_count: 1 }, figure, outputs[3]],
      },
      { cell_type: 'raw', id: 'r', metadata: {}, source: 'raw' },
    ]);
    const bare = (await (await server().fetch(`snapshots/${id}/notebook?outputs=0`)).json()) as { cells: { outputs?: unknown[] }[] };
    expect(bare.cells.map((cell) => cell.outputs)).toEqual([undefined, [], undefined]);
  });

  test('is trusted by nobody yet, whatever was stored', async () => {
    const large = 'x'.repeat(100_000); // a blob
    const given = [
      { id: 'a', source: 'x', outputs: [shown({ 'text/html': '<script>alert(1)</script>' })], metadata: { trusted: true } },
      { id: 'b', source: 'y', metadata: { large, tags: ['t'], trusted: true, x: { trusted: true } } },
    ];
    const id = await taken(given, { metadata: { trusted: true, signature: 'sha256:0', title: 't' } });
    const { cells, metadata } = (await (await server().fetch(`snapshots/${id}/notebook`)).json()) as {
      cells: { metadata: object; outputs: unknown[] }[];
      metadata: object;
    };
    expect(metadata).toEqual({ title: 't' });
    expect(cells.map((cell) => cell.metadata)).toEqual([{}, { large, tags: ['t'], x: { trusted: true } }]);
    expect(cells[0]?.outputs).toEqual(given[0]?.outputs);
    expect((await design().snapshots.get({ id })).document?.metadata).toEqual({ title: 't' });
    const { digest, body } = partOf('cell', { metadata: given[0]?.metadata, source: 'x', type: 'code' });
    expect(await (await server().fetch(`parts/${digest}`)).text()).toBe(body);
  });

  test('says what never came instead of leaving it out', async () => {
    const { document, parts } = notebookOf([
      { id: 'a', source: `lost ${randomUUID()}`, outputs: [stream('kept'), stream(`lost ${randomUUID()}`)] },
    ]);
    const snapshot = snapshotOf({ document });
    const part = parts.find(({ body }) => body.includes('"kept"'));
    const records = [
      { type: 'part', part },
      { type: 'snapshot', snapshot },
    ];
    await server().client.tracking.ingest({ writer: randomUUID(), seq: 1, records });
    const { cells } = (await (await server().fetch(`snapshots/${snapshot.id}/notebook`)).json()) as {
      cells: { source: string; outputs: { text: string }[] }[];
    };
    expect(cells[0]?.source).toContain('was never received');
    expect(cells[0]?.outputs.map(({ text }) => text.replace(/ \(.*\)/, ''))).toEqual([
      'kept',
      'Cellkeep: this output was never received\n',
    ]);
  });

  test('is not there where the snapshot is not, or has no document', async () => {
    const snapshot = snapshotOf();
    await design().snapshots.put(snapshot);
    for (const id of [snapshot.id, randomUUID()]) expect((await server().fetch(`snapshots/${id}/notebook`)).status).toBe(404);
    expect((await server().fetch('snapshots/nonsense/notebook')).status).toBe(400);
  });
});
