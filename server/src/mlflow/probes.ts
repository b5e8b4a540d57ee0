/** What clients ask before they say who they are; `/health` too, which http/healthRoutes.ts answers. */
import { Written } from './call.ts';

/** The protocol that is spoken here: the release of MLflow whose calls and answers these are. Clients choose by it what they send. */
const MLFLOW_VERSION = '3.17.2';

/** Read without a login: nothing of the installation may stand in it. */
const SERVER_INFO = {
  /** A database, as opposed to MLflow's files: what clients tell their users of the store. */
  store_type: 'SqlStore',
  workspaces_enabled: false,
  trace_archival_enabled: false,
  multipart_uploads_enabled: true,
  multipart_downloads_enabled: false,
  presigned_upload_run_id_supported: false,
  presigned_upload_model_id_supported: false,
  features_enabled: { gateway: false },
};

const text = (said: string) => new Written(said, 'text/plain; charset=utf-8');
const serverInfo = new Written(JSON.stringify(SERVER_INFO));

export const probes: ReadonlyMap<string, Written> = new Map([
  ['/version', text(MLFLOW_VERSION)],
  ['/api/3.0/mlflow/server-info', serverInfo],
  ['/ajax-api/3.0/mlflow/server-info', serverInfo],
]);
