/**
 * Bundles: how a logged model is served. What is stored was checked against its files, and never changes once a version is made of it: what
 * was evaluated and approved is what serves.
 */
import type { Bundle } from '@cellkeep/schema/registry';
import type { Issue } from '@cellkeep/schema/wire';
import type { JSONValue } from 'postgres';
import { requireRole } from '../../access/index.ts';
import type { CallContext, Db } from '../../core/context.ts';
import { canonicalJson } from '../../core/events.ts';
import { failure } from '../../core/failure.ts';
import { inOneChange } from '../change.ts';
import { freezeModel, type ModelFile, modelFiles } from '../modelFiles.ts';
import { requireLoggedModel } from '../readLoggedModels.ts';
import { breachesOf } from './bundleRules.ts';

/** bytes; of what servers and hosts read whole, and show */
const MOST_BYTES = { example: 16 * 2 ** 20, baseline: 64 * 2 ** 20, background: 16 * 2 ** 20, explain: 256 * 2 ** 20, script: 4 * 2 ** 20 };
/** bytes; of a model and all that lies beside it */
const MOST_OF_MODEL = 64 * 2 ** 30;
/** characters of a bundle as JSON: a signature of 100,000 columns has some 20 million */
const MOST_TEXT = 32 * 2 ** 20;

export async function findBundle(db: Db, loggedModelId: string): Promise<Bundle | null> {
  return (await findBundles(db, [loggedModelId])).get(loggedModelId) ?? null;
}

export async function findBundles(db: Db, loggedModelIds: readonly string[]): Promise<Map<string, Bundle>> {
  if (loggedModelIds.length === 0) return new Map();
  const rows = await db<{ id: string; bundle: Bundle }[]>`
    select logged_model_id as id, bundle from model_bundles where logged_model_id = any(${[...loggedModelIds]}::text[])`;
  return new Map(rows.map(({ id, bundle }) => [id, bundle]));
}

export async function readBundle({ sql, caller }: CallContext, id: string): Promise<Bundle | null> {
  await requireLoggedModel(sql, caller.workspaceId, id);
  return findBundle(sql, id);
}

/** What lies in its folder, by path; of a model whose files lie elsewhere nothing is known. */
export async function listFiles({ sql, caller }: CallContext, id: string): Promise<ModelFile[]> {
  await requireLoggedModel(sql, caller.workspaceId, id);
  return (await modelFiles(sql, id)) ?? [];
}

/**
 * @returns as it is stored: `sizeBytes` is what its files have, whatever was said
 * @throws BAD_REQUEST that names each field that contradicts another or a file that is not there; CONFLICT where a version has another one
 */
export async function putBundle(context: CallContext, { id, bundle: given }: { id: string; bundle: Bundle }): Promise<Bundle> {
  requireRole(context, 'editor'); // before what is given is judged
  const { caller, now } = context;
  const issues = breachesOf(given);
  if (issues.length > 0) throw failure('BAD_REQUEST', issues);
  return inOneChange(context, async (tx, { events }) => {
    const model = await requireLoggedModel(tx, caller.workspaceId, id);
    // Two that store a bundle of one model come one after the other.
    await tx`select id from logged_models where id = ${id} for no key update`;
    const files = await filesOf(tx, id, model.artifactLocation);
    const missing = fileBreaches(given, files);
    if (missing.length > 0) throw failure('BAD_REQUEST', missing);
    const sizeBytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
    if (sizeBytes > MOST_OF_MODEL) {
      const reason = `the files have ${sizeBytes} bytes; a model that is served has at most ${MOST_OF_MODEL}`;
      throw failure('BAD_REQUEST', { field: 'bundle.sizeBytes', reason, remedy: 'remove what is not needed to serve it' });
    }
    const bundle = { ...given, sizeBytes };
    const text = canonicalJson(bundle);
    if (text.length > MOST_TEXT) {
      const reason = `the bundle has ${text.length} characters of JSON; at most ${MOST_TEXT}`;
      throw failure('PAYLOAD_TOO_LARGE', { field: 'bundle.signature', reason, remedy: 'give a tensor, or fewer categories' });
    }
    const before = await findBundle(tx, id);
    if (before && canonicalJson(before) === text) return before;
    const registered = await findVersionOf(tx, id);
    if (before && registered) throw isRegistered(id, registered);
    if (registered) await freezeModel(tx, id, new Date(now())); // registered while its folder was empty, or before folders were frozen
    await tx`
      insert into model_bundles (logged_model_id, bundle, user_id, created_at)
      values (${id}, ${tx.json(bundle as unknown as JSONValue)}, ${caller.userId}, ${new Date(now())})
      on conflict (logged_model_id) do update set bundle = excluded.bundle, user_id = excluded.user_id, created_at = excluded.created_at`;
    const data = { runtime: bundle.runtime, framework: bundle.framework, sizeBytes };
    events.push({ what: 'bundle.stored', subject: `logged-model:${id}`, before: before ?? undefined, after: bundle, data });
    return bundle;
  });
}

async function filesOf(tx: Db, id: string, location: string): Promise<Map<string, ModelFile>> {
  const files = await modelFiles(tx, id);
  if (files) return new Map(files.map((file) => [file.path, file]));
  const reason = `its files lie in ${location}, where this server does not look`;
  throw failure('CONFLICT', { field: 'id', reason, remedy: 'log the model in an experiment whose artifacts this server keeps' });
}

/** The files that a bundle names, by the field that names them. */
export function filesNamedBy({
  onnx,
  python,
  tfjs,
  example,
  baseline,
  background,
  explain,
  script,
}: Bundle): [field: string, file: string][] {
  const named: [string, string | null | undefined][] = [
    ['onnx.file', onnx?.file],
    ['python.file', python?.format === 'mlflow' ? 'MLmodel' : python?.file],
    ...(python?.modules ?? []).map((file, i): [string, string] => [`python.modules[${i}]`, file]),
    ['tfjs.file', tfjs?.file],
    ['example', example],
    ['baseline', baseline],
    ['background', background],
    ['explain.file', explain.file],
    ['script', script],
  ];
  return named.flatMap(([field, file]) => (file === null || file === undefined ? [] : [[field, file]]));
}

function fileBreaches(bundle: Bundle, files: ReadonlyMap<string, ModelFile>): Issue[] {
  return filesNamedBy(bundle).flatMap(([name, file]): Issue[] => {
    const field = `bundle.${name}`;
    const stored = files.get(file);
    if (!stored) {
      const reason = `the model has no file ${JSON.stringify(file)}`;
      return [{ field, reason, remedy: 'store the files first, below its artifactLocation, then say how they are served' }];
    }
    const most = MOST_BYTES[name.replace(/\.file$/, '') as keyof typeof MOST_BYTES];
    if (most === undefined || stored.size <= most) return [];
    return [{ field, reason: `${JSON.stringify(file)} has ${stored.size} bytes; at most ${most}`, remedy: 'store fewer rows' }];
  });
}

async function findVersionOf(tx: Db, id: string): Promise<{ name: string; version: number } | undefined> {
  const [row] = await tx<{ name: string; version: number }[]>`
    select m.name, v.version from model_versions v join registered_models m on m.id = v.model_id
    where v.logged_model_id = ${id} order by v.created_at limit 1`;
  return row;
}

function isRegistered(id: string, { name, version }: { name: string; version: number }) {
  const reason = `${id} is version ${version} of ${JSON.stringify(name)} and is served as it was registered`;
  return failure('CONFLICT', { field: 'id', reason, remedy: 'log another model, and register it as the next version' });
}
