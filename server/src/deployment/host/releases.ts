/**
 * The releases of this host. A new one is loaded and warmed up beside the others and joins them at once; one that is retired answers what
 * it was asked and goes. What could not be loaded is told with its reason, and tried again when its release changes.
 */
import type { Sql } from 'postgres';
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
  say: (line: string) => void;
}

export interface Releases {
  state: () => ServingState;
  /** Of the endpoint, as this host serves it. */
  generation: () => number;
  /** For the heartbeat. */
  told: () => { generation: number; loaded: string[]; refused: Record<string, string> };
  /** Reads the endpoint again. */
  refresh: () => Promise<void>;
  /** Everything that is being loaded is loaded, or refused. */
  settled: () => Promise<void>;
  close: () => Promise<void>;
}

export function watchReleases(first: EndpointRecord, options: ReleasesOptions): Releases {
  const { sql, callers, say } = options;
  const endpointId = first.id;
  const served = new Map<string, ServedRelease>();
  const refused = new Map<string, string>();
  const loading = new Map<string, Promise<void>>();
  const going = new Set<Promise<void>>();
  let endpoint = first;
  let state = stateOf();

  function stateOf(): ServingState {
    const releases = endpoint.releases.flatMap((record) => served.get(record.id) ?? []);
    const needed = endpoint.releases.filter(({ role }) => role === 'live' || role === 'canary');
    const { name, description, settings } = endpoint;
    const isReady = needed.every(({ id }) => served.has(id));
    return { name, description, settings, releases, isReady, routes: routesOf(releases) };
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
    for (const id of refused.keys()) if (!wanted.has(id)) refused.delete(id);
    for (const record of next.releases) if (!served.has(record.id) && !refused.has(record.id)) load(record);
    state = stateOf();
  }

  function load(record: ReleaseRecord): void {
    if (loading.has(record.id)) return;
    const batching = () => ({ rows: endpoint.settings.batchRows, windowUs: endpoint.settings.batchWindowUs });
    const since = performance.now();
    const started = loadRelease(record, { ...options, strict: endpoint.settings.strict, batching })
      .then(
        (release) => {
          const current = endpoint.releases.find(({ id }) => id === record.id);
          if (!current) return release.model.close();
          Object.assign(release, { record: current, role: current.role, weight: current.weight, header: current.header });
          served.set(record.id, release);
          say(`release ${current.number} (${current.modelName} ${current.version}) is loaded, ${Math.round(performance.now() - since)} ms`);
        },
        (error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          refused.set(record.id, reason.slice(0, 1_000));
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
    const gone = release.batcher
      .close()
      .catch((error: unknown) => say(`release ${release.number} did not end well: ${error instanceof Error ? error.message : error}`))
      .finally(() => going.delete(gone));
    going.add(gone);
  }

  adopt(first);
  return {
    state: () => state,
    generation: () => endpoint.generation,
    told: () => ({ generation: endpoint.generation, loaded: [...served.keys()], refused: Object.fromEntries(refused) }),
    async refresh() {
      const next = await readEndpoint(sql, endpointId);
      if (next && next.generation !== endpoint.generation) adopt(next);
    },
    async settled() {
      while (loading.size > 0) await Promise.all(loading.values());
    },
    async close() {
      for (const [id, release] of served) letGo(id, release);
      await Promise.all([...loading.values(), ...going]);
    },
  };
}
