import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { NotebookDocument, ShownCell } from '@cellkeep/schema/design';
import { limits } from '@cellkeep/schema/wire';
import { describe, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';
import { notebookOf, partOf, shown, snapshotOf, stream } from './testNotebook.ts';

const server = testServer();
const design = () => server().client.design;
const MiB = 1024 * 1024;

async function put(document: NotebookDocument): Promise<string> {
  const snapshot = snapshotOf({ document });
  await design().snapshots.put(snapshot);
  return snapshot.id;
}

/** A picture of so many MiB, without ever being whole: its digest, and its bytes as they go. */
function picture(size: number) {
  const [head, tail] = ['{"data":{"image/png":"', '","text/plain":"large"},"metadata":{},"output_type":"display_data"}'];
  const piece = Buffer.alloc(MiB, 'A');
  function* bytes() {
    yield Buffer.from(head);
    for (let i = 0; i < size; i++) yield piece;
    yield Buffer.from(tail);
  }
  const hash = createHash('sha256');
  for (const one of bytes()) hash.update(one);
  return { digest: hash.digest('hex'), length: head.length + size * MiB + tail.length, bytes };
}

async function allCells(id: string, limit: number): Promise<{ cells: ShownCell[]; pages: number }> {
  const cells: ShownCell[] = [];
  for (let pages = 1; ; pages++) {
    const page = await design().snapshots.cells({ id, offset: cells.length, limit });
    expect(page.cells.length).toBeGreaterThan(0);
    cells.push(...page.cells);
    if (cells.length === page.total) return { cells, pages };
  }
}

describe('a notebook of 5,000 cells', () => {
  const cells = Array.from({ length: 5_000 }, (_, i) => ({ id: `c${i}`, source: `value_${i} = ${i}`, outputs: [stream(`${i}\n`)] }));

  test('is shown page by page, given back, and compared with its next state', async () => {
    const { document, parts } = notebookOf(cells);
    for (let from = 0; from < parts.length; from += 1_000) await design().parts.put({ parts: parts.slice(from, from + 1_000) });
    const before = await put(document);
    const { cells: shownCells, pages } = await allCells(before, 1_000);
    expect(pages).toBe(5);
    expect(shownCells.map(({ index, source }) => [index, source])).toEqual(cells.map(({ source }, i) => [i, source]));
    const back = (await (await server().fetch(`snapshots/${before}/notebook`)).json()) as { cells: { id: string; outputs: unknown[] }[] };
    expect(back.cells.map(({ id, outputs }) => [id, outputs])).toEqual(cells.map(({ id, outputs }) => [id, outputs]));

    const edited = notebookOf([...cells.slice(1), { id: 'c0', source: 'value_0 = "moved and edited"', outputs: [] }]);
    await design().parts.put({ parts: edited.parts.slice(-1) });
    const { counts } = await design().snapshots.diff({ before, after: await put(edited.document) });
    expect(counts).toEqual({ same: 4_999, edited: 1, outputs: 0, moved: 0, added: 0, removed: 0 });
  }, 60_000);
});

test('an output of 200 MiB comes in, is shown but for itself, and goes out, while memory stays as it is', async () => {
  const large = picture(200);
  const { document, parts } = notebookOf([{ id: 'c', source: 'plot()' }]);
  await design().parts.put({ parts });
  globalThis.gc?.();
  const started = process.memoryUsage().rss;
  let most = 0;
  const watching = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - started);
  }, 5);
  try {
    const sent = await server().fetch(`parts/${large.digest}?kind=output`, {
      method: 'PUT',
      body: Readable.toWeb(Readable.from(large.bytes())) as ReadableStream,
      duplex: 'half',
    } as RequestInit);
    expect(await sent.json()).toMatchObject({ size: large.length });
    const [cell] = document.cells;
    const id = await put({ ...document, cells: [{ ...(cell as (typeof document.cells)[0]), outputs: [large.digest] }] });
    const { cells } = await design().snapshots.cells({ id });
    expect(cells[0]?.outputs).toEqual([
      { digest: large.digest, type: 'display_data', size: large.length, name: '', data: { 'text/plain': 'large' }, cut: ['image/png'] },
    ]);
    let length = 0;
    for await (const bytes of (await server().fetch(`snapshots/${id}/notebook`)).body ?? []) length += bytes.length;
    expect(length).toBeGreaterThan(large.length);
  } finally {
    clearInterval(watching);
  }
  expect(most).toBeLessThan(128 * MiB);
}, 60_000);

test('a page ends where its pictures are large, and a cell with more outputs than can be shown says so', async () => {
  const figure = (i: number) => shown({ 'image/png': `${i}`.padEnd(MiB - 100, 'A') });
  const many = Array.from({ length: 600 }, (_, i) => stream(`${i}`));
  const { document, parts } = notebookOf([
    ...Array.from({ length: 12 }, (_, i) => ({ id: `c${i}`, source: 'plot()', outputs: [figure(i)] })),
    { id: 'many', source: 'loop()', outputs: many },
    { id: 'album', source: 'album()', outputs: Array.from({ length: 12 }, (_, i) => figure(i)) },
  ]);
  for (let from = 0; from < parts.length; from += 30) await design().parts.put({ parts: parts.slice(from, from + 30) });
  const id = await put(document);
  const { cells, pages } = await allCells(id, 100);
  expect(pages).toBe(2);
  expect(cells.slice(0, 12).every(({ outputs }) => outputs[0]?.cut.length === 0)).toBe(true);
  expect(cells[12]?.outputs.map(({ cut }) => cut.length)).toEqual([...Array(500).fill(0), ...Array(100).fill(1)]);
  const album = cells[13]?.outputs ?? [];
  expect(album.filter(({ data }) => data['image/png'] !== undefined).length).toBeGreaterThan(4);
  expect(album.at(-1)).toMatchObject({ data: {}, cut: ['image/png'] });
});

test('a notebook has at most 20,000 cells', async () => {
  const { document, parts } = notebookOf([{ id: 'c', source: 'x' }]);
  await design().parts.put({ parts });
  const [cell] = document.cells;
  const cells = Array.from({ length: limits.cells }, (_, i) => ({ ...(cell as (typeof document.cells)[0]), id: `c${i}` }));
  const id = await put({ ...document, cells });
  expect((await design().snapshots.get({ id })).cellCount).toBe(limits.cells);
  expect((await design().snapshots.cells({ id, offset: limits.cells - 1 })).cells).toMatchObject([
    { index: limits.cells - 1, source: 'x' },
  ]);
  const tooMany = snapshotOf({ document: { ...document, cells: [...cells, { ...(cell as (typeof document.cells)[0]), id: 'more' }] } });
  await expect(design().snapshots.put(tooMany)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

test('cells that have one id get ids of their own, and the snapshot says so', async () => {
  const { document, parts } = notebookOf([
    { id: 'a', source: '1' },
    { id: 'a', source: '2' },
    { id: 'a-2', source: '3' },
    { id: 'a', source: '4' },
  ]);
  await design().parts.put({ parts });
  const stored = await design().snapshots.get({ id: await put(document) });
  expect(stored.document?.cells.map(({ id }) => id)).toEqual(['a', 'a-3', 'a-2', 'a-4']);
  expect(stored.document?.warnings).toEqual(['2 cells had the id of another one and got a new one']);
});

test('names that mean something to JavaScript are names like any other', async () => {
  const source = randomUUID();
  const part = partOf('cell', `{"metadata":{"__proto__":{"x":1},"constructor":"y"},"source":"${source}","type":"code"}`);
  const output = partOf(
    'output',
    '{"data":{"__proto__":"hostile","text/plain":"fine"},"metadata":{"__proto__":{}},"output_type":"display_data"}',
  );
  await design().parts.put({ parts: [part, output] });
  const document = `{"takenFrom":"editor","nbformat":[4,5],"metadata":{"__proto__":{"polluted":true}},"cells":[
    {"id":"__proto__","type":"code","cell":"${part.digest}","executionCount":null,"outputs":["${output.digest}"]}]}`;
  const id = randomUUID();
  const sent = await server().fetch(`snapshots/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: `{"id":"${id}","reason":"manual","takenAt":1,"document":${document}}`,
  });
  expect(sent.status).toBe(200);
  const [cell] = (await design().snapshots.cells({ id })).cells;
  expect([cell?.id, cell?.source, cell?.outputs[0]?.data['text/plain']]).toEqual(['__proto__', source, 'fine']);
  const back = await (await server().fetch(`snapshots/${id}/notebook`)).text();
  expect(back).toContain('"metadata":{"__proto__":{"x":1},"constructor":"y"}');
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});
