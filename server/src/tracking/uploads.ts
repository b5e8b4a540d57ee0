/**
 * Large files in parts. Each part is a blob of its own, acknowledged once it is durable; completing makes one blob of them, in constant
 * memory. What is stored of an upload outlives both sides: after a restart of either, the client asks which parts are there and sends
 * the others. An upload that has ended stays known for a while, so that a question whose answer was lost gets the same answer again.
 */
import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Role } from '@cellkeep/schema/access';
import type { Artifact, ArtifactKind, Upload, UploadPart } from '@cellkeep/schema/tracking';
import type { Sql } from 'postgres';
import { mayAct, requireRole } from '../access/index.ts';
import type { BlobStore, StoredBlob } from '../core/blobs.ts';
import type { FindReferences } from '../core/collectBlobs.ts';
import type { CallContext, Db, Services } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { receiveBody, wantedDigest } from '../core/receiveBody.ts';
import { keepArtifact, requirePlace } from './artifacts.ts';
import { keepFile } from './files.ts';
import { requireNameFree } from './folders.ts';
import { requireNotFrozen } from './frozenFolders.ts';
import { guessMediaType, mediaTypeOf } from './mediaType.ts';

/** What an upload makes: an artifact of a run, or where there is none, a file of the workspace. */
export interface UploadStart {
  runId: string | null;
  path: string;
  kind: ArtifactKind;
  mediaType?: string | undefined;
}

export interface AnUpload extends Omit<Upload, 'runId'> {
  runId: string | null;
  workspaceId: string;
  userId: string;
  keyDigest: string | null;
  endedAt: number | null;
  /** Of the whole; null until it is stored. */
  digest: string | null;
}

/** ms that the key of an upload opens it; a token opens it until it is swept. */
const KEY_LIFE = 24 * 3_600_000;

/** @returns the upload, and where `withKey`, a secret that opens this upload's parts without a token */
export async function startUpload(
  context: CallContext,
  { runId, path, kind, mediaType }: UploadStart,
  { withKey = false } = {},
): Promise<{ upload: AnUpload; key: string | null }> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  if (runId !== null) await requirePlace(sql, caller.workspaceId, runId);
  // Told before the parts are sent, and looked at again with the last.
  await requireNotFrozen(sql, caller.workspaceId, { runId, path });
  await requireNameFree(sql, caller.workspaceId, { runId, path });
  const id = randomUUID();
  const key = withKey ? randomBytes(32).toString('base64url') : null;
  const at = new Date(now());
  await sql`
    insert into uploads (id, workspace_id, user_id, run_id, path, kind, media_type, key_digest, created_at, updated_at)
    values (${id}, ${caller.workspaceId}, ${caller.userId}, ${runId}, ${path}, ${kind},
      ${mediaTypeOf(mediaType) ?? guessMediaType(path)}, ${key === null ? null : digestOf(key)}, ${at}, ${at})`;
  return { upload: await requireUpload(sql, caller.workspaceId, id), key };
}

type Row = Omit<AnUpload, 'createdAt' | 'endedAt' | 'parts' | 'state'> & { createdAt: Date; endedAt: Date | null };

async function findUpload(db: Db, id: string): Promise<AnUpload | null> {
  const [row] = await db<Row[]>`
    select id, workspace_id as "workspaceId", user_id as "userId", replace(run_id::text, '-', '') as "runId", path, kind,
      media_type as "mediaType", key_digest as "keyDigest", created_at as "createdAt", ended_at as "endedAt", digest
    from uploads where id = ${id}`;
  if (!row) return null;
  const parts = await db<(Omit<UploadPart, 'size'> & { size: string })[]>`
    select number, size, digest from upload_parts where upload_id = ${id} order by number`;
  const endedAt = row.endedAt?.getTime() ?? null;
  return {
    ...row,
    parts: parts.map(({ number, size, digest }) => ({ number, size: Number(size), digest })),
    createdAt: row.createdAt.getTime(),
    endedAt,
    state: endedAt === null ? 'open' : row.digest === null ? 'canceled' : 'completed',
  };
}

/** @param runId undefined where any will do */
export async function requireUpload(db: Db, workspaceId: string, id: string, runId?: string): Promise<AnUpload> {
  const upload = await findUpload(db, id);
  if (upload?.workspaceId === workspaceId && (runId === undefined || upload.runId === runId)) return upload;
  const reason = `there is no upload ${id}${runId === undefined ? '' : ` to run ${runId}`}`;
  throw failure('NOT_FOUND', { field: 'uploadId', reason, remedy: 'start it again: one that rests for a week is swept' });
}

/**
 * The upload that this key opens, while whoever was given it may write. A wrong key and a wrong id look the same.
 * @throws FORBIDDEN
 */
export async function openedUpload({ sql, now }: Pick<Services, 'sql' | 'now'>, id: string, key: string): Promise<AnUpload> {
  const upload = await findUpload(sql, id);
  const isOpen = upload?.keyDigest && timingSafeEqual(Buffer.from(upload.keyDigest), Buffer.from(digestOf(key)));
  if (!isOpen || upload.createdAt + KEY_LIFE <= now()) {
    const remedy = 'start the upload again';
    throw failure('FORBIDDEN', { field: 'x-upload-key', reason: 'this key opens no such upload, or no longer', remedy });
  }
  const [user] = await sql<{ role: Role }[]>`select role from users where id = ${upload.userId} and not disabled`;
  if (user && mayAct(user.role, 'editor')) return upload;
  const reason = 'whoever started this upload may no longer write here';
  throw failure('FORBIDDEN', { field: 'x-upload-key', reason, remedy: 'ask an owner of this workspace' });
}

/** Stores one part; the same number again replaces it. @throws CONFLICT where the upload has ended */
export async function receivePart(services: Services, upload: AnUpload, number: number, request: IncomingMessage): Promise<UploadPart> {
  const { sql, blobs, now } = services;
  requireOpen(upload);
  const { digest, size } = await receiveBody(blobs, request, wantedDigest(request.headers));
  await sql.begin(async (tx) => {
    // Whoever ends the upload waits for this row, or has ended it before.
    const { count } = await tx`update uploads set updated_at = ${new Date(now())} where id = ${upload.id} and ended_at is null`;
    if (count === 0) throw ended(upload.id);
    await tx`
      insert into upload_parts (upload_id, number, size, digest) values (${upload.id}, ${number}, ${size}, ${digest})
      on conflict (upload_id, number) do update set size = excluded.size, digest = excluded.digest`;
  });
  return { number, size, digest };
}

/** What the upload has become. Its size is the sum of its parts. */
export interface Completed extends StoredBlob {
  upload: AnUpload;
  createdAt: number;
}

export interface Uploads {
  /** Makes the file of its parts. Asked again, also while it is being made, it answers the same. */
  complete: (context: CallContext, upload: AnUpload, given: { number: number; digest: string }[]) => Promise<Completed>;
  /** Breaks off what is being made: its parts stay, and it is made when it is asked for again. */
  stop: () => Promise<void>;
}

/** ms that a request waits: proxies and our own server cut off a connection that is silent for longer. */
const LONGEST_WAIT = 45_000;

export function createUploads({ longestWait = LONGEST_WAIT } = {}): Uploads {
  /** Of this process. Should another one make the same file, both make the same. */
  const under = new Map<string, Promise<Completed>>();
  const stopping = new AbortController();
  return {
    async complete(context, upload, given) {
      requireRole(context, 'editor');
      if (upload.state === 'canceled') throw ended(upload.id);
      requireWhole(upload, given);
      if (upload.state === 'completed') return completedOf(upload);
      const making = under.get(upload.id) ?? makeWhole(context, upload, stopping.signal).finally(() => under.delete(upload.id));
      under.set(upload.id, making);
      return waitedFor(making, longestWait);
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled(under.values());
    },
  };
}

/** It goes on when nobody waits any longer: who asks again finds it further, or done. */
async function waitedFor(making: Promise<Completed>, longest: number): Promise<Completed> {
  const waited = new AbortController();
  const tooLong = sleep(longest, null, { signal: waited.signal }).catch(() => null);
  try {
    const completed = await Promise.race([making, tooLong]);
    if (completed) return completed;
  } finally {
    waited.abort();
    making.catch(() => {}); // told to whoever asks next
  }
  const remedy = 'ask again: it goes on meanwhile';
  throw failure('SERVICE_UNAVAILABLE', { field: '', reason: 'the file is being made of its parts, which takes a while', remedy });
}

async function makeWhole(context: CallContext, upload: AnUpload, signal: AbortSignal): Promise<Completed> {
  const { sql, blobs, now } = context;
  const { id, workspaceId } = upload;
  // From here on the sweeper leaves it alone; where it came first, the bytes of the parts may be gone.
  const { count } = await sql`update uploads set updated_at = ${new Date(now())} where id = ${id} and ended_at is null`;
  if (count === 0) return completedOf(await requireUpload(sql, workspaceId, id));
  const [first, ...others] = upload.parts;
  const { digest, size } =
    first && others.length === 0
      ? { digest: first.digest, size: first.size }
      : await blobs.put(Readable.from(bytesOf(sql, blobs, upload), { objectMode: false, highWaterMark: 262_144, signal }));
  const { runId, path, kind, mediaType } = upload;
  // It may have been given up while it was being made: it ends together with the file, and whoever gives it up waits for this row.
  const end = async (tx: Db) => {
    const { count } = await tx`update uploads set ended_at = ${new Date(now())}, digest = ${digest} where id = ${id} and ended_at is null`;
    if (count === 0) completedOf(await requireUpload(tx, workspaceId, id));
  };
  const { createdAt } = runId
    ? await keepArtifact(context, { runId, path, kind, size, digest, mediaType }, end)
    : await keepFile(context, { path, size, digest, mediaType }, end);
  return { upload, digest, size, createdAt };
}

/** What an upload has become that has ended. @throws CONFLICT where it was given up */
function completedOf(upload: AnUpload): Completed {
  const { id, digest, endedAt } = upload;
  if (digest === null || endedAt === null) throw ended(id);
  return { upload, digest, size: sizeOf(upload), createdAt: endedAt };
}

async function* bytesOf(sql: Sql, blobs: BlobStore, { id, parts }: AnUpload): AsyncGenerator<Buffer> {
  for (const { number, digest } of parts) {
    const opened = await blobs.get(digest);
    if (!opened) {
      // So that whoever resumes sends it again.
      await sql`delete from upload_parts where upload_id = ${id} and number = ${number}`;
      throw failure('CONFLICT', { field: `parts[${number - 1}]`, reason: 'the bytes of this part are gone', remedy: 'send it again' });
    }
    yield* opened.stream as AsyncIterable<Buffer>;
  }
}

/** The client names every part as it sent it: what it left out or what was changed on the way is no whole file. */
function requireWhole({ parts }: AnUpload, given: { number: number; digest: string }[]): void {
  const stored = new Map(parts.map(({ number, digest }) => [number, digest]));
  const issues = given.flatMap(({ number, digest }, i) => {
    const field = `parts[${i}]`;
    if (number !== i + 1) return { field, reason: `parts are named in their order, without a gap: this is ${number}, not ${i + 1}` };
    const found = stored.get(number);
    if (found === undefined) return { field, reason: `part ${number} is not stored`, remedy: 'send it, then complete again' };
    if (found !== digest) return { field, reason: `part ${number} is stored as ${found}`, remedy: 'send it again, then complete again' };
    return [];
  });
  if (issues.length === 0 && parts.length > given.length) {
    issues.push({ field: 'parts', reason: `${parts.length} parts are stored, and ${given.length} are named` });
  }
  if (issues.length > 0) throw failure('CONFLICT', issues.slice(0, 20));
}

/** Gives up what was sent. @throws CONFLICT where the file is made already */
export async function cancelUpload(context: CallContext, { id }: AnUpload): Promise<AnUpload> {
  requireRole(context, 'editor');
  const { sql, caller, now } = context;
  await sql`update uploads set ended_at = ${new Date(now())} where id = ${id} and ended_at is null`;
  // As it is now: it may have been completed while this waited for it.
  const upload = await requireUpload(sql, caller.workspaceId, id);
  if (upload.state !== 'completed') return upload;
  throw failure('CONFLICT', { field: 'uploadId', reason: 'this upload is complete', remedy: 'delete the artifact itself' });
}

/** As the contract has it. */
export function uploadOutput({ id, runId, path, kind, mediaType, parts, createdAt, state }: AnUpload): Upload {
  return { id, runId: runId ?? '', path, kind, mediaType, parts, createdAt, state };
}

export function artifactOfUpload({ upload: { runId, path, kind, mediaType }, digest, size, createdAt }: Completed): Artifact {
  return { runId: runId ?? '', path, kind, size, digest, mediaType, createdAt };
}

export function requireOpen({ id, state }: AnUpload): void {
  if (state !== 'open') throw ended(id);
}

function ended(id: string) {
  return failure('CONFLICT', { field: 'uploadId', reason: `upload ${id} has ended`, remedy: 'start another' });
}

const sizeOf = ({ parts }: AnUpload) => parts.reduce((sum, { size }) => sum + size, 0);
const digestOf = (key: string) => createHash('sha256').update(key).digest('hex');

/** For the collector: of these digests, those that a part of an upload names. */
export function uploadReferences(sql: Sql): FindReferences {
  return async (digests) => {
    const rows = await sql<{ digest: string }[]>`
      select distinct digest from upload_parts where digest = any(${digests})`;
    return rows.map(({ digest }) => digest);
  };
}
