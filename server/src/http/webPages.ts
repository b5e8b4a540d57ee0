/**
 * The server UI: its built files under assets/, and its one page for every other address that a browser asks for. The page finds all
 * else relative to `<base>`, which is ours or that of the proxy that shows us.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import express, { type RequestHandler, Router } from 'express';
import { prefixOf } from './origin.ts';

export function webPages(folder: string): Router {
  const router = Router();
  router.use(
    '/assets',
    express.static(join(folder, 'assets'), { index: false, redirect: false, immutable: true, maxAge: '365d', setHeaders: cached }),
  );
  router.get(/.*/, page(folder));
  return router;
}

const cached = (response: { setHeader: (name: string, value: string) => void }) => {
  response.setHeader('cache-control', 'public, max-age=31536000, immutable');
};

function page(folder: string): RequestHandler {
  const file = join(folder, 'index.html');
  let known = { changed: -1, html: '' };
  return (request, response, next) => {
    if (!request.accepts('html') || request.path.startsWith('/api/') || request.path.startsWith('/assets/')) return next();
    const html = read();
    if (html === null) {
      response.status(503).type('text').send('The server UI is not built: run `npm run build` or start with `npm start`.\n');
      return;
    }
    response.type('html').send(html.replace(/<base href="[^"]*"\s*\/?>/, `<base href="${prefixOf(request)}/">`));
  };

  /** Read again when it was built again, so that a developer needs no restart. */
  function read(): string | null {
    try {
      const changed = statSync(file).mtimeMs;
      if (changed !== known.changed) known = { changed, html: readFileSync(file, 'utf8') };
      return known.html;
    } catch {
      return null;
    }
  }
}
