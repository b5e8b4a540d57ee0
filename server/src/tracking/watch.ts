/**
 * Live changes for whoever watches. A room publishes small notes after its commit; here they are gathered for 100 ms, what they name is read
 * once for all who watch it, and each gets what its filters let through. A subscriber that reads slowly loses points first and is told.
 */
import { type LiveEvent, liveEvent, type SeriesPoints, type WatchInput } from '@cellkeep/schema/tracking';
import { toWire } from '@cellkeep/schema/wire';
import type { Caller, Services } from '../core/context.ts';
import type { LiveMessage } from '../core/live.ts';
import { notebooksAt } from '../design/index.ts';
import type { Columns } from './chunks.ts';
import type { Change } from './effects.ts';
import { readExperiments } from './experiments.ts';
import { readRuns } from './readRuns.ts';

const GATHERED_FOR = 100; // ms
/** Events that wait for one subscriber. */
const MOST_WAITING = 2_000;
/** Points that wait for one subscriber, some 25 bytes each: 2,000 events of many series would be gigabytes. */
const MOST_POINTS_WAITING = 500_000;
/** Points of one series in one event; a faster writer is seen in part, and whoever reads the history sees all. */
const MOST_POINTS = 5_000;

type Who = Pick<Caller, 'workspaceId' | 'userId'>;

interface Place {
  runId?: string;
  experimentId?: string;
  notebookId?: string | null;
}

interface Gathered {
  runs: Map<string, { place: Place; change: Change }>;
  experiments: Set<string>;
  /** By run, then by key. */
  points: Map<string, { place: Place; series: Map<string, Columns[]> }>;
  others: { place: Place; event: LiveEvent }[];
  /** By kind and id: of several changes only the newest state is sent. */
  deployment: Map<string, LiveEvent>;
  /** By what changed: the same again within one delivery is said once. */
  models: Map<string, LiveEvent>;
}

interface Subscriber {
  wants: (place: Place) => Promise<boolean> | boolean;
  points: boolean;
  deployment: boolean;
  models: boolean;
  push: (event: LiveEvent) => void;
}

export interface Watchers {
  watch: (who: Who, input: WatchInput, signal: AbortSignal | undefined) => AsyncGenerator<LiveEvent>;
  /** Ends every subscription. */
  close: () => void;
}

const nothing = (): Gathered => ({
  runs: new Map(),
  experiments: new Set(),
  points: new Map(),
  others: [],
  deployment: new Map(),
  models: new Map(),
});

export function createWatchers(services: Pick<Services, 'sql' | 'live' | 'log' | 'now'>): Watchers {
  const rooms = new Map<string, WorkspaceWatch>();
  const closing = new AbortController();

  const roomOf = (workspaceId: string): WorkspaceWatch => {
    let room = rooms.get(workspaceId);
    if (!room) {
      room = new WorkspaceWatch(services, workspaceId, () => rooms.delete(workspaceId));
      rooms.set(workspaceId, room);
    }
    return room;
  };

  return {
    async *watch({ workspaceId, userId }, input, signal) {
      const queue = new EventQueue();
      const { points, deployment, models } = input;
      const wants = filterOf(services, { workspaceId, userId }, input);
      const subscriber: Subscriber = { wants, points, deployment, models, push: queue.push };
      const room = roomOf(workspaceId);
      const end = () => queue.end();
      signal?.addEventListener('abort', end);
      closing.signal.addEventListener('abort', end);
      room.add(subscriber);
      try {
        if (signal?.aborted || closing.signal.aborted) return;
        yield { type: 'hello', at: services.now() };
        yield* queue.read();
      } finally {
        room.remove(subscriber);
        signal?.removeEventListener('abort', end);
        closing.signal.removeEventListener('abort', end);
      }
    },
    close: () => closing.abort(),
  };
}

/** The notebook's id is looked up for each event anew: it may be renamed, or tracked only now. */
function filterOf({ sql }: Pick<Services, 'sql'>, who: Who, input: WatchInput): Subscriber['wants'] {
  const { experimentIds, notebookPath, runIds, deployment, models } = input;
  if (!experimentIds && notebookPath === undefined && !runIds) return () => !deployment && !models;
  const experiments = new Set(experimentIds);
  const runs = new Set(runIds);
  return async ({ runId, experimentId, notebookId }) => {
    if (experimentId !== undefined && experiments.has(experimentId)) return true;
    if (runId !== undefined && runs.has(runId)) return true;
    if (notebookPath === undefined || !notebookId) return false;
    const rows = await sql`select where ${notebookId}::uuid in (${notebooksAt(sql, who, notebookPath)})`;
    return rows.length > 0;
  };
}

/** The subscribers of one workspace, and what has happened since the last delivery. */
class WorkspaceWatch {
  private readonly subscribers = new Set<Subscriber>();
  private readonly services: Pick<Services, 'sql' | 'live' | 'log'>;
  private readonly workspaceId: string;
  private readonly onEmpty: () => void;
  private gathered = nothing();
  private timer: NodeJS.Timeout | null = null;
  private stopListening: (() => void) | null = null;
  private delivering: Promise<void> = Promise.resolve();

  constructor(services: Pick<Services, 'sql' | 'live' | 'log'>, workspaceId: string, onEmpty: () => void) {
    this.services = services;
    this.workspaceId = workspaceId;
    this.onEmpty = onEmpty;
  }

  add(subscriber: Subscriber): void {
    this.subscribers.add(subscriber);
    this.stopListening ??= this.services.live.subscribe(this.workspaceId, (message) => this.take(message));
  }

  remove(subscriber: Subscriber): void {
    this.subscribers.delete(subscriber);
    if (this.subscribers.size > 0) return;
    this.stopListening?.();
    this.stopListening = null;
    if (this.timer) clearTimeout(this.timer);
    this.onEmpty();
  }

  private take({ topic, payload, runId, experimentId, notebookId }: LiveMessage): void {
    const place: Place = { runId, experimentId, notebookId };
    const { runs, experiments, points, others, deployment, models } = this.gathered;
    if (topic === 'run' && runId) {
      const { change } = payload as { change: Change };
      const known = runs.get(runId);
      runs.set(runId, { place, change: known && known.change !== 'updated' && change === 'updated' ? known.change : change });
      if (change !== 'updated' && experimentId) experiments.add(experimentId);
    } else if (topic === 'experiment' && experimentId) experiments.add(experimentId);
    else if (topic === 'points' && runId) {
      const { key, points: columns } = payload as { key: string; points: Columns };
      const run = points.get(runId) ?? { place, series: new Map<string, Columns[]>() };
      points.set(runId, run);
      const parts = run.series.get(key) ?? [];
      run.series.set(key, parts);
      parts.push(columns);
    } else if (topic === 'artifact') others.push({ place, event: { type: 'artifact', artifact: payload } as LiveEvent });
    else if (topic === 'snapshot')
      others.push({ place, event: { type: 'snapshot', runId: runId ?? null, ...(payload as object) } as LiveEvent });
    else if (topic === 'model') models.set(JSON.stringify(payload), { type: 'model', ...(payload as object) } as LiveEvent);
    else if (isDeployment(topic)) this.takeDeployment(deployment, topic, payload);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const { gathered } = this;
      this.gathered = nothing();
      // One after the other, so that an older state never follows a newer one.
      this.delivering = this.delivering
        .then(() => this.deliver(gathered))
        .catch((error: unknown) => this.services.log.warn({ err: error }, 'live changes could not be delivered'));
    }, GATHERED_FOR);
  }

  /** What is told must be what the contract says: a subscription whose event does not fit it ends. */
  private takeDeployment(deployment: Gathered['deployment'], topic: string, payload: unknown): void {
    const read = liveEvent.safeParse({ type: topic, [topic]: payload });
    if (read.success) deployment.set(`${topic} ${(payload as { id: string }).id}`, read.data);
    else this.services.log.error({ topic, err: read.error }, 'a live change is not what the contract says');
  }

  private async deliver({ runs, experiments, points, others, deployment, models }: Gathered): Promise<void> {
    const { sql } = this.services;
    const [readRun, readExperiment] = await Promise.all([
      readRuns(sql, this.workspaceId, [...runs.keys()]),
      readExperiments(sql, this.workspaceId, [...experiments]),
    ]);
    const events: { place: Place; event: LiveEvent; isPoints?: boolean }[] = [
      ...readRun.map((run) => {
        const { place, change } = runs.get(run.id) ?? { place: {}, change: 'updated' as const };
        return { place, event: { type: 'run', change, run } as LiveEvent };
      }),
      ...readExperiment.map((experiment) => ({
        place: { experimentId: experiment.id },
        event: { type: 'experiment', experiment } as LiveEvent,
      })),
      ...others,
      ...[...points].map(([runId, { place, series }]) => ({
        place,
        isPoints: true,
        event: { type: 'points', runId, series: asSeries(series) } as LiveEvent,
      })),
    ];
    for (const subscriber of this.subscribers) {
      if (subscriber.models) for (const event of models.values()) subscriber.push(event);
      if (subscriber.deployment) for (const event of deployment.values()) subscriber.push(event);
      for (const { place, event, isPoints } of events) {
        if (isPoints && !subscriber.points) continue;
        if (await subscriber.wants(place)) subscriber.push(event);
      }
    }
  }
}

const isDeployment = (topic: string): boolean => ['promotion', 'endpoint', 'release', 'host'].includes(topic);

function asSeries(series: Map<string, Columns[]>): SeriesPoints[] {
  return [...series].map(([key, parts]) => {
    const points: SeriesPoints = { key, steps: [], times: [], values: [] };
    const total = parts.reduce((sum, { steps }) => sum + steps.length, 0);
    const stride = Math.ceil(total / MOST_POINTS);
    let i = 0;
    for (const { steps, times, values } of parts) {
      for (let row = 0; row < steps.length; row++, i++) {
        if (i % stride !== 0 && i !== total - 1) continue;
        points.steps.push(steps[row] as number);
        points.times.push(times[row] as number);
        points.values.push(toWire(values[row] as number));
      }
    }
    return points;
  });
}

/** What waits for one subscriber: bounded; what does not fit is counted and told. */
class EventQueue {
  private waiting: LiveEvent[] = [];
  private points = 0;
  private dropped = 0;
  private wake: (() => void) | null = null;
  private ended = false;

  readonly push = (event: LiveEvent): void => {
    const points = pointsOf(event);
    const isFull = this.waiting.length >= MOST_WAITING || (points > 0 && this.points > 0 && this.points + points > MOST_POINTS_WAITING);
    if (isFull) this.dropped += 1;
    else {
      this.waiting.push(event);
      this.points += points;
    }
    this.wake?.();
  };

  end(): void {
    this.ended = true;
    this.wake?.();
  }

  async *read(): AsyncGenerator<LiveEvent> {
    while (!this.ended) {
      const next = this.waiting.shift();
      if (next) {
        this.points -= pointsOf(next);
        yield next;
      } else if (this.dropped > 0) {
        const { dropped } = this;
        this.dropped = 0;
        yield { type: 'lagging', dropped };
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        this.wake = null;
      }
    }
  }
}

function pointsOf(event: LiveEvent): number {
  return event.type === 'points' ? event.series.reduce((sum, { steps }) => sum + steps.length, 0) : 0;
}
