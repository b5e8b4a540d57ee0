import type { Connection } from '@cellkeep/web/connection';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { ProxyStatus } from './proxyStatus';

export type ConnectionState = 'connecting' | 'live' | 'offline';

/** The one connection of this page with the Cellkeep server. */
export interface IConnection {
  /** The connection that views are given. */
  readonly connection: Connection;
  /** Every operation of the contract, over the WebSocket. */
  readonly client: Connection['client'];
  readonly state: ConnectionState;
  /** What Jupyter's side knows of the server; null until it was asked. Asked again whenever the connection is lost. */
  readonly proxy: ProxyStatus | null;
  /** `state` or `proxy` is different. */
  readonly changed: ISignal<IConnection, void>;
  /** Address of a page of the server UI, through Jupyter's port, so that it works wherever this page does. */
  serverPage(path: string): string;
}

export const IConnection = new Token<IConnection>(
  '@cellkeep/jupyterlab:IConnection',
  "The live connection to the Cellkeep server, through Jupyter's own port: calls, live events, and how it is doing.",
);
