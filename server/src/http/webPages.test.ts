import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const webRoot = mkdtempSync(join(tmpdir(), 'cellkeep-web-'));
mkdirSync(join(webRoot, 'assets'));
writeFileSync(join(webRoot, 'index.html'), '<!doctype html><base href="/" /><title>first build</title>');
writeFileSync(join(webRoot, 'assets/index-abc.js'), 'export {};');
writeFileSync(join(webRoot, 'secret.txt'), 'beside the assets');
afterAll(() => rmSync(webRoot, { recursive: true }));

const server = testServer({ webRoot });
const open = (path: string, headers: Record<string, string> = { accept: 'text/html' }, method = 'GET') =>
  fetch(`${server().url}${path}`, { headers, method });

test.each(['/', '/login', '/experiments/4', '/runs/0123456789abcdef', '/compare?runs=a,b', '/any/depth/of/path'])(
  '%s is the one page: its address is the view, and no session is needed to see that one must log in',
  async (path) => {
    const response = await open(path);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await response.text()).toContain('first build');
  },
);

test('behind a proxy the page finds all else under the path of the proxy', async () => {
  const base = async (prefix: string) =>
    /<base href="([^"]*)"/.exec(await (await open('/', { accept: 'text/html', 'x-forwarded-prefix': prefix })).text())?.[1];
  expect(await base('/user/ada/cellkeep')).toBe('/user/ada/cellkeep/');
  expect(await base('/user/ada/cellkeep/')).toBe('/user/ada/cellkeep/');
  for (const wrong of ['//evil.example', '/"><script>', '/a/../b', 'no-slash', '/a b', '/']) expect(await base(wrong), wrong).toBe('/');
});

test('an asset may be kept for ever, since its name changes with it; the page is asked for again', async () => {
  const [asset, page] = [await open('/assets/index-abc.js'), await open('/')];
  expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
  expect(asset.headers.get('content-type')).toMatch(/javascript/);
  expect(page.headers.get('cache-control')).toBe('no-store');
});

test('an asset or an API address that is not there is 404 as JSON, not the page', async () => {
  for (const path of ['/assets/index-old.js', '/api/v2/me', '/assets/', '/assets/../secret.txt/x/../../assets/nothing']) {
    const response = await open(path);
    expect([path, response.status], path).toEqual([path, 404]);
    expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' });
  }
});

test.each(['/assets/..%2fsecret.txt', '/assets/%2e%2e/secret.txt', '/assets/..%5csecret.txt', '/assets/%00', '/secret.txt'])(
  '%s leads to no file beside the assets',
  async (path) => {
    expect(await (await open(path)).text()).not.toContain('beside the assets');
  },
);

test('a program that asks for JSON gets no page; a change to a page is 404', async () => {
  expect((await open('/experiments', { accept: 'application/json' })).status).toBe(404);
  expect((await open('/experiments', { accept: 'text/html' }, 'POST')).status).toBe(404);
});

test('a page that was built again is shown at once; one that is not built says how', async () => {
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html><base href="/" /><title>second build</title>');
  expect(await (await open('/')).text()).toContain('second build');
  rmSync(join(webRoot, 'index.html'));
  const response = await open('/');
  expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('npm start')]);
});
