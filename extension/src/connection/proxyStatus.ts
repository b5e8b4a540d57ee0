import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** What the Jupyter server extension says of the Cellkeep server (cellkeep_jupyterlab/status.py). */
export interface ProxyStatus {
  /** False where the Jupyter server extension is missing: the front end was installed alone. */
  installed: boolean;
  configured: boolean;
  /** Without credentials. */
  url: string | null;
  reachable: boolean;
  /** Null while it is unknown. */
  authorized: boolean | null;
  user: string | null;
  /** "viewer" may not write; null while it is unknown. */
  role: string | null;
  version: string | null;
  problem: string | null;
}

const UNKNOWN: ProxyStatus = {
  installed: true,
  configured: false,
  url: null,
  reachable: false,
  authorized: null,
  user: null,
  role: null,
  version: null,
  problem: null,
};

/** Null where Jupyter itself does not answer: then nothing is known of the server behind it. */
export async function fetchProxyStatus(settings: ServerConnection.ISettings): Promise<ProxyStatus | null> {
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(URLExt.join(settings.baseUrl, 'cellkeep-status'), {}, settings);
  } catch {
    return null;
  }
  if (response.status === 404) return { ...UNKNOWN, installed: false };
  if (!response.ok) return null;
  const said = (await response.json()) as Partial<ProxyStatus>;
  return { ...UNKNOWN, ...said };
}
