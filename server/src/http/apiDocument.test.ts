import { expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();
const open = (path: string) => fetch(`${server().url}/api/v1/${path}`);

test('the document is OpenAPI 3.1 and asks who reads it', async () => {
  expect((await open('openapi.json')).status).toBe(401);
  const response = await server().fetch('openapi.json');
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(await response.json()).toMatchObject({ openapi: expect.stringMatching(/^3\.1/), paths: { '/me': { get: {} } } });
});

test('the page and all that it loads come from here, with types that browsers take under nosniff', async () => {
  const page = await open('docs');
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const html = await page.text();
  const named = [...html.matchAll(/(?:href|src)="(docs\/[^"]+)"/g)].map(([, path = '']) => path);
  const script = await (await open('docs/page.js')).text();
  const imported = [...script.matchAll(/from '\.\/([^']+)'/g)].map(([, name]) => `docs/${name}`);
  expect(named.length + imported.length).toBe(4);
  for (const path of [...named, ...imported]) {
    const response = await open(path);
    const type = path.endsWith('.css') ? 'text/css' : 'text/javascript';
    expect([path, response.status, response.headers.get('content-type')]).toEqual([path, 200, `${type}; charset=utf-8`]);
  }
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
});

test.each(['docs/', 'docs/page.html', 'docs/..%2f..%2fmain.ts', 'docs/constructor', 'docs/apiDocument.ts'])(
  '%s is none of it',
  async (path) => {
    expect((await open(path)).status).toBe(401);
    expect((await server().fetch(path)).status).toBe(404);
  },
);
