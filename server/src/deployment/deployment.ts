/**
 * What serves, kept going by this server: it looks at the database once a second, more often while something is about to change, and at
 * once when somebody changes an endpoint. A look brings its hosts to what is wanted, what hosts say to what releases are, canaries to
 * their next step, idle endpoints to sleep, and news to whoever watches.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DiskBlobStore } from '../core/blobsOnDisk.ts';
import type { FindReferences } from '../core/collectBlobs.ts';
import type { Services } from '../core/context.ts';
import { sweepBatches } from './batches/sweepBatches.ts';
import { stepCanaryOf } from './canary/stepCanaries.ts';
import { createDoor, type Door, type DoorHttp } from './door/door.ts';
import { type Place, placeOf } from './door/places.ts';
import { CHANNEL, tell } from './endpoints/change.ts';
import { columnsOfEndpoint, type EndpointRow, type Seen } from './endpoints/readEndpoints.ts';
import type { HostingSettings } from './hosts/hostingSettings.ts';
import { type HostRow, hostOf, readAllHosts } from './hosts/hostRows.ts';
import { countIdlenessAnew, fallAsleep, wakeUp } from './hosts/sleep.ts';
import { createSupervisor } from './hosts/supervisor.ts';
import { sweepEnvironments } from './hosts/sweepEnvironments.ts';
import { sweepModels } from './hosts/sweepModels.ts';
import { createWakers } from './hosts/wakers.ts';
import { isActive } from './releases/moves.ts';
import { type ReleaseRow, readReleases } from './releases/releaseRows.ts';
import { type Blamed, settleReleases } from './releases/settle.ts';
import { startSweeping } from './sweeping.ts';
import { startRetention } from './traffic/retention.ts';

const LOOK_EVERY = 1_000; // ms
/** While hosts start, releases load, or requests wait. */
const HURRIED = 100; // ms
/** ms between two judgements of a canary */
const JUDGE_EVERY = 2_000;
/** Ends of hosts while a release is loaded, until it is blamed for them. */
const BLAMED_AFTER = 2;

export interface Deployment {
  seen: Seen;
  door: Door['handle'];
  /** Why this server runs no hosts; null: it does. */
  off: string | null;
  /** @param url of this server */
  start: (url: string) => Promise<void>;
  stop: () => Promise<void>;
}

interface Options {
  settings: HostingSettings;
  /** For hosts; a secret. */
  databaseUrl: string;
  http: DoorHttp;
  /** Where the files of batches lie, and who else names them. */
  stored: { blobs: DiskBlobStore; references: FindReferences[] };
  /** Folders below which this server's other work keeps Python environments. */
  caches?: string[];
}

interface Look {
  /** Of those that were begun before, none is newer. */
  number: number;
  endpoints: EndpointRow[];
  releases: ReleaseRow[];
  hosts: HostRow[];
}

export function createDeployment(services: Services, { settings, databaseUrl, http, stored, caches = [] }: Options): Deployment {
  const { sql, log, live } = services;
  const stopping = new AbortController();
  let serverUrl = '';
  const seen: Seen = { serverUrl: () => serverUrl, now: services.now, lookAgain: () => lookAgain() };
  let waking = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let unlisten: (() => Promise<void>) | null = null;
  let hurriedUntil = 0;
  let byName = new Map<string, Place>();
  let byId = new Map<string, Place>();
  let told = new Map<string, string>();
  let lastLook: Look = { number: 0, endpoints: [], releases: [], hosts: [] };
  let newest = lastLook;
  let looks = 0;
  const judgedAt = new Map<string, number>();
  const crashes = new Map<string, number>();
  /** Endpoints whose hosts have not answered yet since they were wanted. */
  const loading = new Set<string>();

  const nudge = () => waking.abort();
  const hurry = () => {
    hurriedUntil = Date.now() + 1_000;
  };
  const supervisor = createSupervisor({
    sql,
    log,
    settings,
    databaseUrl,
    onChange: nudge,
    onCrash: (slot) => blame(slot.id, slot.endpoint.id),
  });

  /** Of a crash, releases are suspected that the host was loading just then. */
  const blame = (hostId: string, endpointId: string) => {
    const loaded = lastLook.hosts.find(({ id }) => id === hostId)?.loaded ?? [];
    for (const { id, role, endpointId: of } of lastLook.releases) {
      if (of === endpointId && role === 'starting' && !loaded.includes(id)) crashes.set(id, (crashes.get(id) ?? 0) + 1);
    }
  };

  const read = async (): Promise<Look> => {
    const number = ++looks;
    const endpoints = await sql<EndpointRow[]>`
      select ${columnsOfEndpoint(sql)} from endpoints e join users u on u.id = e.user_id where e.deleted_at is null order by e.created_at, e.id`;
    const [releases, hosts] = await Promise.all([
      readReleases(
        sql,
        endpoints.map(({ id }) => id),
        { others: 0 },
      ),
      readAllHosts(sql),
    ]);
    return { number, endpoints, releases, hosts };
  };

  const place = (look: Look) => {
    if (look.number > newest.number) newest = look;
    const { endpoints, releases, hosts } = newest;
    const places = endpoints.map((endpoint) => {
      const roles = releases.filter(({ endpointId }) => endpointId === endpoint.id).map(({ role }) => role);
      const known = placeOf(endpoint, roles, hosts, settings);
      return wakers.isListening(endpoint.id) ? { ...known, addresses: [] } : known;
    });
    byName = new Map(places.map((one) => [one.endpoint.name, one]));
    byId = new Map(places.map((one) => [one.endpoint.id, one]));
  };

  const wakers = createWakers({
    listen: settings.listen,
    log,
    handle: (id) => (request, response) => door.handleDirect(id)(request, response),
  });
  const door = createDoor({
    services,
    http,
    known: (id) => byId.get(id) ?? null,
    // One that was made, woken or asleep a moment ago is not what was last seen of it.
    find: async (name, isFresh = false) => {
      const there = byName.get(name);
      if (!isFresh && there && there.addresses.length > 0 && there.isAnswering) return there;
      await refresh();
      return byName.get(name) ?? null;
    },
    wake: async (id) => {
      if (await wakeUp(sql, id)) await tell(services, seen, id);
      await refresh();
      hurry();
      nudge();
    },
    hurry,
  });

  let refreshing: Promise<void> | null = null;
  const refresh = (): Promise<void> => {
    refreshing ??= read()
      .then((look) => place(look))
      .finally(() => {
        refreshing = null;
      });
    return refreshing;
  };
  const lookAgain = async () => {
    try {
      place(await read()); // not by a refresh that is under way: it may have read before the commit
    } catch (error) {
      log.warn({ err: error }, 'endpoints could not be looked at after a change; trying again');
      nudge();
    }
  };

  const look = async () => {
    const now = await read();
    lastLook = now;
    place(now);
    const { endpoints, releases, hosts } = now;
    const releasesOf = (id: string) => releases.filter(({ endpointId }) => endpointId === id);
    const isRunning = ({ id, wanted, asleepAt }: EndpointRow) => wanted === 'running' && asleepAt === null && releasesOf(id).some(isActive);
    if (settings.off === null) {
      const hasReady = (id: string) => supervisor.slotsOf(id).some(({ state }) => state === 'ready');
      await wakers.listenFor(endpoints);
      const wanted = endpoints.filter(isRunning).map((endpoint) => ({
        endpoint,
        replicas: endpoint.settings.replicas,
        isLoading: releasesOf(endpoint.id).some(({ role }) => role === 'starting'),
      }));
      await supervisor.look(wanted, hosts);
      wakers.leave(endpoints, hasReady);
      place(now); // some have no listener of ours before them any more
    }
    for (const endpoint of endpoints) {
      const own = releasesOf(endpoint.id);
      const ofIt = hosts.filter(({ endpointId }) => endpointId === endpoint.id);
      await care(endpoint, own, ofIt).catch((error: unknown) =>
        log.warn({ err: error, endpoint: endpoint.name }, 'an endpoint could not be looked after; trying again'),
      );
    }
    tellHosts(hosts);
  };

  const care = async (endpoint: EndpointRow, releases: readonly ReleaseRow[], hosts: readonly HostRow[]) => {
    const { id, workspaceId, wanted, asleepAt, settings: own } = endpoint;
    if (wanted === 'stopped') return;
    if (releases.some(({ role }) => role === 'starting')) {
      const suspects = releases.filter((release) => (crashes.get(release.id) ?? 0) >= BLAMED_AFTER);
      const blamed = suspects.map(
        (release): Blamed => ({
          releaseId: release.id,
          reason: `its host ended ${BLAMED_AFTER} times while it was loaded: ${troubleOf(id)}`,
        }),
      );
      if (await settleReleases(services, seen, releases, blamed)) nudge();
      for (const { releaseId } of blamed) crashes.delete(releaseId);
    }
    if (releases.some(({ role }) => role === 'canary') && Date.now() - (judgedAt.get(id) ?? 0) >= JUDGE_EVERY) {
      judgedAt.set(id, Date.now());
      await stepCanaryOf(services, seen, workspaceId, releases);
    }
    if (own.idleSeconds === null || asleepAt !== null) return void loading.delete(id);
    // One that takes longer to load than it may be idle would never answer; what crashes while it loads may sleep.
    if (!hosts.some(({ state }) => state === 'ready') && hosts.every(({ restarts }) => restarts === 0)) return void loading.add(id);
    if (loading.delete(id)) await countIdlenessAnew(sql, id);
    if (await fallAsleep(sql, id, own.idleSeconds)) {
      log.info({ endpoint: endpoint.name }, 'an endpoint fell asleep');
      await tell(services, seen, id);
      nudge();
    }
  };

  const troubleOf = (endpointId: string) => supervisor.slotsOf(endpointId).find(({ message }) => message !== '')?.message ?? 'see its logs';

  /** Each server tells of its own hosts. */
  const tellHosts = (hosts: readonly HostRow[]) => {
    const own = hosts.filter(({ machine }) => machine === settings.machine);
    const next = new Map(
      own.map((row) => [row.id, JSON.stringify([row.endpointId, hostOf(row).state, row.message, row.restarts, row.loaded])]),
    );
    const changed = new Set<string>();
    for (const row of own) {
      if (told.get(row.id) === next.get(row.id)) continue;
      live.publish({ workspaceId: row.workspaceId, topic: 'host', payload: hostOf(row) });
      changed.add(row.endpointId);
    }
    for (const [id, before] of told) if (!next.has(id)) changed.add((JSON.parse(before) as [string])[0]);
    told = next;
    for (const id of changed) void tell(services, seen, id);
  };

  const loop = async () => {
    while (!stopping.signal.aborted) {
      waking = new AbortController();
      try {
        await look();
      } catch (error) {
        supervisor.lostSight();
        if (!stopping.signal.aborted) log.warn({ err: error }, 'endpoints could not be looked at; trying again');
      }
      const isHurried = Date.now() < hurriedUntil || supervisor.isBusy() || lastLook.releases.some(({ role }) => role === 'starting');
      const signal = AbortSignal.any([stopping.signal, waking.signal]);
      await sleep(isHurried ? HURRIED : LOOK_EVERY, undefined, { ref: false, signal }).catch(() => {}); // woken
    }
  };

  const retention = startRetention(services);
  const sweeps = [
    {
      what: 'batches that ended long ago, and rows that none was asked with',
      sweep: async (signal: AbortSignal) => ({ ...(await sweepBatches(sql, stored, settings.batchDays, { now: services.now(), signal })) }),
    },
    ...[settings.cache, ...caches].map((cache, i) => ({
      what: 'Python environments that nobody uses',
      sweep: async (signal: AbortSignal) => ({
        environments: (await sweepEnvironments(sql, cache, settings.environmentDays, { isOfHosts: i === 0, signal })).length,
      }),
    })),
    {
      what: 'models that nobody uses',
      sweep: async (signal: AbortSignal) => ({ folders: (await sweepModels(sql, settings.cache, { signal })).length }),
    },
  ];
  let sweeping: ReturnType<typeof startSweeping> | null = null;

  return {
    seen,
    off: settings.off,
    door: door.handle,
    async start(url) {
      serverUrl = url;
      ({ unlisten } = await sql.listen(CHANNEL, nudge, nudge));
      running = loop();
      sweeping = startSweeping(log, sweeps);
    },
    async stop() {
      stopping.abort();
      await unlisten?.().catch(() => {}); // the database is away
      await running;
      await Promise.all([retention.stop(), sweeping?.stop()]);
      await wakers.stop();
      await supervisor.stop();
      door.close();
    },
  };
}
