/**
 * The one door to all endpoints: `/endpoints/<name>/…` on this server leads to a host that is ready. Who comes with a session or a user's
 * token is checked here and named to the host; what comes with a token of the endpoint is the host's to judge, which counts its rate.
 * A request to an endpoint that sleeps, or that is being loaded, is held and not refused, as long as its deadline allows.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Issue } from '@cellkeep/schema/wire';
import type { Caller, Services } from '../../core/context.ts';
import { asFailure, failure, failureBody } from '../../core/failure.ts';
import { ENDPOINT_TOKEN, labelOfToken } from '../endpoints/tokens.ts';
import { isFeedback, receiveFeedback } from './feedbackDoor.ts';
import { createForwarder, type Forwarded, MOST_KEPT } from './forward.ts';
import { requestHeaders } from './headers.ts';
import type { Place } from './places.ts';

/** Requests of one endpoint that wait for a host. */
const MOST_HELD = 1_000;
const LOOK_EVERY = 50; // ms
/** ms beyond an endpoint's own deadline, which its host keeps */
const BESIDE = 5_000;
/**
 * How often a request is sent again whose host was not there any more, or ended before its answer began. To answer twice does no harm: a
 * host changes nothing but its counters. Once only where the host may have begun: it may be this very request that ends hosts.
 */
const MOST_REPEATS = { unsent: 2, gone: 1 };

/** What this server knows of HTTP: the door stands in a room, which does not import that. */
export interface DoorHttp {
  /** @throws UNAUTHORIZED, and FORBIDDEN for a change that a foreign page asks for */
  authenticate: (request: IncomingMessage) => Promise<{ caller: Caller }>;
  /** Sets the server's own policies. */
  secure: (response: ServerResponse) => void;
  /** Lets a client that is still sending come to the answer. */
  readOff: (request: IncomingMessage) => void;
  /** Address under which the caller reached this server, with the proxy's prefix. */
  baseUrlOf: (request: IncomingMessage) => string;
}

export interface DoorDeps {
  services: Pick<Services, 'sql' | 'log' | 'now'>;
  http: DoorHttp;
  /** Null where there is no such endpoint. @param isFresh what is known was wrong just now */
  find: (name: string, isFresh?: boolean) => Promise<Place | null>;
  /** The same as known now, without a question to the database. */
  known: (endpointId: string) => Place | null;
  wake: (endpointId: string) => Promise<void>;
  /** Somebody waits: look at the hosts more often. */
  hurry: () => void;
}

export type Located = ServerResponse & { locals?: { requestId: string; caller?: Caller } };
export type DoorHandler = (request: IncomingMessage, response: Located, next: () => void) => void;

export interface Door {
  handle: DoorHandler;
  /** For a listener on an endpoint's own port, while its hosts sleep. */
  handleDirect: (endpointId: string) => (request: IncomingMessage, response: ServerResponse) => void;
  close: () => void;
}

interface Passing {
  place: Place;
  path: string;
  headers: Record<string, string | string[]>;
}

/** An answer that the door gives itself. */
class Refused extends Error {
  readonly status: number;
  readonly issue: Issue;
  readonly retryAfter: number | null;

  constructor(status: 404 | 413 | 503 | 504, issue: Issue, retryAfter: number | null = null) {
    super(issue.reason);
    this.status = status;
    this.issue = issue;
    this.retryAfter = retryAfter;
  }
}

export function createDoor({ services, http, find, known, wake, hurry }: DoorDeps): Door {
  const { sql, log, now } = services;
  const forwarder = createForwarder();
  const held = new Map<string, number>();

  /** What the host is told of the caller. @throws where it may not ask */
  const identify = async (request: IncomingMessage, response: Located, { endpoint }: Place): Promise<Record<string, string>> => {
    const { authorization } = request.headers;
    const secret = /^bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
    if (secret.startsWith(ENDPOINT_TOKEN)) return { authorization: `Bearer ${secret}` };
    if (endpoint.settings.access === 'open') return { 'x-cellkeep-door': endpoint.doorSecret, 'x-cellkeep-caller': '' };
    const { caller } = await http.authenticate(request);
    if (response.locals) response.locals.caller = caller;
    if (caller.workspaceId !== endpoint.workspaceId) throw noSuchEndpoint(endpoint.name);
    return { 'x-cellkeep-door': endpoint.doorSecret, 'x-cellkeep-caller': headerText(caller.userName) };
  };

  /** Nobody without the right to ask wakes an endpoint. */
  const requireMayWake = async ({ endpoint }: Place, headers: Record<string, string | string[]>) => {
    const secret = /^Bearer (\S+)$/.exec(String(headers.authorization ?? ''))?.[1];
    if (secret?.startsWith(ENDPOINT_TOKEN) && (await labelOfToken(sql, endpoint.id, secret, now())) === null) {
      throw failure('UNAUTHORIZED', {
        field: 'authorization',
        reason: 'this token is unknown, expired or revoked, or of another endpoint',
      });
    }
  };

  /** A host that is ready, or the reason why there is none. @param failed where it was sent before: elsewhere, if there is another place */
  const ready = async (passing: Passing, until: number, isClosed: () => boolean, failed: ReadonlySet<string>): Promise<string> => {
    const { id, name } = passing.place.endpoint;
    let place: Place | null = passing.place;
    if (place.endpoint.asleepAt !== null) {
      await requireMayWake(place, passing.headers);
      await wake(id);
    }
    const waiting = held.get(id) ?? 0;
    if (waiting >= MOST_HELD) throw new Refused(503, { field: '', reason: `${MOST_HELD} requests wait for ${name} already` }, 1);
    held.set(id, waiting + 1);
    try {
      for (;;) {
        if (!place) throw noSuchEndpoint(name);
        const others = place.addresses.filter((one) => !failed.has(one));
        const choice = others.length > 0 ? others : place.addresses;
        const address = place.isAnswering ? choice[Math.floor(Math.random() * choice.length)] : undefined;
        if (address !== undefined) return address;
        requireComing(place);
        if (now() >= until) throw new Refused(503, { field: '', reason: `${name} was not ready in time`, remedy: 'ask again' }, 1);
        if (isClosed()) return '';
        hurry();
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
        place = known(id);
      }
    } finally {
      held.set(id, (held.get(id) ?? 1) - 1);
    }
  };

  const pass = async (request: IncomingMessage, response: ServerResponse, passing: Passing): Promise<void> => {
    const { settings, name } = passing.place.endpoint;
    const since = now();
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > settings.maxBodyBytes) throw tooLarge(settings.maxBodyBytes);
    const isClosed = () => response.destroyed;
    const left = { ...MOST_REPEATS };
    const failed = new Set<string>();
    for (let body: Forwarded['body'] | undefined; ; ) {
      const address = await ready(passing, since + settings.deadlineMs, isClosed, failed);
      if (isClosed()) return;
      body ??= await bodyOf(request, length);
      const within = since + settings.deadlineMs + BESIDE - now();
      const headers = { ...passing.headers, ...(Buffer.isBuffer(body) ? { 'content-length': String(body.length) } : lengthOf(request)) };
      const { method = 'GET' } = request;
      const asked: Forwarded = { method, path: passing.path, headers, body, address, within, isRepeated: failed.size > 0 };
      const outcome = await forwarder.forward(asked, response, http.secure, settings.maxBodyBytes);
      if (outcome === 'answered' || isClosed()) return;
      if (outcome === 'too-large') throw tooLarge(settings.maxBodyBytes);
      if (outcome === 'late') throw new Refused(504, { field: '', reason: `${name} did not answer within ${settings.deadlineMs} ms` });
      const canRepeat = body === null || Buffer.isBuffer(body);
      if (canRepeat && left[outcome]-- > 0) {
        // It ended since we looked: see what is left.
        failed.add(address);
        const again = await find(name, true);
        if (again?.endpoint.id !== passing.place.endpoint.id) throw noSuchEndpoint(name);
        passing.place = again;
        continue;
      }
      throw new Refused(503, { field: '', reason: `the host of ${name} ended before it answered`, remedy: 'ask again in a moment' }, 1);
    }
  };

  const answer = (request: IncomingMessage, response: Located, work: () => Promise<void>): void => {
    work().catch((error: unknown) => {
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      http.secure(response);
      refuse(response, error, (cause) =>
        log.error({ err: cause, requestId: response.locals?.requestId }, 'a request to an endpoint failed'),
      );
      if (!request.readableEnded) http.readOff(request);
    });
  };

  return {
    handle(request, response, next) {
      const [, name, path] = /^\/endpoints\/([a-z0-9-]{1,63})(\/.*)$/s.exec(request.url ?? '') ?? [];
      if (name === undefined || path === undefined) return next();
      answer(request, response, async () => {
        const place = await find(name);
        if (!place) {
          await http.authenticate(request); // whoever may not ask learns no names
          throw noSuchEndpoint(name);
        }
        if (isFeedback(request, path)) {
          const authenticate = async () => {
            const { caller } = await http.authenticate(request);
            if (response.locals) response.locals.caller = caller;
            if (caller.workspaceId !== place.endpoint.workspaceId) throw noSuchEndpoint(name);
            return caller;
          };
          const stored = await receiveFeedback(services, place.endpoint.id, request, authenticate);
          http.secure(response);
          return send(response, 200, stored);
        }
        const who = await identify(request, response, place);
        const forwarded = new URL(http.baseUrlOf(request));
        const prefix = `${forwarded.pathname.replace(/\/$/, '')}/endpoints/${name}`;
        const from = {
          'x-forwarded-host': forwarded.host,
          'x-forwarded-proto': forwarded.protocol.replace(':', ''),
          'x-forwarded-prefix': prefix,
          'x-forwarded-for': request.socket.remoteAddress ?? '',
        };
        await pass(request, response, { place, path, headers: { ...requestHeaders(request.headers), ...from, ...who } });
      });
    },
    handleDirect: (endpointId) => (request, response) => {
      response.setHeader('connection', 'close'); // the next one goes to a host
      answer(request, response, async () => {
        const place = known(endpointId);
        if (!place) throw noSuchEndpoint('');
        const { authorization } = request.headers;
        const { doorSecret } = place.endpoint;
        if (isSecret(request.headers['x-cellkeep-door'], doorSecret)) {
          // From the door of another server on this machine, which has checked the caller.
          const who = { 'x-cellkeep-door': doorSecret, 'x-cellkeep-caller': String(request.headers['x-cellkeep-caller'] ?? '') };
          return pass(request, response, { place, path: request.url ?? '/', headers: { ...requestHeaders(request.headers), ...who } });
        }
        // No cookie is of this address; the rest the host judges again.
        const isOpen = place.endpoint.settings.access === 'open';
        const isOfEndpoint = /^bearer\s+cke_/i.test(authorization ?? '');
        if (!isOpen && !isOfEndpoint) {
          if (authorization === undefined)
            throw failure('UNAUTHORIZED', { field: 'authorization', reason: 'no token came with the request' });
          const { caller } = await http.authenticate(request);
          if (caller.workspaceId !== place.endpoint.workspaceId) throw noSuchEndpoint('');
        }
        const headers = { ...requestHeaders(request.headers), ...(authorization === undefined ? {} : { authorization }) };
        await pass(request, response, { place, path: request.url ?? '/', headers });
      });
    },
    close: forwarder.close,
  };
}

const isSecret = (given: string | string[] | undefined, secret: string): boolean =>
  typeof given === 'string' && given.length === secret.length && timingSafeEqual(Buffer.from(given), Buffer.from(secret));

/** A header holds no other characters. */
const headerText = (text: string) => (/^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text));

async function bodyOf(request: IncomingMessage, length: number): Promise<Forwarded['body']> {
  const isChunked = request.headers['transfer-encoding'] !== undefined;
  if (length === 0 && !isChunked) return null;
  return length > 0 && length <= MOST_KEPT ? buffer(request) : request;
}

const lengthOf = ({ headers }: IncomingMessage): Record<string, string> =>
  headers['content-length'] === undefined ? {} : { 'content-length': headers['content-length'] };

/** Whether it is worth waiting. */
function requireComing({ endpoint: { name, wanted }, isAnswering, isLoading, addresses, trouble }: Place): void {
  if (wanted === 'stopped') throw new Refused(503, { field: '', reason: `${name} is stopped`, remedy: 'start it again' });
  if (!isAnswering && !isLoading) {
    throw new Refused(503, { field: '', reason: `${name} has no release that answers`, remedy: 'put a version behind it' });
  }
  if (addresses.length === 0 && trouble !== '') throw new Refused(503, { field: '', reason: `no host of ${name} answers: ${trouble}` }, 1);
}

const noSuchEndpoint = (name: string) => new Refused(404, { field: 'name', reason: `no endpoint ${JSON.stringify(name)}` });
const tooLarge = (most: number) =>
  new Refused(413, { field: '', reason: `the body has more than ${most} bytes`, remedy: 'send fewer rows at once' });

const CODES = { 404: 'NOT_FOUND', 413: 'PAYLOAD_TOO_LARGE', 503: 'SERVICE_UNAVAILABLE', 504: 'GATEWAY_TIMEOUT' } as const;

function refuse(response: ServerResponse, error: unknown, report: (cause: unknown) => void): void {
  if (error instanceof Refused) {
    const { status, issue, retryAfter } = error;
    if (retryAfter !== null) response.setHeader('retry-after', String(retryAfter));
    const code = CODES[status as keyof typeof CODES];
    send(response, status, { defined: status !== 504, code, status, message: issue.reason, data: { issues: [issue] } });
    return;
  }
  const failed = asFailure(error);
  if (failed.status >= 500) report(failed.cause ?? error);
  if (failed.status === 401) response.setHeader('www-authenticate', 'Bearer realm="cellkeep"');
  if (failed.status === 503) response.setHeader('retry-after', '1');
  send(response, failed.status, failureBody(failed));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
