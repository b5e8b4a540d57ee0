/**
 * Batches of kernels and scripts: numbered, each one transaction, stored once.
 *
 * The writer's row is locked for the length of its batch, so two sendings of one batch wait for each other and the second finds it done.
 * A record that breaks a rule is left out and named; what the database refuses (no disk, no connection) undoes the whole batch, which
 * the writer then sends again.
 */
import type { ExecutionInput } from '@cellkeep/schema/design';
import { type IngestOutput, type IngestRecord, ingestRecord, type SeriesPoints } from '@cellkeep/schema/tracking';
import { type Issue, runId } from '@cellkeep/schema/wire';
import type { CallContext, Db } from '../core/context.ts';
import { failure, isFailure, toIssue } from '../core/failure.ts';
import { storable } from '../core/storable.ts';
import {
  checkPart,
  endSession,
  keepLarge,
  moveSession,
  putSnapshot,
  type ReadyPart,
  startSession,
  storeEnvironment,
  storeExecutions,
  storeParts,
} from '../design/index.ts';
import { appendPoints, type NewPoints } from './appendPoints.ts';
import { beat, changeRun } from './changeRuns.ts';
import { toColumns } from './columns.ts';
import { createRun } from './createRun.ts';
import { type Effects, noEffects, type RunPlace, runChanged, writeEffects } from './effects.ts';
import { type KeyedPoints, readSeries } from './readPoints.ts';
import { noSuchRun } from './readRuns.ts';
import { repeatedly } from './repeatedly.ts';
import { runIsDeleted } from './runIsDeleted.ts';

export interface IngestInput {
  writer: string;
  seq: number;
  records: readonly unknown[];
}

export interface Ingested {
  output: IngestOutput;
  effects: Effects;
  crowded: string[];
}

type Rejected = IngestOutput['rejected'][number];
/** Points stand in columns from the beginning: they are most of what comes. */
type PointsRecord = { type: 'points'; runId: string; series: KeyedPoints[] };
/** Its bytes are stored as they came, for their digest's sake. */
type PartRecord = { type: 'part'; ready: ReadyPart };
type EnvironmentRecord = Extract<IngestRecord, { type: 'environment' }> & { given: unknown };
type Numbered = {
  index: number;
  record: Exclude<IngestRecord, { type: 'points' | 'part' | 'environment' }> | PointsRecord | PartRecord | EnvironmentRecord;
};

export async function ingest(context: CallContext, { writer, seq, records }: IngestInput): Promise<Ingested> {
  const invalid: Rejected[] = [];
  const valid = await withLargeKept(context, readRecords(records, invalid));
  return repeatedly(() => context.sql.begin((tx) => storeBatch(tx, context, { writer, seq, total: records.length, valid, invalid })));
}

interface ReadBatch {
  writer: string;
  seq: number;
  total: number;
  valid: Numbered[];
  invalid: Rejected[];
}

async function storeBatch(tx: Db, context: CallContext, { writer, seq, total, valid, invalid }: ReadBatch): Promise<Ingested> {
  if (!(await takeTurn(tx, context, writer, seq))) {
    return { output: { seq, duplicate: true, accepted: 0, rejected: [] }, effects: noEffects(), crowded: [] };
  }
  const batch = new Batch(tx, context);
  const rejected = [...invalid];
  for (const { index, record } of valid) {
    try {
      await batch.apply(index, record);
    } catch (error) {
      // Only what was refused before a statement failed: after that the transaction takes no more.
      if (!isFailure(error) || error.status >= 500) throw error;
      rejected.push({ index, code: error.code, issues: error.data.issues });
    }
  }
  const crowded = await batch.finish(rejected);
  await tx`update writers set seq = ${seq}, updated_at = ${new Date(context.now())} where id = ${writer}`;
  rejected.sort((a, b) => a.index - b.index);
  return { output: { seq, duplicate: false, accepted: total - rejected.length, rejected }, effects: batch.effects, crowded };
}

function readRecords(records: readonly unknown[], rejected: Rejected[]): Numbered[] {
  return records.flatMap((given, index): Numbered[] => {
    const points = pointsIn(given);
    if (points) return [{ index, record: points }];
    const isPart = (given as { type?: unknown } | null)?.type === 'part';
    const read = ingestRecord.safeParse(isPart ? given : storable(given));
    if (read.success) {
      try {
        return [{ index, record: prepared(read.data, given) }];
      } catch (error) {
        if (!isFailure(error)) throw error;
        rejected.push({ index, code: error.code, issues: error.data.issues });
        return [];
      }
    }
    const issues: Issue[] = read.error.issues.slice(0, 20).map(toIssue);
    rejected.push({ index, code: 'BAD_REQUEST', issues });
    return [];
  });
}

/** @throws BAD_REQUEST for a part that is not what it says */
function prepared(record: IngestRecord, given: unknown): Numbered['record'] {
  if (record.type === 'points') return { ...record, series: record.series.map(inColumns) };
  if (record.type === 'part') return { type: 'part', ready: checkPart(record.part, 'part') };
  if (record.type === 'environment') return { ...record, given: (given as typeof record).environment };
  return record;
}

/** Before the transaction: while bytes go to the disk, it would hold its connection and its locks. */
async function withLargeKept(context: CallContext, valid: Numbered[]): Promise<Numbered[]> {
  const parts = valid.flatMap(({ record }) => (record.type === 'part' ? [record.ready] : []));
  if (parts.length === 0) return valid;
  const kept = (await keepLarge(context, parts)).values();
  return valid.map((one) =>
    one.record.type === 'part' ? { ...one, record: { type: 'part', ready: kept.next().value as ReadyPart } } : one,
  );
}

/** @returns null for any other record, and for points that the contract may refuse */
function pointsIn(given: unknown): PointsRecord | null {
  const { type, runId: id, series: columns } = (given ?? {}) as Record<string, unknown>;
  if (type !== 'points' || !runId.safeParse(id).success) return null;
  const series = readSeries(columns);
  return series && { type, runId: id as string, series };
}

const inColumns = ({ key, ...columns }: SeriesPoints): KeyedPoints => ({ key, points: toColumns(columns) });

/** @returns false where this batch has been stored already */
async function takeTurn(db: Db, { caller, now }: CallContext, writer: string, seq: number): Promise<boolean> {
  const at = new Date(now());
  await db`
    insert into writers (id, workspace_id, user_id, seq, updated_at) values (${writer}, ${caller.workspaceId}, ${caller.userId}, 0, ${at})
    on conflict (id) do nothing`;
  const [row] = await db<{ seq: number; workspaceId: string; userId: string }[]>`
    select seq::float8 as seq, workspace_id as "workspaceId", user_id as "userId" from writers where id = ${writer} for update`;
  if (!row || row.workspaceId !== caller.workspaceId || row.userId !== caller.userId) {
    throw failure('CONFLICT', {
      field: 'writer',
      reason: 'this writer belongs to somebody else',
      remedy: 'choose a new id for the writer',
    });
  }
  if (seq <= row.seq) return false;
  if (seq === row.seq + 1) return true;
  const reason = `batch ${row.seq + 1} of this writer is still to come`;
  throw failure('CONFLICT', { field: 'seq', reason, remedy: `send batch ${row.seq + 1} first, or begin again with a new writer` });
}

/**
 * What one batch does to the database, in the order of its records; points and executions at its end, all at once. Parts are written before
 * the first snapshot, which looks for them.
 */
class Batch {
  readonly effects = noEffects();
  private readonly places = new Map<string, (RunPlace & { deleted: boolean }) | null>();
  private readonly alive = new Set<string>();
  private readonly executions: { index: number; execution: ExecutionInput }[] = [];
  private readonly points: NewPoints[] = [];
  private parts: ReadyPart[] = [];
  /** Params and tags of several records, to be written at once: each writing copies all that the run has. */
  private readonly sets = new Map<string, { id: string; setParams: Record<string, string>; setTags: Record<string, string> }>();
  private readonly db: Db;
  private readonly context: CallContext;

  constructor(db: Db, context: CallContext) {
    this.db = db;
    this.context = context;
  }

  async apply(index: number, record: Numbered['record']): Promise<void> {
    const { db, effects } = this;
    const { caller, now: clock } = this.context;
    const now = clock();
    switch (record.type) {
      case 'session.start':
        return startSession(db, caller, record.session, now);
      case 'session.move':
        return requireSession(await moveSession(db, caller, record.sessionId, record.notebookPath, now), record.sessionId);
      case 'session.end':
        return requireSession(await endSession(db, caller, record.sessionId, record.at), record.sessionId);
      case 'execution':
        this.executions.push({ index, execution: record.execution });
        return;
      case 'part':
        this.parts.push(record.ready);
        return;
      case 'environment':
        await storeEnvironment(db, caller.workspaceId, record.digest, record.environment, record.given);
        return;
      case 'snapshot': {
        await this.writeParts();
        const news = await putSnapshot(db, caller, record.snapshot, { now, missing: 'warn' });
        if (news) effects.snapshots.push(news);
        return;
      }
      case 'run.create': {
        const created = await createRun(db, caller, record.run, { now, effects, trusting: true });
        this.places.set(created.id, created);
        this.alive.add(created.id);
        return;
      }
      case 'run.update':
        await this.writeSet(record.run.id);
        await changeRun(db, caller, record.run, { now, effects });
        return;
      case 'params':
      case 'tags': {
        await this.loggable(record.runId);
        const set = this.sets.get(record.runId) ?? { id: record.runId, setParams: {}, setTags: {} };
        Object.assign(record.type === 'params' ? set.setParams : set.setTags, record.type === 'params' ? record.params : record.tags);
        this.sets.set(record.runId, set);
        return;
      }
      case 'points': {
        const { experimentId } = await this.loggable(record.runId);
        for (const series of record.series) this.points.push({ runId: record.runId, experimentId, ...series });
        this.alive.add(record.runId);
        return;
      }
      case 'heartbeat':
        for (const runId of record.runIds) this.alive.add(runId);
    }
  }

  /** @returns series whose chunks are to be joined */
  async finish(rejected: Rejected[]): Promise<string[]> {
    const { db, effects } = this;
    const { caller, now } = this.context;
    await this.writeParts();
    const unknown = await storeExecutions(
      db,
      caller,
      this.executions.map(({ execution }) => execution),
      now(),
    );
    for (const { index, execution } of this.executions) {
      if (!unknown.has(execution.id)) continue;
      rejected.push({ index, code: 'NOT_FOUND', issues: [{ field: 'execution.sessionId', reason: `no session ${execution.sessionId}` }] });
    }
    for (const runId of [...this.sets.keys()].sort()) await this.writeSet(runId);
    await beat(db, caller, [...this.alive], { now: now(), effects });
    const { appended, crowded } = await appendPoints(db, this.points);
    for (const one of appended) {
      const place = await this.placeOf(one.runId);
      effects.points.push({ ...one, ...place });
      runChanged(effects, one.runId, place);
    }
    await writeEffects(db, caller, effects);
    return crowded;
  }

  private async writeParts(): Promise<void> {
    const { parts, context } = this;
    this.parts = [];
    await storeParts(this.db, context.caller.workspaceId, parts, context.now());
  }

  private async writeSet(runId: string): Promise<void> {
    const set = this.sets.get(runId);
    if (!set) return;
    this.sets.delete(runId);
    await changeRun(this.db, this.context.caller, set, { now: this.context.now(), effects: this.effects });
  }

  private async loggable(runId: string): Promise<RunPlace> {
    const place = await this.placeOf(runId);
    if (place.deleted) throw runIsDeleted(runId, 'runId');
    return place;
  }

  private async placeOf(runId: string): Promise<RunPlace & { deleted: boolean }> {
    let place = this.places.get(runId);
    if (place === undefined) {
      place = await findPlace(this.db, this.context.caller.workspaceId, runId);
      this.places.set(runId, place);
    }
    if (!place) throw noSuchRun(runId, 'runId');
    return place;
  }
}

/** Where the run belongs, and whether it is deleted, by itself or with its experiment. */
export async function findPlace(db: Db, workspaceId: string, runId: string): Promise<(RunPlace & { deleted: boolean }) | null> {
  const [row] = await db<(RunPlace & { deleted: boolean })[]>`
    select r.experiment_id as "experimentId", r.notebook_id as "notebookId", (r.deleted_at is not null or e.deleted_at is not null) as deleted
    from runs r join experiments e on e.id = r.experiment_id where r.id = ${runId} and r.workspace_id = ${workspaceId}`;
  return row ?? null;
}

function requireSession(found: boolean, id: string): void {
  if (!found) throw failure('NOT_FOUND', { field: 'sessionId', reason: `no session ${id}` });
}
