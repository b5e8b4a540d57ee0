/** What runs a release elsewhere, without Cellkeep beside it: the model's files, and the Python that answers for it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bundle } from '@cellkeep/schema/registry';
import type { CallContext } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { type ModelFile, modelFiles } from '../../registry/index.ts';
import { readRelease } from '../releases/releaseRows.ts';

export interface PackedRelease {
  id: string;
  endpoint: string;
  endpointId: string;
  number: number;
  modelName: string;
  version: number;
  bundle: Bundle;
  files: ModelFile[];
}

/** @throws NOT_FOUND; CONFLICT where Python cannot serve it */
export async function requirePacked(
  { sql, caller }: Pick<CallContext, 'sql' | 'caller'>,
  id: string,
  field: string,
): Promise<PackedRelease> {
  const release = await readRelease(sql, caller.workspaceId, id);
  if (!release) throw failure('NOT_FOUND', { field, reason: `no release ${id}` });
  const { loggedModelId, endpoint, endpointId, number, modelName, version } = release;
  const [row] = await sql<{ bundle: Bundle }[]>`select bundle from model_bundles where logged_model_id = ${loggedModelId}`;
  const files = await modelFiles(sql, loggedModelId);
  if (!row || !files) throw failure('CONFLICT', { field, reason: `the files of release ${number} are not on this server` });
  if (row.bundle.runtime === 'tfjs')
    throw failure('CONFLICT', { field, reason: 'a tfjs model is served by hosts of Cellkeep alone', remedy: 'export it to ONNX' });
  return { id, endpoint, endpointId, number, modelName, version, bundle: row.bundle, files };
}

/** Of kernel-bridge/src/cellkeep/serving: they import nothing but each other. */
const PROGRAM = ['__init__.py', 'application.py', 'native.py', 'onnx_session.py', 'protocols.py'];

export interface TextFile {
  path: string;
  text: string;
}

/**
 * The program beside a model, below `cellkeep_serving/`.
 * @param python interpreter with the package cellkeep; empty: none is known
 */
export async function servingProgram(python: string, more: readonly string[] = []): Promise<TextFile[]> {
  const folder = await servingFolder(python);
  return Promise.all(
    [...PROGRAM, ...more].map(async (name) => ({ path: `cellkeep_serving/${name}`, text: await readFile(join(folder, name), 'utf8') })),
  );
}

async function servingFolder(python: string): Promise<string> {
  const own = fileURLToPath(new URL('../../../../kernel-bridge/src/cellkeep/serving', import.meta.url));
  if (existsSync(join(own, 'application.py'))) return own;
  if (python !== '') {
    const where = 'import importlib.util as u; print(u.find_spec("cellkeep.serving").submodule_search_locations[0])';
    const { stdout } = await promisify(execFile)(python, ['-c', where]);
    return stdout.trim();
  }
  const reason = 'this server knows no Python with the package cellkeep, which holds the program that serves elsewhere';
  throw failure('CONFLICT', { field: 'id', reason, remedy: 'name one in CELLKEEP_VERIFY_PYTHON' });
}

/** As cellkeep_serving/application.py reads it. */
export const releaseFile = ({ modelName, version }: PackedRelease): TextFile => ({
  path: 'release.json',
  text: `${JSON.stringify({ name: modelName, version })}\n`,
});

/** What the program was tested with; a Python model brings its own versions of everything else. */
const OF_PROGRAM = ['uvicorn==0.54.0'];
const OF_GRAPHS = ['numpy==2.4.6', 'onnxruntime==1.32.0'];

/** Pinned, as pip reads them. @param isServed a web server is needed too */
export function requirementsOf({ bundle }: PackedRelease, isServed: boolean): string[] {
  const own = bundle.runtime === 'onnx' ? OF_GRAPHS : (bundle.python?.requirements ?? []);
  // A requirement is a line of a file that pip reads: no option, address or second line comes with it.
  const plain = own.filter((line) => /^[A-Za-z0-9][\w.-]*(\[[\w, .-]+\])?\s*([=<>!~]=?[^;\s@]*)?$/.test(line));
  const name = (line: string) => (/^[\w.-]+/.exec(line)?.[0] ?? '').toLowerCase().replaceAll(/[-_.]+/g, '-');
  const known = new Set(plain.map(name));
  const more = [...(isServed ? OF_PROGRAM : []), ...(known.has('numpy') ? [] : ['numpy'])].filter((line) => !known.has(name(line)));
  return [...plain, ...more].sort();
}
