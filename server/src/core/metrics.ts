/** What Prometheus may ask about this process. Each server has a registry of its own, so that tests can run several. */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Live } from './live.ts';

export interface Metrics {
  registry: Registry;
  requestSeconds: Histogram<'method' | 'status'>;
  webSockets: Gauge;
}

export function createMetrics(live: Live): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'cellkeep_live_subscriptions',
    help: 'Open subscriptions to live changes.',
    registers,
    collect() {
      this.set(live.size);
    },
  });
  return {
    registry,
    requestSeconds: new Histogram({
      name: 'cellkeep_request_seconds',
      help: 'Time from the request to the end of its answer.',
      labelNames: ['method', 'status'],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
      registers,
    }),
    webSockets: new Gauge({ name: 'cellkeep_websockets', help: 'Open WebSockets.', registers }),
  };
}
