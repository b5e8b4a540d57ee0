import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Artifact } from '@cellkeep/schema/tracking';
import { expect, test, vi } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();
const newRun = async () => (await server().client.tracking.runs.create({})).id;
const fileAt = (run: string, path: string) => `runs/${run}/artifacts/files/${path}`;
const put = (run: string, path: string, body: BodyInit | null, headers: Record<string, string> = {}) =>
  server().fetch(fileAt(run, path), { method: 'PUT', body, headers });
const get = (run: string, path: string, headers: Record<string, string> = {}) => server().fetch(fileAt(run, path), { headers });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const issuesOf = async (response: Response) => {
  const { code, data } = (await response.json()) as { code: string; data: { issues: { field: string; reason: string }[] } };
  return { status: response.status, code, field: data.issues[0]?.field };
};
const stored = () => filesBelow(join(server().home, 'blobs'));
const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

/** An address as it stands: `fetch` would tidy it up first. */
async function raw(method: string, path: string, body?: Readable | string, headers: IncomingHttpHeaders = {}) {
  const sent = request(`${server().url}/`, { method, path, headers: { authorization: `Bearer ${server().token}`, ...headers } });
  if (body instanceof Readable) body.pipe(sent);
  else sent.end(body);
  const [response] = await once(sent, 'response');
  return { sent, response };
}

test('a file is stored with its run and handed back as it was', async () => {
  const run = await newRun();
  const answer = await put(run, 'plots/roc%20curve.png', 'PNG bytes', { 'content-type': 'image/png' });
  expect(answer.status).toBe(201);
  const artifact = (await answer.json()) as Artifact;
  expect(artifact).toEqual({
    runId: run,
    path: 'plots/roc curve.png',
    kind: 'file',
    size: 9,
    digest: sha256('PNG bytes'),
    mediaType: 'image/png',
    createdAt: expect.any(Number),
  });
  const file = await get(run, 'plots/roc%20curve.png');
  expect(await file.text()).toBe('PNG bytes');
  expect(Object.fromEntries(file.headers)).toMatchObject({
    'content-type': 'image/png',
    'content-length': '9',
    etag: `"${artifact.digest}"`,
    'cache-control': 'private, no-cache',
    'accept-ranges': 'bytes',
  });
});

test('an empty file is a file', async () => {
  const run = await newRun();
  expect(await (await put(run, 'empty.txt', '')).json()).toMatchObject({ size: 0, digest: sha256('') });
  const file = await get(run, 'empty.txt');
  expect({ status: file.status, length: file.headers.get('content-length'), text: await file.text() }).toEqual({
    status: 200,
    length: '0',
    text: '',
  });
  expect((await get(run, 'empty.txt', { range: 'bytes=0-' })).status).toBe(416);
});

test.each([
  ['what was sent', 'a.bin', 'Text/CSV; charset="UTF-8"; header=present', 'text/csv; charset=utf-8'],
  ['guessed from the name', 'report.json', '', 'application/json'],
  ["guessed where it is curl's own", 'table.csv', 'application/x-www-form-urlencoded', 'text/csv'],
  ['guessed where it is none', 'a.md', 'not a type', 'text/markdown'],
])('the media type is %s', async (_name, path, sent, mediaType) => {
  const run = await newRun();
  const { response } = await raw('PUT', `/api/v1/${fileAt(run, path)}?kind=table`, 'x', sent ? { 'content-type': sent } : {});
  expect(await new Response(Readable.toWeb(response) as ReadableStream).json()).toMatchObject({ mediaType, kind: 'table' });
});

test('the same path again replaces it, and says so', async () => {
  const run = await newRun();
  const first = await put(run, 'a.txt', 'one');
  const again = await put(run, 'a.txt', 'two');
  expect([first.status, again.status]).toEqual([201, 200]);
  expect(await (await get(run, 'a.txt')).text()).toBe('two');
  expect((await server().client.tracking.runs.get({ id: run })).artifactCount).toBe(1);
});

const someRun = '0123456789abcdef0123456789abcdef';
test.each([
  ['dots', '../../secret', 'path'],
  ['encoded dots', '%2e%2e/secret', 'path'],
  ['an encoded slash', 'a%2fb', 'path'],
  ['an encoded backslash', '..%5csecret', 'path'],
  ['dots encoded twice', '%252e%252e/secret', 'path'],
  ['NUL', 'a%00', 'path'],
  ['a trailing slash', 'plots/', 'path'],
  ['broken UTF-8', '%ff', 'path'],
  ['1,025 characters', 'a'.repeat(1_025), 'path'],
  ['an unknown kind', 'a.txt?kind=picture', 'kind'],
  ['two kinds', 'a.txt?kind=text&kind=file', 'kind'],
])('%s is refused before the body is read', async (_name, path, field) => {
  const before = stored();
  for (const method of field === 'path' ? ['PUT', 'GET'] : ['PUT']) {
    const { response } = await raw(method, `/api/v1/${fileAt(someRun, path)}`, method === 'PUT' ? 'body' : undefined);
    expect(await issuesOf(new Response(Readable.toWeb(response) as ReadableStream, { status: response.statusCode }))).toEqual({
      status: 400,
      code: 'BAD_REQUEST',
      field,
    });
  }
  expect(stored()).toBe(before);
});

test('a run that is not there, or another workspace has, is not found, nor is a file', async () => {
  const run = await newRun();
  await put(run, 'there.txt', 'text');
  expect(await issuesOf(await put(someRun, 'a.txt', 'text'))).toEqual({ status: 404, code: 'NOT_FOUND', field: 'runId' });
  expect(await issuesOf(await get(someRun, 'a.txt'))).toEqual({ status: 404, code: 'NOT_FOUND', field: 'runId' });
  expect(await issuesOf(await get(run, 'a.txt'))).toEqual({ status: 404, code: 'NOT_FOUND', field: 'path' });
  const { sql } = server().database;
  await sql`insert into workspaces (id, name, created_at) values (gen_random_uuid(), 'other', now())`;
  await sql`update artifacts set workspace_id = (select id from workspaces where name = 'other') where run_id = ${run}`;
  await sql`update runs set workspace_id = (select id from workspaces where name = 'other') where id = ${run}`;
  expect((await put(run, 'a.txt', 'text')).status).toBe(404);
  expect((await get(run, 'there.txt')).status).toBe(404);
});

test('a viewer reads and does not write; without a token nobody does either', async () => {
  const run = await newRun();
  await put(run, 'a.txt', 'text');
  const viewer = { authorization: `Bearer ${await server().tokenOf('viewer')}` };
  expect((await put(run, 'a.txt', 'other', viewer)).status).toBe(403);
  expect(await (await get(run, 'a.txt', viewer)).text()).toBe('text');
  expect((await get(run, 'a.txt', { authorization: 'Bearer no' })).status).toBe(401);
});

test('a refusal reaches a client that is still sending', async () => {
  const body = Readable.from(new Array(64).fill(Buffer.alloc(65_536)));
  const { response } = await raw('PUT', `/api/v1/${fileAt(someRun, 'large.bin')}`, body, { 'content-length': String(64 * 65_536) });
  expect(response.statusCode).toBe(404);
});

test.each([
  ['x-content-sha256', sha256('text'), sha256('other')],
  ['content-digest', `sha-256=:${Buffer.from(sha256('text'), 'hex').toString('base64')}:`, `sha-256=:${btoa('x'.repeat(32))}:`],
])('%s is checked, and nothing is stored where it differs', async (header, right, wrong) => {
  const run = await newRun();
  const before = stored();
  expect(await issuesOf(await put(run, 'a.txt', `text ${header}`, { [header]: wrong }))).toMatchObject({ status: 400, field: header });
  expect(stored()).toBe(before);
  expect((await put(run, 'a.txt', 'text', { [header]: right })).status).toBe(201);
});

test('an upload that breaks off leaves nothing', async () => {
  const run = await newRun();
  const before = stored();
  const socket = connect(server().port, '127.0.0.1');
  const head = [`PUT /api/v1/${fileAt(run, 'half.bin')} HTTP/1.1`, 'host: x', `authorization: Bearer ${server().token}`];
  socket.write(`${[...head, 'content-length: 1000000'].join('\r\n')}\r\n\r\n${'x'.repeat(100_000)}`);
  await vi.waitFor(() => expect(stored()).toBe(before + 1), 10_000); // it is being written
  socket.destroy();
  await vi.waitFor(() => expect(stored()).toBe(before), 10_000);
  expect((await server().client.tracking.artifacts.list({ runId: run })).artifacts).toEqual([]);
});

test('a full disk is said, nothing is stored, and the next upload goes through', async () => {
  const run = await newRun();
  const { blobs } = server().services;
  const full = vi.spyOn(blobs, 'put').mockImplementation(async (source) => {
    for await (const _ of source) break; // destroys it, as the real one does when it fails
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  });
  expect(await issuesOf(await put(run, 'a.bin', 'x'.repeat(1_000_000)))).toMatchObject({ status: 507, code: 'INSUFFICIENT_STORAGE' });
  full.mockRestore();
  expect((await server().client.tracking.artifacts.list({ runId: run })).artifacts).toEqual([]);
  expect((await put(run, 'a.bin', 'x')).status).toBe(201);
});

test('who has it already is told so', async () => {
  const run = await newRun();
  await put(run, 'a.txt', 'text');
  const etag = `"${sha256('text')}"`;
  for (const header of [etag, `"other", W/${etag}`, '*']) {
    const answer = await get(run, 'a.txt', { 'if-none-match': header });
    expect({ status: answer.status, etag: answer.headers.get('etag'), body: await answer.text() }).toEqual({ status: 304, etag, body: '' });
  }
  expect((await get(run, 'a.txt', { 'if-none-match': '"other"' })).status).toBe(200);
});

test.each([
  ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
  ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
  ['bytes=-3', 206, '789', 'bytes 7-9/10'],
  ['bytes=-300', 206, '0123456789', 'bytes 0-9/10'],
  ['bytes=8-300', 206, '89', 'bytes 8-9/10'],
  ['bytes=10-', 416, null, 'bytes */10'],
  ['bytes=-0', 416, null, 'bytes */10'],
  ['bytes=0-1,3-4', 200, '0123456789', null],
  ['bytes=5-2', 200, '0123456789', null],
  ['lines=1-2', 200, '0123456789', null],
])('range %s is answered %i', async (range, status, body, contentRange) => {
  const run = await newRun();
  await put(run, 'digits.txt', '0123456789');
  const answer = await get(run, 'digits.txt', { range });
  expect({ status: answer.status, range: answer.headers.get('content-range') }).toEqual({ status, range: contentRange });
  if (body === null) expect(await issuesOf(answer)).toMatchObject({ code: 'RANGE_NOT_SATISFIABLE' });
  else expect(await answer.text()).toBe(body);
});

test('a range of a file that has changed since is answered with the whole new one', async () => {
  const run = await newRun();
  await put(run, 'a.txt', '0123456789');
  const range = 'bytes=0-1';
  expect((await get(run, 'a.txt', { range, 'if-range': `"${sha256('0123456789')}"` })).status).toBe(206);
  expect((await get(run, 'a.txt', { range, 'if-range': '"older"' })).status).toBe(200);
});

test('HEAD tells the same without the bytes', async () => {
  const run = await newRun();
  await put(run, 'a.csv', 'a,b\n', { 'content-type': 'text/csv' });
  const answer = await server().fetch(fileAt(run, 'a.csv'), { method: 'HEAD' });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-length')).toBe('4');
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(await answer.text()).toBe('');
});

test('a download has a name that no header is broken by', async () => {
  const run = await newRun();
  await put(run, 'plots/%22%C3%BCber%22;%20x.png', 'x', { 'content-type': 'image/png' });
  const answer = await get(run, 'plots/%22%C3%BCber%22;%20x.png?download=1');
  const disposition = answer.headers.get('content-disposition');
  expect(disposition).toMatch(/^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''%22%C3%BCber%22%3B%20x\.png$/i);
  expect(answer.headers.get('content-type')).toBe('image/png');
});

test.each([
  ['page.html', 'text/html', 'text/html'],
  ['drawing.svg', 'image/svg+xml', 'image/svg+xml'],
  ['feed.xml', 'application/xml', 'application/xml'],
  ['page.xhtml', 'application/xhtml+xml', 'application/xhtml+xml'],
  ['code.js', 'text/javascript', 'text/plain; charset=utf-8'],
  ['look.css', 'text/css', 'text/plain; charset=utf-8'],
])('%s is handed out so that nothing in it runs', async (path, sent, served) => {
  const run = await newRun();
  await put(run, path, '<script>alert(1)</script>', { 'content-type': sent });
  const { headers } = await get(run, path);
  expect(headers.get('content-type')).toBe(served);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/^sandbox; default-src 'none';/);
  expect(policy).not.toMatch(/allow-|script-src/);
  expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
});

test('a missing blob is an error of the server, and does not look like the file', async () => {
  const run = await newRun();
  const { digest } = (await (await put(run, 'a.png', 'to be lost')).json()) as Artifact;
  await server().services.blobs.delete(digest);
  const answer = await get(run, 'a.png');
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(await issuesOf(answer)).toMatchObject({ status: 500, code: 'INTERNAL_SERVER_ERROR' });
});

const MIB = 1_048_576;

test('256 MiB go in and out again while memory stays as it is', { timeout: 60_000 }, async () => {
  const run = await newRun();
  const chunk = Buffer.alloc(MIB, 'cellkeep');
  let most = 0;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const before = process.memoryUsage.rss();
  const body = Readable.from(
    (function* () {
      for (let i = 0; i < 256; i++) {
        look();
        yield chunk;
      }
    })(),
  );
  const { response } = await raw('PUT', `/api/v1/${fileAt(run, 'large.bin')}`, body);
  expect(response.statusCode).toBe(201);
  response.resume();

  const { response: file } = await raw('GET', `/api/v1/${fileAt(run, 'large.bin')}`);
  let size = 0;
  for await (const part of file) {
    size += part.length;
    look();
  }
  expect(size).toBe(256 * MIB);
  expect((most - before) / MIB).toBeLessThan(128);
});

test('the file of a reader who stops reading and leaves is closed', async () => {
  const run = await newRun();
  await put(run, 'large.bin', new Uint8Array(32 * MIB));
  const isOpen = () => openFiles().some((path) => path.startsWith(join(server().home, 'blobs')));
  const { sent, response } = await raw('GET', `/api/v1/${fileAt(run, 'large.bin')}`);
  await once(response, 'readable'); // and nothing more is read
  expect(isOpen()).toBe(true);
  sent.destroy();
  await vi.waitFor(() => expect(isOpen()).toBe(false), 10_000);
});

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // closed in the meantime
    }
  });
}

test('a file under two paths is one blob', async () => {
  const run = await newRun();
  const before = stored();
  await put(run, 'a.txt', 'twice the same');
  await put(run, 'b.txt', 'twice the same');
  expect(stored()).toBe(before + 1);
  const digest = sha256('twice the same');
  expect(readFileSync(join(server().home, 'blobs', digest.slice(0, 2), digest.slice(2)), 'utf8')).toBe('twice the same');
});
