/**
 * The releases of this host. A new one is loaded and warmed up beside the others and joins them at once; one that is retired answers what
 * it was asked and goes. What could not be loaded is told with its reason. One that is starting has failed by that; every other one is
 * wanted all the same, and is tried again, ever slower: its file or its environment may be there again.
 */
import type { Sql } from 'postgres';
import { pauseAfter } from '../hosts/backOff.ts';
import type { BatchResult } from './batcher.ts';
import type { Callers } from './callers.ts';
import { loadRelease } from './loadRelease.ts';
import type { LookupOf } from './lookup.ts';
import type { LoadModel } from './model.ts';
import { type EndpointRecord, type ReleaseRecord, readEndpoint } from './readEndpoint.ts';
import { routesOf } from './routing.ts';
import { columnReaders } from './rows/columnReader.ts';
import type { ServedRelease } from './served.ts';
import type { ServingState } from './service.ts';
import type { OpenBlob } from './unpackModel.ts';

export interface ReleasesOptions {
  sql: Sql;
  callers: Callers;
  open: OpenBlob;
  cache: string;
  load: LoadModel;
  lookupOf: LookupOf;
  onBatch: (release: ServedRelease, result: BatchResult) => void;
  /** Takes what the counters have of releases that leave: nobody looks at them afterwards. */
  take: (releases: readonly ServedRelease[]) => void;
  say: (line: string) => void;
}

export interface Releases {
  state: () => ServingState;
  /** Of the endpoint, as this host serves it. */
  generation: () => number;
  /** For the heartbeat. */
  told: () => { generation: number; loaded: string[]; refused: Record<string, string>; message: string };
  /** Reads the endpoint again. */
  refresh: () => Promise<void>;
  /** Everything that is being loaded is loaded, or refused. */
  settled: () => Promise<void>;
  close: () => Promise<void>;
}

interface Refused {
  reason: string;
  /** In a row. */
  failures: number;
  /** When it is tried again. */
  timer: NodeJS.Timeout | null;
}

export function watchReleases(first: EndpointRecord, options: ReleasesOptions): Releases {
  const { sql, callers, say } = options;
  const endpointId = first.id;
  const served = new Map<string, ServedRelease>();
  const refused = new Map<string, Refused>();
  const loading = new Map<string, Promise<void>>();
  const going = new Set<Promise<void>>();
  let endpoint = first;
  let isClosing = false;
  let state = stateOf();

  function stateOf(): ServingState {
    const releases = endpoint.releases.flatMap((record) => served.get(record.id) ?? []);
    const needed = endpoint.releases.filter(({ role }) => role === 'live' || role === 'canary');
    const { name, description, settings } = endpoint;
    // What cannot be loaded keeps those that are loaded from nothing.
    const isSettled = needed.every(({ id }) => served.has(id) || refused.has(id));
    const isReady = needed.length === 0 || (isSettled && needed.some(({ id }) => served.has(id)));
    return { name, description, settings, releases, isReady, trouble: trouble(), routes: routesOf(releases) };
  }

  function trouble(): string {
    const missing = endpoint.releases.find(({ id, role }) => role !== 'starting' && refused.has(id));
    if (!missing) return '';
    return `release ${missing.number} (${missing.modelName} ${missing.version}) cannot be loaded: ${refused.get(missing.id)?.reason}; it is tried again`;
  }

  function forget(id: string): void {
    clearTimeout(refused.get(id)?.timer ?? undefined);
    refused.delete(id);
  }

  function tryAgainLater(id: string, which: Refused): void {
    if (which.timer || isClosing) return;
    which.timer = setTimeout(() => {
      which.timer = null;
      const record = endpoint.releases.find((one) => one.id === id);
      if (record) load(record);
    }, pauseAfter(which.failures));
  }

  function adopt(next: EndpointRecord): void {
    const wasStrict = endpoint.settings.strict;
    endpoint = next;
    callers.set(next.access);
    const wanted = new Map(next.releases.map((record) => [record.id, record]));
    for (const [id, release] of served) {
      const record = wanted.get(id);
      if (!record) letGo(id, release);
      else {
        Object.assign(release, { record, role: record.role, weight: record.weight, header: record.header });
        if (next.settings.strict !== wasStrict) release.readers = columnReaders(release.signature, next.settings.strict);
      }
    }
    for (const [id, which] of refused) {
      const record = wanted.get(id);
      if (!record) forget(id);
      else if (record.role !== 'starting') tryAgainLater(id, which);
    }
    for (const record of next.releases) if (!served.has(record.id) && !refused.has(record.id)) load(record);
    state = stateOf();
  }

  function load(record: ReleaseRecord): void {
    if (loading.has(record.id) || isClosing) return;
    const batching = () => ({ rows: endpoint.settings.batchRows, windowUs: endpoint.settings.batchWindowUs });
    const since = performance.now();
    const started = loadRelease(record, { ...options, strict: endpoint.settings.strict, batching })
      .then(
        (release) => {
          const current = endpoint.releases.find(({ id }) => id === record.id);
          if (!current || isClosing) return release.model.close();
          forget(record.id);
          Object.assign(release, { record: current, role: current.role, weight: current.weight, header: current.header });
          served.set(record.id, release);
          say(`release ${current.number} (${current.modelName} ${current.version}) is loaded, ${Math.round(performance.now() - since)} ms`);
        },
        (error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          const current = endpoint.releases.find(({ id }) => id === record.id);
          if (current) {
            const failures = (refused.get(record.id)?.failures ?? 0) + 1;
            const which: Refused = { reason: reason.slice(0, 1_000), failures, timer: null };
            refused.set(record.id, which);
            if (current.role !== 'starting') tryAgainLater(record.id, which);
          }
          say(`release ${record.number} (${record.modelName} ${record.version}) cannot be loaded: ${reason}`);
        },
      )
      .finally(() => {
        loading.delete(record.id);
        state = stateOf();
      });
    loading.set(record.id, started);
  }

  function letGo(id: string, release: ServedRelease): void {
    served.delete(id);
    options.take([release]); // now, since answering what waits may take its time
    const gone = release.batcher
      .close()
      .then(() => options.take([release]))
      .catch((error: unknown) => say(`release ${release.number} did not end well: ${error instanceof Error ? error.message : error}`))
      .finally(() => going.delete(gone));
    going.add(gone);
  }

  adopt(first);
  return {
    state: () => state,
    generation: () => endpoint.generation,
    told: () => ({
      ...{ generation: endpoint.generation, loaded: [...served.keys()], message: state.trouble },
      refused: Object.fromEntries([...refused].map(([id, { reason }]) => [id, reason])),
    }),
    async refresh() {
      const next = await readEndpoint(sql, endpointId);
      if (next && next.generation !== endpoint.generation) adopt(next);
    },
    async settled() {
      while (loading.size > 0) await Promise.all(loading.values());
    },
    async close() {
      isClosing = true;
      for (const { timer } of refused.values()) clearTimeout(timer ?? undefined);
      for (const [id, release] of served) letGo(id, release);
      await Promise.all([...loading.values(), ...going]);
    },
  };
}
