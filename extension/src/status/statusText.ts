import type { TranslationBundle } from '@jupyterlab/translation';
import type { ProxyStatus } from '../connection/proxyStatus';
import type { ConnectionState } from '../connection/tokens';

export interface StatusFacts {
  state: ConnectionState;
  proxy: ProxyStatus | null;
  /** Runs that run now, of the whole workspace; null while unknown. */
  running: number | null;
  /** Records that kernels of open notebooks have not got through to the server. */
  waiting: number;
  /** Snapshots that this page has taken and the server does not have yet. */
  snapshots: number;
  /** A kernel cannot reach the server, whatever this page can. */
  kernelOffline: boolean;
}

export interface StatusText {
  mark: '●' | '◌' | '○' | '…';
  tone: 'live' | 'waiting' | 'offline';
  text: string;
  details: string;
}

/** What the status bar says; the details stand in its tooltip. */
export function statusText(facts: StatusFacts, trans: TranslationBundle): StatusText {
  const { state, proxy, running, waiting } = facts;
  const where = proxy?.url ? trans.__('Server: %1', proxy.url) : '';
  const who = proxy?.user ? trans.__('as %1', proxy.user) : '';
  const isAway = state === 'offline' || facts.kernelOffline;
  if (waiting > 0 && isAway) {
    return {
      mark: '◌',
      tone: 'waiting',
      text: trans._n('%1 point waiting', '%1 points waiting', waiting),
      details:
        state === 'live' && proxy?.role === 'viewer'
          ? trans.__(
              'The server takes nothing from a viewer: ask an owner of the workspace for the role editor. Until then it is kept on disk.',
            )
          : trans.__('The server is away. What kernels log is kept on disk and sent, in order and once, when it is back.'),
    };
  }
  if (facts.snapshots > 0 && isAway) {
    return {
      mark: '◌',
      tone: 'waiting',
      text: trans._n('%1 snapshot waiting', '%1 snapshots waiting', facts.snapshots),
      details: trans.__('The server is away. Snapshots of notebooks wait in this page and are stored when it is back: keep the page open.'),
    };
  }
  if (state === 'live') {
    const text = running ? trans._n('%1 running', '%1 running', running) : trans.__('live');
    return { mark: '●', tone: 'live', text, details: [where, who].filter(Boolean).join(' ') || trans.__('Connected') };
  }
  if (state === 'connecting' && !proxy?.problem && proxy?.configured !== false) {
    return { mark: '…', tone: 'waiting', text: trans.__('connecting'), details: where };
  }
  return { mark: '○', tone: 'offline', text: offlineText(proxy, trans), details: offlineDetails(proxy, where, trans) };
}

function offlineText(proxy: ProxyStatus | null, trans: TranslationBundle): string {
  if (proxy && !proxy.installed) return trans.__('not installed');
  if (proxy && !proxy.configured) return trans.__('not set up');
  if (proxy?.authorized === false) return trans.__('token refused');
  return trans.__('offline');
}

function offlineDetails(proxy: ProxyStatus | null, where: string, trans: TranslationBundle): string {
  if (!proxy) return trans.__('Jupyter does not answer.');
  if (!proxy.installed) return trans.__('The Jupyter server extension is missing: install the Python package cellkeep-jupyterlab.');
  if (!proxy.configured) return trans.__('Run `cellkeep login <url>` in a terminal, or set CELLKEEP_URL and CELLKEEP_TOKEN for Jupyter.');
  const problem = proxy.problem ?? trans.__('the server does not answer');
  return [where, problem, trans.__('Connects again by itself.')].filter(Boolean).join('\n');
}
