/** `health`: the process answers. `ready`: it can do its work. `metrics`: for Prometheus, with a token. */
import { type RequestHandler, Router } from 'express';
import type { Sql } from 'postgres';
import type { Metrics } from '../core/metrics.ts';

/** ms */
const PATIENCE = 2_000;

export function healthRoutes(sql: Sql, metrics: Metrics, authenticated: RequestHandler, isStopping: () => boolean): Router {
  const router = Router();
  router.get('/health', (_request, response) => {
    response.type('text/plain').send('OK'); // the word that MLflow's clients and probes wait for
  });
  router.get('/ready', async (_request, response) => {
    const ready = !isStopping() && (await databaseAnswers(sql));
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : isStopping() ? 'stopping' : 'the database does not answer' });
  });
  router.get('/metrics', authenticated, async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return router;
}

async function databaseAnswers(sql: Sql): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, false);
  });
  const answer = sql`select 1`.then(
    () => true,
    () => false,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
