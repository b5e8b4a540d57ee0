/**
 * One WebSocket to the server, for every call and every subscription of a page. It reconnects by itself; while it is away calls fail
 * at once with `OfflineError`, so that a view can say what it shows is old instead of waiting without end.
 */
import type { Contract } from '@cellkeep/schema';
import { type ClientLink, createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { antiForgery } from './antiForgery.ts';
import type { Readable } from './host.ts';
import { post, takeEarly } from './posting.ts';

export { antiForgery } from './antiForgery.ts';

export type Client = ContractRouterClient<Contract>;

export interface ConnectionStatus {
  /** `connecting` only before the first answer; afterwards a lost connection is `offline` until it is `live` again. */
  state: 'connecting' | 'live' | 'offline';
  /** When it became so, in milliseconds since the epoch. */
  since: number;
}

export interface ConnectionOptions {
  /** Address below which `api/v1` lies, with a slash at its end; relative to the page. */
  baseUrl: string;
  /** Absent: `api/v1/rpc` below `baseUrl`. */
  webSocketUrl?: string;
}

export interface Connection {
  client: Client;
  status: Readable<ConnectionStatus>;
  baseUrl: string;
  artifactUrl(runId: string, path: string): string;
  /** A request beside the WebSocket (uploads, log out), with what the server needs against forged ones. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** An operation beside the WebSocket, by its path in the API. Fails as a call does. */
  post(path: string, input: object, init?: { accept?: string; signal?: AbortSignal }): Promise<Response>;
  /** Whether an answer was given that is older than this page's code, and nobody has asked about it before. */
  gaveEarly(): boolean;
  /** Does not wait for the next try. */
  retry(): void;
  close(): void;
}

export class OfflineError extends Error {
  constructor() {
    super('The Cellkeep server cannot be reached. Trying again by itself.');
    this.name = 'OfflineError';
  }
}

const FIRST_PAUSE = 250; // ms
const LONGEST_PAUSE = 8_000; // ms; short enough that a restarted server is seen before one looks for a button
const QUIET = 20_000; // ms without a message before the line is tried: a laptop that slept holds a dead socket for minutes
const PATIENCE = 8_000; // ms for that trial to be answered

export function createConnection(options: ConnectionOptions): Connection {
  const base = new URL(options.baseUrl, document.baseURI);
  const address = options.webSocketUrl ?? new URL('api/v1/rpc', base).href.replace(/^http/, 'ws');
  const listeners = new Set<() => void>();
  let status: ConnectionStatus = { state: 'connecting', since: Date.now() };
  let socket: WebSocket | null = null;
  let link: ClientLink<Record<never, never>> | null = null;
  let attempts = 0;
  let heardAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  let hasGivenEarly = false;

  const become = (state: ConnectionStatus['state']) => {
    if (status.state === state) return;
    status = { state, since: Date.now() };
    for (const listener of [...listeners]) listener();
  };

  const open = () => {
    clearTimeout(timer);
    if (closed) return;
    const trying = new WebSocket(address);
    trying.binaryType = 'arraybuffer';
    socket = trying;
    trying.addEventListener('open', () => {
      attempts = 0;
      heardAt = Date.now();
      link = new RPCLink({ websocket: trying });
      become('live');
    });
    trying.addEventListener('message', () => {
      heardAt = Date.now();
    });
    trying.addEventListener('close', () => {
      if (socket !== trying) return;
      socket = null;
      link = null;
      become('offline');
      if (!closed) timer = setTimeout(open, pause(attempts++));
    });
  };

  const retry = () => {
    if (socket || closed) return;
    attempts = 0;
    open();
  };

  const router: ClientLink<Record<never, never>> = {
    async call(path, input, callOptions) {
      if (status.state === 'connecting') await firstAnswer();
      const used = link;
      if (!used) throw new OfflineError();
      try {
        return await used.call(path, input, callOptions);
      } catch (error) {
        if (used !== link && !callOptions.signal?.aborted) throw new OfflineError();
        throw error;
      }
    },
  };
  const firstAnswer = () =>
    new Promise<void>((resolve) => {
      const done = () => {
        listeners.delete(done);
        resolve();
      };
      listeners.add(done);
    });

  const client = createORPCClient<Client>(router);

  const pulse = setInterval(() => {
    const tried = socket;
    if (status.state !== 'live' || !tried || Date.now() - heardAt < QUIET) return;
    // Even an error is an answer; only silence means that the line is dead.
    void client.access.me(undefined, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => {
      if (socket === tried && Date.now() - heardAt >= QUIET) drop(tried);
    });
  }, QUIET / 2);

  /** A dead line answers no close either, so its end is not waited for. */
  const drop = (dead: WebSocket) => {
    dead.close();
    dead.dispatchEvent(new CloseEvent('close'));
  };

  const onVisible = () => {
    if (document.visibilityState === 'visible') retry();
  };
  window.addEventListener('online', retry);
  document.addEventListener('visibilitychange', onVisible);
  open();

  return {
    client,
    status: {
      get: () => status,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    baseUrl: base.href,
    artifactUrl: (runId, path) =>
      new URL(`api/v1/runs/${runId}/artifacts/files/${path.split('/').map(encodeURIComponent).join('/')}`, base).href,
    request: (path, init = {}) => fetch(new URL(path, base), { ...init, headers: { ...antiForgery(), ...headersOf(init) } }),
    async post(path, input, init = {}) {
      const early = init.accept ? null : await takeEarly(path, input);
      hasGivenEarly ||= early !== null;
      if (early) return early;
      const answer = await post(base.href, path, input, init).catch((error: unknown) => {
        throw init.signal?.aborted ? error : new OfflineError();
      });
      if (!answer.ok) throw await refusalOf(answer);
      return answer;
    },
    gaveEarly() {
      const gave = hasGivenEarly;
      hasGivenEarly = false;
      return gave;
    },
    retry,
    close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(pulse);
      window.removeEventListener('online', retry);
      document.removeEventListener('visibilitychange', onVisible);
      socket?.close();
    },
  };
}

/** Doubles up to the longest pause; half of it is chance, so that a restarted server is not met by everybody at once. */
export function pause(attempts: number, chance: number = Math.random()): number {
  const full = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempts);
  return full / 2 + (full / 2) * chance;
}

function headersOf(init: RequestInit): Record<string, string> {
  return Object.fromEntries(new Headers(init.headers).entries());
}

/** As calls over the WebSocket fail: with the code and the issues of the server's answer. */
export async function refusalOf(answer: Response): Promise<Error> {
  const said: unknown = await answer.json().catch(() => null);
  const message = `The server answered ${answer.status}.`;
  return Object.assign(new Error(message), typeof said === 'object' ? said : null);
}
