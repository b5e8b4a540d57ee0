/** Files of logged models and of model versions, as MLflow's web page asks for them. */
import { addressOf, artifactRootOf, pathOfLocation } from '../tracking/index.ts';
import { pathInMessage, send } from './artifactProxy.ts';
import { type Call, type Streamed, streamCall } from './call.ts';
import { invalidParameter, MlflowError, resourceDoesNotExist } from './errors.ts';
import { findVersion } from './findModels.ts';
import { findLoggedModel } from './loggedModels.ts';

const ofLoggedModel = streamCall({
  method: 'GET',
  path: 'mlflow/logged-models/{model_id}/artifacts/files',
  async stream(streamed) {
    const given = streamed.query.get('artifact_file_path');
    if (!given) throw new MlflowError('BAD_REQUEST', 'Request must include the "artifact_file_path" query parameter.');
    const path = pathInMessage(given);
    const { artifactLocation } = await findLoggedModel(streamed, streamed.parameters.model_id ?? '');
    await sendFrom(streamed, artifactLocation, path);
  },
});

/** Also served as /model-versions/get-artifact. */
const ofVersion = streamCall({
  method: 'GET',
  path: 'mlflow/model-versions/get-artifact',
  async stream(streamed) {
    const { query } = streamed;
    const path = pathInMessage(query.get('path') ?? undefined);
    if (path === '') throw invalidParameter('Request must specify path.');
    const { location } = await findVersion(streamed, query.get('name') ?? '', query.get('version') ?? '');
    await sendFrom(streamed, location, path);
  },
});

async function sendFrom(streamed: Streamed, location: string, path: string): Promise<void> {
  const { sql, caller } = streamed;
  const ofRun = inRun(location);
  if (ofRun) {
    const isThere = (await artifactRootOf(sql, caller.workspaceId, ofRun.runId)) !== null;
    if (!isThere) throw resourceDoesNotExist(`Run with id=${ofRun.runId} not found`);
    return send(streamed, { runId: ofRun.runId, path: below(ofRun.path, path) });
  }
  const root = pathOfLocation(location);
  if (root === null) throw resourceDoesNotExist(`'${path}' lies in ${location}, where this server does not look`);
  await send(streamed, await addressOf(sql, caller.workspaceId, below(root, path)));
}

/** `runs:/<run id>/<path>`: MLflow's clients resolve it themselves before they register a version, ours and imports may not. */
function inRun(location: string): { runId: string; path: string } | null {
  const [, runId, path = ''] = /^runs:\/+([0-9a-f]{32})(?:\/+(.*?))?\/*$/s.exec(location) ?? [];
  return runId === undefined ? null : { runId, path };
}

const below = (root: string, path: string) => (root === '' ? path : `${root}/${path}`);

export const modelDownloadCalls: Call[] = [ofLoggedModel, ofVersion];
