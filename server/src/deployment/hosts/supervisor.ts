/**
 * The hosts of this server: as many for each endpoint as it wants, started, watched, replaced and drained. Each server looks after those
 * that it has started itself; a crash of one touches no other. What is wanted stands in the database, so that a look in which nothing
 * has changed does nothing, and one after any crash finds what is left to do.
 */
import { mkdirSync } from 'node:fs';
import type { Services } from '../../core/context.ts';
import type { EndpointRow } from '../endpoints/readEndpoints.ts';
import { drainTimes } from '../host/drainTimes.ts';
import { createHealth } from './health.ts';
import type { HostRow } from './hostRows.ts';
import { removeHosts } from './hostTable.ts';
import { drainOrphan, endOrphan, findOrphans, isAlive, killOrphan, type Orphan } from './orphans.ts';
import { ensurePort } from './ports.ts';
import { Slot, type SlotContext } from './slot.ts';
import { rollOn, startSettings } from './startSettings.ts';

/** ms without a sign of life before a host was ever ready: large models are read and warmed up. */
const NEVER_READY_AFTER = 300_000;
/** ms while it loads a release beside those that it answers with */
const LOADS_FOR = 60_000;
/** Wait for what a host has begun where the server itself stops. */
const STOP_PATIENCE = 10_000;

export interface Wanted {
  endpoint: EndpointRow;
  /** Hosts on this machine. */
  replicas: number;
  /** A release is being loaded: reading a large model may hold a host up. */
  isLoading: boolean;
}

export interface Supervisor {
  /** Brings what runs to what is wanted. @param rows what all hosts say of themselves */
  look: (wanted: readonly Wanted[], rows: readonly HostRow[]) => Promise<void>;
  /** Of one endpoint on this machine. */
  slotsOf: (endpointId: string) => readonly Slot[];
  /** Something is about to change by itself: look again soon. */
  isBusy: () => boolean;
  /** The database does not answer: nothing that hosts say is newer than now. */
  lostSight: () => void;
  stop: () => Promise<void>;
}

type Deps = Pick<Services, 'sql' | 'log'> & Omit<SlotContext, 'sql' | 'log'>;

export function createSupervisor(context: Deps): Supervisor {
  const { sql, log, settings, onChange } = context;
  const health = createHealth(settings);
  const slots = new Map<string, Slot[]>();
  const leaving = new Set<Promise<void>>();
  let orphans: Orphan[] | null = null;
  let seeingSince = Date.now();
  let isStopping = false;

  const slotsOf = (endpointId: string) => slots.get(endpointId) ?? [];

  const drain = (slot: Slot, patience: number): Promise<void> => {
    const done = slot.drain(patience).finally(() => {
      leaving.delete(done);
      const left = slotsOf(slot.endpoint.id).filter((other) => other !== slot);
      if (left.length > 0) slots.set(slot.endpoint.id, left);
      else {
        slots.delete(slot.endpoint.id);
        health.forget(slot.endpoint.id);
      }
    });
    leaving.add(done);
    return done;
  };

  const reach = async ({ endpoint, replicas }: Wanted, rows: readonly HostRow[]) => {
    const own = slotsOf(endpoint.id).filter(({ state }) => state !== 'draining' && state !== 'gone');
    const settingsNow = startSettings(endpoint.settings);
    const isRolling = own.some(({ startedWith }) => startedWith !== settingsNow);
    const { leaves, starts } = rollOn(own, replicas, settingsNow);
    if (leaves) void drain(leaves, patienceOf(endpoint));
    // One more than are wanted may be there while they are replaced.
    const staying = own.filter((slot) => slot !== leaves);
    if (replicas < staying.length && !(isRolling && staying.length === replicas + 1)) {
      const best = ['ready', 'starting', 'crashed'];
      const order = staying.toSorted((a, b) => best.indexOf(a.state) - best.indexOf(b.state) || a.startedAt - b.startedAt);
      for (const slot of order.slice(replicas)) void drain(slot, patienceOf(endpoint));
    }
    for (const slot of own) {
      if (slot.state !== 'crashed' || slot.startAt > Date.now()) continue;
      // While hosts answer at the address, it stays: whoever knows it goes on asking there.
      const isAnswering = rows.some(({ endpointId, state }) => endpointId === endpoint.id && state === 'ready');
      if (slot.isPortTaken && !isAnswering) slot.endpoint.port = await ensurePort(sql, endpoint.id, settings, slot.endpoint.port);
      await slot.begin(settingsNow);
    }
    const missing = Math.max(replicas - own.length, starts ? 1 : 0);
    if (missing === 0) return;
    const port = endpoint.port ?? (await ensurePort(sql, endpoint.id, settings));
    for (let i = 0; i < missing; i++) {
      const slot = new Slot(context, { id: endpoint.id, name: endpoint.name, port });
      slots.set(endpoint.id, [...slotsOf(endpoint.id), slot]);
      await slot.begin(settingsNow);
    }
  };

  const watch = async (slot: Slot, rows: readonly HostRow[], known: Wanted | undefined) => {
    const row = rows.find(({ id }) => id === slot.id);
    if (slot.state === 'gone') return;
    await slot.keepLines();
    if (slot.pid === null) return;
    if (row) slot.heard(row.state, Date.now());
    if (slot.state === 'draining') return;
    const silence = Math.min(row?.silence ?? 0, Date.now() - seeingSince, Date.now() - slot.startedAt);
    const answering = known?.isLoading ? Math.max(LOADS_FOR, settings.hangsAfter) : settings.hangsAfter;
    const most = slot.state === 'ready' ? answering : NEVER_READY_AFTER;
    if (silence > most) return slot.kill(`it gave no sign of life for ${Math.round(silence / 1_000)} s`);
    const mib = Math.round(slot.memory() / 2 ** 20);
    const trouble = slot.state === 'ready' ? troubleOf(slot, rows) : null;
    if (trouble !== null) {
      health.forget(slot.endpoint.id);
      return slot.kill(trouble);
    }
    const allowed = known?.endpoint.settings.memoryMiB ?? Number.POSITIVE_INFINITY;
    if (mib > allowed) slot.kill(`it took ${mib} MiB of memory, and ${allowed} are allowed (memoryMiB)`);
  };

  /** Hosts of other servers on this machine share the port, too. */
  const troubleOf = (slot: Slot, rows: readonly HostRow[]): string | null => {
    const sharing = rows.filter(({ endpointId, state }) => endpointId === slot.endpoint.id && state === 'ready').length;
    return health.troubleOf(slot.endpoint.id, slot.endpoint.port, sharing);
  };

  const lookAfterOrphans = async (wanted: ReadonlyMap<string, Wanted>) => {
    for (const orphan of orphans ?? []) {
      if (!isAlive(orphan)) {
        await removeHosts(sql, [orphan.id]);
        orphans = (orphans ?? []).filter((other) => other !== orphan);
        onChange(orphan.endpointId);
        continue;
      }
      if (orphan.endBy !== null) {
        if (Date.now() > orphan.endBy) killOrphan(orphan);
        continue;
      }
      const { endpoint, replicas = 0 } = wanted.get(orphan.endpointId) ?? {};
      const ready = slotsOf(orphan.endpointId).filter(({ state }) => state === 'ready');
      if (ready.length >= replicas) await drainOrphan(sql, orphan, patienceOf(endpoint));
    }
  };

  return {
    slotsOf,
    lostSight: () => {
      seeingSince = Date.now() + settings.hangsAfter; // its hosts need a moment too until they write again
    },
    isBusy: () => leaving.size > 0 || (orphans ?? []).length > 0 || [...slots.values()].flat().some(({ state }) => state === 'starting'),
    async look(wanted, rows) {
      if (isStopping) return;
      if (orphans === null) {
        for (const folder of [settings.logs, settings.cache]) mkdirSync(folder, { recursive: true, mode: 0o700 });
        orphans = await findOrphans(sql, rows, settings.machine, log);
      }
      const byEndpoint = new Map(wanted.map((one) => [one.endpoint.id, one]));
      for (const slot of [...slots.values()].flat()) {
        const known = byEndpoint.get(slot.endpoint.id);
        await watch(slot, rows, known);
        if (!known && slot.state !== 'draining' && slot.state !== 'gone') void drain(slot, patienceOf(undefined));
      }
      for (const one of wanted) {
        // One that cannot be started (no port, no program) keeps no other from it.
        if (!isStopping)
          await reach(one, rows).catch((error: unknown) =>
            log.error({ err: error, endpoint: one.endpoint.name }, 'its hosts could not be started'),
          );
      }
      await lookAfterOrphans(byEndpoint);
    },
    async stop() {
      isStopping = true;
      await Promise.all([...slots.values()].flat().map((slot) => drain(slot, STOP_PATIENCE)));
      await Promise.all(leaving);
      await Promise.all((orphans ?? []).map((orphan) => endOrphan(sql, orphan, STOP_PATIENCE)));
    },
  };
}

/** Of one that is deleted as long as any may take. */
const patienceOf = (endpoint: EndpointRow | undefined): number =>
  drainTimes(endpoint?.settings.deadlineMs ?? Number.POSITIVE_INFINITY).ended;
