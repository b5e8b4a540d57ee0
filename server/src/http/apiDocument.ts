/**
 * `openapi.json`, as committed in schema/generated, and `docs`, a page to browse it and to try a call. The page is of this server alone:
 * it loads nothing from elsewhere, and its scripts are files, as the content policy wants it.
 */
import { readFileSync } from 'node:fs';
import { type RequestHandler, Router } from 'express';

const DOCUMENT = new URL('../../../schema/generated/openapi.json', import.meta.url);
const PAGE = new URL('./docs/', import.meta.url);
/** Of the page, by the name in its address. */
const FILES: Record<string, string | undefined> = {
  'page.css': 'text/css',
  'page.js': 'text/javascript',
  'sketch.js': 'text/javascript',
  'tryIt.js': 'text/javascript',
};

/** The page itself holds nothing of anybody's: it loads before one has logged in, and says so. */
export function apiDocument(authenticated: RequestHandler): Router {
  const router = Router({ strict: true }); // the page's addresses are relative: no slash at its end
  router.get('/openapi.json', authenticated, (_request, response) => {
    response.type('application/json').send(readFileSync(DOCUMENT));
  });
  router.get('/docs', (_request, response) => {
    response.type('text/html').send(readFileSync(new URL('page.html', PAGE)));
  });
  router.get('/docs/:name', ({ params: { name = '' } }, response, next) => {
    const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    if (!type) return next();
    response.type(type).send(readFileSync(new URL(name, PAGE)));
  });
  return router;
}
