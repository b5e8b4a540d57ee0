/**
 * Finds the caller of a request: `Authorization: Bearer`, `Authorization: Basic` with the token as password, or the session cookie.
 * A browser adds the cookie by itself, also to a request that a foreign page makes, so a change made with it must come from a page of
 * ours (Origin) and repeat the session's own word (x-csrf-token). A proxy may add a token as blindly: no foreign page changes anything.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { type Accounts, type Credential, csrfOf } from '../access/index.ts';
import type { Caller } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { isOwnOrigin, portsOf } from './origin.ts';

const SESSION_COOKIE = 'cellkeep_session';
const CSRF_COOKIE = 'cellkeep_csrf';
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

export function authenticate(accounts: Accounts): RequestHandler {
  return async (request, response, next) => {
    Object.assign(response.locals, await callerOfRequest(accounts, request));
    next();
  };
}

/** @throws UNAUTHORIZED, and FORBIDDEN for a change that a foreign page asks for */
export async function callerOfRequest(accounts: Accounts, request: IncomingMessage): Promise<{ caller: Caller; credential: Credential }> {
  const credential = credentialOf(request);
  const caller = credential && (accounts.remembered(credential) ?? (await accounts.callerOf(credential)));
  if (!credential || !caller) throw unauthorized(credential);
  if (!SAFE.has(request.method ?? '')) requireOwnPage(request, credential);
  return { caller, credential };
}

/** ms between looks whether the caller of a long answer still may have it: nobody tells when a token expires. */
const LOOK_AGAIN = 30_000;

/**
 * Ends answers that go on for long (event streams, large files) as soon as their caller may no longer have them. One that has not begun
 * is left alone: it is short, and perhaps the answer to the very request that took the right away. For routes behind `authenticate`.
 */
export function endWhenRevoked(accounts: Accounts): RequestHandler {
  const watch = revocationWatch(accounts);
  return (_request, response, next) => {
    watch(response.locals.credential as Credential, response);
    next();
  };
}

/** The same for an answer that is given without Express. */
export function revocationWatch(accounts: Accounts): (credential: Credential, response: ServerResponse) => void {
  const open = new Map<ServerResponse, Credential>();
  let timer: NodeJS.Timeout | null = null;
  const look = () => {
    for (const [response, credential] of open) {
      if (!response.headersSent) continue;
      accounts.callerOf(credential).then(
        (caller) => {
          if (!caller && !response.writableEnded) response.destroy();
        },
        () => {}, // the database is away: decide later
      );
    }
    if (open.size > 0 || !timer) return;
    clearInterval(timer);
    timer = null;
  };
  accounts.onChange(look);
  return (credential, response) => {
    open.set(response, credential);
    timer ??= setInterval(look, LOOK_AGAIN).unref(); // one for all: most answers are short
    response.once('close', () => open.delete(response));
  };
}

/** The caller that `authenticate` found. */
export function callerOf(response: Response): Caller {
  return response.locals.caller as Caller;
}

export function unauthorized(credential: Credential | null) {
  const reason = credential ? `this ${credential.via} is unknown, expired or revoked` : 'no token and no session came with the request';
  const remedy = 'send "Authorization: Bearer <token>", or log in';
  return failure('UNAUTHORIZED', { field: 'authorization', reason, remedy });
}

/**
 * Names of the cookies where the browser knows this server by the request's address. Browsers do not tell ports of one host apart, so the
 * names do: two servers on one computer must not log each other's people out.
 */
export function cookieNames(request: IncomingMessage): CookieNames {
  const [port = ''] = portsOf(request);
  return namesAt(port);
}

export interface CookieNames {
  session: string;
  csrf: string;
}

export interface SessionCookie {
  names: CookieNames;
  secret: string;
}

/** Those that came, likeliest first, by any name that they may have got: not every proxy says the same with every request. */
export function sessionCookies(request: IncomingMessage): SessionCookie[] {
  const { cookie } = request.headers;
  const ports = new Set([...portsOf(request), '']);
  return [...ports].map(namesAt).flatMap((names) => {
    const secret = cookieOf(cookie, names.session);
    return secret ? [{ names, secret }] : [];
  });
}

const namesAt = (port: string): CookieNames => ({ session: atPort(SESSION_COOKIE, port), csrf: atPort(CSRF_COOKIE, port) });
const atPort = (name: string, port: string) => (port ? `${name}_${port}` : name);

/** Null where none was given. A token goes before a cookie. */
export function credentialOf(request: IncomingMessage): Credential | null {
  const { headers } = request;
  const [, scheme = '', given = ''] = /^(\S+)\s+(\S+)$/.exec(headers.authorization ?? '') ?? [];
  if (/^bearer$/i.test(scheme)) return { via: 'token', secret: given };
  if (/^basic$/i.test(scheme)) {
    const text = Buffer.from(given, 'base64').toString('utf8');
    return { via: 'token', secret: text.slice(text.indexOf(':') + 1) };
  }
  const [session] = sessionCookies(request);
  return session ? { via: 'session', secret: session.secret } : null;
}

function cookieOf(header: string | undefined, name: string): string | null {
  for (const part of (header ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value) return value;
  }
  return null;
}

function requireOwnPage(request: IncomingMessage, { via, secret }: Credential): void {
  const own = isOwnOrigin(request);
  if (own === false || (own === null && via === 'session')) {
    throw failure('FORBIDDEN', { field: 'origin', reason: 'this page is none of the server', remedy: 'scripts use a token, not a cookie' });
  }
  if (via === 'session' && request.headers['x-csrf-token'] !== csrfOf(secret)) {
    const reason = `x-csrf-token is not the value of the cookie ${cookieNames(request).csrf}`;
    throw failure('FORBIDDEN', { field: 'x-csrf-token', reason, remedy: 'load the page again' });
  }
}
