/** Work in MLflow's protocol, as its own Python client would ask for it: the same requests for every server that is measured. */
import { ask, type HttpRequest, send } from '../load.ts';
import { KEYS, measured, POINTS_PER_BATCH, type Subject, seedRun, timeOf } from './subject.ts';

interface Metric {
  key: string;
  value: number;
  timestamp: number;
  step: number;
}

export interface MlflowServer extends Pick<Subject, 'name' | 'port' | 'countPoints' | 'analyze' | 'memory' | 'stop'> {
  /** Sent with each request: who asks. */
  headers?: Record<string, string>;
}

export function mlflowApi({ headers = {}, ...server }: MlflowServer): Subject {
  const { port } = server;
  const post = (path: string, body: unknown): HttpRequest => ({
    method: 'POST',
    path: `/api/2.0/mlflow/${path}`,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const createExperiment = async (title: string) =>
    (await ask<{ experiment_id: string }>(port, post('experiments/create', { name: title }))).experiment_id;
  const createRun = async (experiment: string) => {
    const body = { experiment_id: experiment, start_time: Date.now(), tags: [] };
    return (await ask<{ run: { info: { run_id: string } } }>(port, post('runs/create', body))).run.info.run_id;
  };
  const logBatch = (runId: string, metrics: Metric[], params: { key: string; value: string }[] = []) =>
    post('runs/log-batch', { run_id: runId, metrics, params, tags: [] });
  let loads: Promise<string> | null = null;
  let searched = '';

  return {
    ...server,
    async createRuns(count) {
      loads ??= createExperiment('loads');
      const experiment = await loads;
      const runs: string[] = [];
      for (let i = 0; i < count; i++) runs.push(await createRun(experiment));
      return runs;
    },
    batch(runId, first) {
      const keys = Array.from({ length: KEYS }, (_, key) => key);
      return logBatch(
        runId,
        keys.flatMap((key) => series(`metric_${key}`, first, POINTS_PER_BATCH / KEYS, key)),
      );
    },
    point(runId, step) {
      const [metric] = series('loss', step, 1, 0);
      return post('runs/log-metric', { run_id: runId, ...metric });
    },
    async seedSeries(runId, points) {
      const requests: HttpRequest[] = [];
      for (let first = 0; first < points; first += POINTS_PER_BATCH)
        requests.push(logBatch(runId, series('loss', first, POINTS_PER_BATCH, 0)));
      await send(port, [requests]);
    },
    // MLflow's client asks for no page size, and is then given every point at once.
    history: (runId) => ({ method: 'GET', path: `/api/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=loss`, headers }),
    pointsIn: (answer) => (answer as { metrics?: unknown[] }).metrics?.length ?? 0,
    async seedRuns(count) {
      searched = await createExperiment('searched');
      for (let at = 0; at < count; at += 8) {
        const some = Array.from({ length: Math.min(8, count - at) }, async (_, i) => {
          const { metrics, params } = seedRun(at + i);
          const runId = await createRun(searched);
          const rows = Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: timeOf(at + i), step: 0 }));
          await ask(
            port,
            logBatch(
              runId,
              rows,
              Object.entries(params).map(([key, value]) => ({ key, value })),
            ),
          );
        });
        await Promise.all(some);
      }
    },
    search: () => post('runs/search', { experiment_ids: [searched], order_by: ['metrics.m1 ASC'], max_results: 100 }),
    runsIn: (answer) => (answer as { runs?: unknown[] }).runs?.length ?? 0,
  };
}

function series(key: string, first: number, count: number, which: number): Metric[] {
  return Array.from({ length: count }, (_, i) => {
    const step = first + i;
    return { key, value: measured(step, which), timestamp: timeOf(step), step };
  });
}
