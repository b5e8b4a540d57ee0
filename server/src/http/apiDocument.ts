/** `openapi.json`, as committed in schema/generated, and a page to browse it. */
import { readFileSync } from 'node:fs';
import { Router } from 'express';

const DOCUMENT = new URL('../../../schema/generated/openapi.json', import.meta.url);

export function apiDocument(): Router {
  const router = Router();
  router.get('/openapi.json', (_request, response) => {
    response.type('application/json').send(readFileSync(DOCUMENT));
  });
  return router;
}
