/**
 * Does the Cellkeep server answer, and how is it reached?
 *
 * One WebSocket for the whole page, opened through Jupyter's port, where the Jupyter server extension adds the token. It reconnects by
 * itself; while it is away `proxy` says why: not configured, not reachable, or the token refused.
 */

import { type Connection, createConnection } from '@cellkeep/web/connection';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { fetchProxyStatus, type ProxyStatus } from './proxyStatus';
import { type ConnectionState, IConnection } from './tokens';

/** Shorter interruptions are seen in the status bar only. */
const WORTH_A_MESSAGE = 3_000; // ms

export const connectionPlugin: JupyterFrontEndPlugin<IConnection> = {
  id: '@cellkeep/jupyterlab:connection',
  description: "Connects to the Cellkeep server through Jupyter's port.",
  optional: [ITranslator],
  provides: IConnection,
  autoStart: true,
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): IConnection => {
    const trans = (translator ?? nullTranslator).load('cellkeep');
    const connection = new JupyterConnection(app.serviceManager.serverSettings);
    let lostAt: number | null = null;
    let wasLive = false;
    connection.changed.connect(() => {
      if (connection.state === 'live') {
        if (lostAt !== null && Date.now() - lostAt > WORTH_A_MESSAGE) {
          Notification.success(trans.__('Cellkeep is connected again.'), { autoClose: 4_000 });
        }
        lostAt = null;
        wasLive = true;
      } else if (wasLive && lostAt === null) {
        lostAt = Date.now();
      }
    });
    return connection;
  },
};

class JupyterConnection implements IConnection {
  constructor(settings: ServerConnection.ISettings) {
    this.settings = settings;
    const baseUrl = URLExt.join(settings.baseUrl, 'cellkeep/');
    // Jupyter's own token, where a page uses one in place of a cookie (jupyter lab --expose-token), lets the WebSocket in; it ends at the proxy.
    const socket = URLExt.join(settings.wsUrl, 'cellkeep/api/v1/rpc');
    const query = settings.appendToken && settings.token ? `?token=${encodeURIComponent(settings.token)}` : '';
    this.connection = createConnection({ baseUrl, webSocketUrl: socket + query });
    this.connection.status.subscribe(() => this.onStatus());
    void this.ask();
  }

  readonly connection: Connection;
  readonly changed: Signal<IConnection, void> = new Signal(this);

  get client(): Connection['client'] {
    return this.connection.client;
  }

  get state(): ConnectionState {
    return this.connection.status.get().state;
  }

  get proxy(): ProxyStatus | null {
    return this.lastProxy;
  }

  serverPage(path: string): string {
    return URLExt.join(PageConfig.getBaseUrl(), 'cellkeep', path);
  }

  private onStatus(): void {
    this.changed.emit();
    // Also when it is live again: another server may answer now, as another user.
    void this.ask();
  }

  private async ask(): Promise<void> {
    const status = await fetchProxyStatus(this.settings);
    if (JSON.stringify(status) === JSON.stringify(this.lastProxy)) return;
    this.lastProxy = status;
    this.changed.emit();
  }

  private readonly settings: ServerConnection.ISettings;
  private lastProxy: ProxyStatus | null = null;
}
