/**
 * Where a version may come from, as MLflow's server decides it: a source on this server must lie within the run or the logged model that
 * the request names, so that nobody publishes under a name what belongs to something else; no source climbs out of where it begins.
 */
import { limits } from '@cellkeep/schema/wire';
import { latestVersions, PROMPT_TAG, requireLoggedModel } from '../registry/index.ts';
import { artifactRootOf } from '../tracking/index.ts';
import type { MlflowContext } from './call.ts';
import { invalidParameter } from './errors.ts';
import { findByAlias, findModel, findVersion } from './findModels.ts';
import { isRunId } from './keys.ts';
import { inWords, noSuchLoggedModel } from './modelWords.ts';
import { stageOf } from './stages.ts';

export interface Source {
  source: string;
  runId: string;
  loggedModelId?: string;
}

interface Asked {
  source: string;
  run_id?: string | undefined;
  model_id?: string | undefined;
}

const invalidSource = (source: string, why: string) => invalidParameter(`Invalid model version source: '${source}'. ${why}`);

const notWithin = (source: string, field: 'run_id' | 'model_id') =>
  invalidSource(source, `The ${field} request parameter must identify the resource that contains the source.`);

export function checkPromptSource(source: string): Source {
  if (source === 'dummy-source' || source === 'prompt-template') return { source, runId: '' };
  throw invalidParameter(`Invalid prompt source: '${source}'. Prompt sources must use an MLflow placeholder.`);
}

const schemeOf = (source: string) => /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase() ?? '';
const hasHost = (source: string) => /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(source);

/** A version named as a source brings its run and its logged model along, and counts by its number. */
export async function resolveSource(context: MlflowContext, { source, run_id, model_id }: Asked): Promise<Source> {
  if (source.length > limits.modelSource) throw invalidParameter(`'source' exceeds the maximum length of ${limits.modelSource} characters`);
  refuseHosts(source);
  const asGiven = { source, runId: run_id ?? '', ...(model_id ? { loggedModelId: model_id } : {}) };
  if (schemeOf(source) !== 'models') return asGiven;
  if (hasHost(source)) throw invalidSource(source, 'Registered model sources must use the active model registry.');
  const named = modelUri(source);
  if (!named) throw notWithin(source, 'model_id');
  if ('id' in named) return asGiven;
  const model = await findModel(context, named.name);
  if (model.tags[PROMPT_TAG]?.toLowerCase() === 'true')
    throw invalidSource(source, 'Prompt versions cannot be used as model version sources.');
  const version = await versionNamed(context, named);
  const hasOther = (given: string | undefined, known: string | null) => given !== undefined && given !== (known ?? '');
  // The protocol's own version message has no model id, so that whoever read one cannot repeat it: only the run is compared.
  if (hasOther(run_id, version.runId))
    throw invalidSource(source, 'The run_id and model_id request parameters must match the referenced model version.');
  return {
    source: `models:/${named.name}/${version.version}`,
    runId: version.runId,
    ...(version.loggedModelId === null ? {} : { loggedModelId: version.loggedModelId }),
  };
}

const SELECTS_HOST = new Set(['ftp', 'sftp', 'hdfs', 'viewfs', 'http', 'https', 'r2', 'b2', 'abfss']);

function refuseHosts(source: string): void {
  const scheme = schemeOf(source);
  if (!SELECTS_HOST.has(scheme) && !(scheme === 'mlflow-artifacts' && hasHost(source))) return;
  throw invalidParameter(
    `'source' cannot use the '${scheme}' scheme: the '${scheme}' scheme addresses a host other than the tracking server's configured ` +
      'artifact storage. Copy the files into the artifacts of a run, and name those.',
  );
}

type ModelUri = { id: string } | { name: string; version: string } | { name: string; alias: string } | { name: string; stage: string };

/** `models:/m-…`, `models:/name/3`, `models:/name@alias`, `models:/name/Production`, `models:/name/latest`. */
function modelUri(source: string): ModelUri | null {
  const parts = source.replace(/^models:\/+/i, '').split('/');
  const [name = '', suffix] = parts;
  if (parts.length > 2 || name.trim() === '' || suffix?.trim() === '') return null;
  if (suffix !== undefined) return /^\d+$/.test(suffix) ? { name, version: suffix } : { name, stage: suffix };
  const at = name.lastIndexOf('@');
  if (at < 0) return { id: name };
  const alias = name.slice(at + 1);
  return alias.trim() === '' ? null : { name: name.slice(0, at), alias };
}

async function versionNamed(context: MlflowContext, named: Exclude<ModelUri, { id: string }>) {
  if ('version' in named) return findVersion(context, named.name, named.version);
  if ('alias' in named) return findByAlias(context, named.name, named.alias);
  if (named.stage.toLowerCase() === 'latest') return findByAlias(context, named.name, 'latest');
  const { id } = await findModel(context, named.name);
  const [version] = (await latestVersions(context.sql, [id], [stageOf(named.stage)])).get(id) ?? [];
  if (version) return version;
  throw invalidParameter(`No versions of model with name '${named.name}' and stage '${named.stage}' found`);
}

/** @throws INVALID_PARAMETER_VALUE where it does not lie in what the request names */
export async function checkSource(context: MlflowContext, from: Source): Promise<Source> {
  const { source, runId, loggedModelId } = from;
  const field = loggedModelId === undefined ? 'run_id' : 'model_id';
  const root = loggedModelId === undefined ? await rootOfRun(context, runId) : await rootOfModel(context, loggedModelId);
  const scheme = schemeOf(source);
  if (scheme === '' || scheme === 'file') {
    if (root !== null && isWithin(source, root)) return from;
    const what = `the ${field} request parameter has to be specified and the local path has to be contained within the artifact directory`;
    throw invalidSource(source, `To use a local path as a model version source, ${what} of the run specified by the ${field}.`);
  }
  refuseClimbing(source);
  if (scheme === 'runs') {
    const [, named] = /^runs:\/+([^/]+)/i.exec(source) ?? [];
    if (loggedModelId === undefined && named !== undefined && named === runId) return from;
    throw notWithin(source, field);
  }
  if (scheme === 'models') {
    const named = modelUri(source);
    if (named && 'id' in named && named.id !== loggedModelId) throw notWithin(source, 'model_id');
    return from;
  }
  if (scheme === 'mlflow-artifacts' && !(root !== null && isWithin(source, root))) throw notWithin(source, field);
  return from;
}

async function rootOfRun({ sql, caller }: MlflowContext, runId: string): Promise<string | null> {
  return isRunId(runId) ? artifactRootOf(sql, caller.workspaceId, runId) : null;
}

async function rootOfModel({ sql, caller }: MlflowContext, id: string): Promise<string> {
  const work = requireLoggedModel(sql, caller.workspaceId, id);
  return (await inWords(work, { 'NOT_FOUND id': () => noSuchLoggedModel(id) })).artifactLocation;
}

/** Of a source that somebody encoded once too often; each costs a walk through the text. */
const MOST_DECODINGS = 8;

/** @throws INVALID_PARAMETER_VALUE for what is encoded more often */
function decodedWhole(text: string): string {
  let decoded = text;
  for (let times = 0; times <= MOST_DECODINGS; times++) {
    let next: string;
    try {
      next = decodeURIComponent(decoded.replaceAll('+', ' '));
    } catch {
      return decoded;
    }
    if (next === decoded) return decoded;
    decoded = next;
  }
  throw invalidSource(text.slice(0, 100), `It is percent-encoded more than ${MOST_DECODINGS} times. Encode it once, or not at all.`);
}

function refuseClimbing(source: string): void {
  const path = decodedWhole(source).replace(/^[a-z][a-z0-9+.-]*:/i, '');
  const isClean = !path.includes('\0') && !path.split('/').some((part) => part === '..' || part === '.');
  if (isClean) return;
  throw invalidSource(
    source,
    'If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be ' +
      'provided without relative path references present. Please provide an absolute path.',
  );
}

function isWithin(source: string, root: string): boolean {
  const partsOf = (location: string) =>
    location
      .replace(/^([a-z][a-z0-9+.-]*):/i, (_, scheme: string) => `${scheme.toLowerCase()}:`)
      .split('/')
      .filter((part) => part !== '')
      .map(decodedWhole);
  const [inner, outer] = [partsOf(source), partsOf(root)];
  return !inner.includes('..') && outer.every((part, i) => inner[i] === part);
}
