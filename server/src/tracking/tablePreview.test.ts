import { expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();
const newRun = async () => (await server().client.tracking.runs.create({})).id;

/** Stores the file with a new run and previews it. */
async function preview(path: string, body: BodyInit, type?: string, rows?: number) {
  const runId = await newRun();
  const headers = { 'content-type': type ?? '' };
  const answer = await server().fetch(`runs/${runId}/artifacts/files/${path}`, { method: 'PUT', body, headers });
  expect(answer.status).toBe(201);
  return server().client.tracking.artifacts.preview({ runId, path, rows });
}

const AB = {
  columns: ['a', 'b'],
  rows: [
    ['1', 'ü'],
    ['2', ''],
  ],
  truncated: false,
}; // null and missing cells are empty
const utf16 = (text: string) => new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));

test.each<[string, string, BodyInit, string | undefined]>([
  ['CSV', 'a.csv', 'a,b\n1,ü\n2,\n', 'text/csv'],
  ['CSV with a byte order mark and CRLF', 'a.csv', '\ufeffa,b\r\n1,ü\r\n2,\r\n', 'text/csv'],
  ['CSV with a short row', 'a.csv', 'a,b\n1,ü\n2', 'text/csv'],
  ['CSV with semicolons', 'a.csv', 'a;b\n1;ü\n2;', 'text/csv'],
  ['CSV in a charset of its own', 'a.csv', new Uint8Array(Buffer.from('a,b\n1,ü\n2,', 'latin1')), 'text/csv; charset=iso-8859-1'],
  ['CSV as Excel writes it', 'a.csv', utf16('a\tb\n1\tü\n2\t'), 'application/vnd.ms-excel'],
  ['TSV by its name', 'a.tsv', 'a\tb\n1\tü\n2\t', 'text/plain'],
  ['JSON records', 'a.json', '[{"a":1,"b":"ü"},{"a":2,"b":null}]', 'application/json'],
  ['JSON as MLflow logs tables', 'a.json', '{"columns":["a","b"],"data":[[1,"ü"],[2,null]]}', 'application/json'],
  ['JSON lines', 'a.jsonl', '{"a":1,"b":"ü"}\n{"a":2}\n', undefined],
])('%s is a table', async (_name, path, body, type) => {
  expect(await preview(path, body, type)).toEqual(AB);
});

test('a row that is longer than the header makes the table wider', async () => {
  expect(await preview('a.csv', 'a\n1,2\n', 'text/csv')).toEqual({ columns: ['a', ''], rows: [['1', '2']], truncated: false });
});

test('rows beyond those asked for are left out, and it is said', async () => {
  const csv = `n\n${Array.from({ length: 101 }, (_, i) => i).join('\n')}`;
  const { rows, truncated } = await preview('a.csv', csv, 'text/csv');
  expect({ rows: rows.length, last: rows.at(-1), truncated }).toEqual({ rows: 100, last: ['99'], truncated: true });
  expect(await preview('a.csv', csv, 'text/csv', 101)).toMatchObject({ truncated: false });
});

test.each([
  ['a long cell', 'a.csv', `a\n${'x'.repeat(1_999)}😀\n`, 1, 1, 1_999],
  ['many columns', 'a.csv', `${'a,'.repeat(1_500)}\n${'1,'.repeat(1_500)}\n`, 1_000, 1, 1],
  ['a long answer', 'a.csv', `a,b\n${`${'x'.repeat(2_000)},y\n`.repeat(1_000)}`, 2, 996, 2_000], // 2,000,000 characters / 2,007 a row
])('%s is cut, and it is said', async (_name, path, body, columns, rows, cell) => {
  const table = await preview(path, body, 'text/csv', 1_000);
  expect(table.truncated).toBe(true);
  expect([table.columns.length, table.rows.length, table.rows[0]![0]!.length]).toEqual([columns, rows, cell]);
});

test('of a large file only its start is read, and no row that was cut is shown', async () => {
  const row = `${'x'.repeat(99_999)}\n`;
  const { rows, truncated } = await preview('a.csv', `a\n${row.repeat(100)}`, 'text/csv', 1_000);
  expect({ rows: rows.length, truncated }).toEqual({ rows: 41, truncated: true }); // 4 MiB / 100,000
  const records = await preview('a.json', `[${`{"a":"${'x'.repeat(99_999)}"},`.repeat(100)}{}]`, 'application/json', 1_000);
  expect({ rows: records.rows.length, truncated: records.truncated }).toEqual({ rows: 41, truncated: true });
});

test('an empty file is an empty table', async () => {
  expect(await preview('a.csv', '', 'text/csv')).toEqual({ columns: [], rows: [], truncated: false });
});

test.each([
  ['a picture', 'a.png', 'PNG', 'image/png'],
  ['a picture that is called a table', 'a.csv', 'PNG\0\0', 'text/csv'],
  ['a number', 'a.json', '42', 'application/json'],
  ['a configuration', 'a.json', '[1, 2]', 'application/json'],
  ['broken JSON', 'a.json', '[{"a" 1}]', 'application/json'],
])('%s is refused with what to do', async (_name, path, body, type) => {
  await expect(preview(path, body, type)).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    data: { issues: [{ field: 'path', reason: expect.stringContaining('no table'), remedy: expect.stringContaining('download') }] },
  });
});

test('an artifact that is not there is not found', async () => {
  const runId = await newRun();
  await expect(server().client.tracking.artifacts.preview({ runId, path: 'a.csv' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
