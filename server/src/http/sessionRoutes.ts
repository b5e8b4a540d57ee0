/** Logging a browser in and out: `POST /api/v1/session` with a token or the login link's secret, `DELETE /api/v1/session`. */
import express, { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { type Accounts, closeSession, type LoginLink, openSession } from '../access/index.ts';
import type { Caller, Services } from '../core/context.ts';
import { failure, toIssue } from '../core/failure.ts';
import { authenticate, cookieNames, sessionCookies } from './authenticate.ts';
import { isOwnOrigin, prefixOf } from './origin.ts';

export const sessionInput = z
  .union([z.strictObject({ token: z.string().min(1).max(1_000) }), z.strictObject({ login: z.string().min(1).max(1_000) })])
  .describe("A token, or the secret of the server's login link.");
export const sessionOutput = z.object({
  user: z.string(),
  csrf: z.string().describe('What x-csrf-token must repeat; also in the cookie cellkeep_csrf_PORT (cellkeep_csrf at a default port).'),
});

export interface SessionDoor {
  services: Services;
  accounts: Accounts;
  link: LoginLink;
  owner: Caller;
}

export function sessionRoutes({ services, accounts, link, owner }: SessionDoor): Router {
  const router = Router();
  router.post('/', express.json({ limit: 10_000, strict: false }), async (request, response) => {
    if (isOwnOrigin(request) === false) {
      throw failure('FORBIDDEN', {
        field: 'origin',
        reason: 'this page is none of the server',
        remedy: 'open the server by its own address',
      });
    }
    const parsed = sessionInput.safeParse(request.body);
    if (!parsed.success) throw failure('BAD_REQUEST', parsed.error.issues.map(toIssue));
    const { data } = parsed;
    const token = 'token' in data ? data.token : null;
    const caller = 'token' in data ? await accounts.callerOf({ via: 'token', secret: data.token }) : link.fits(data.login) ? owner : null;
    const opened = caller && (await openSession(services.sql, caller, token, services.now()));
    if (!caller || !opened) throw failure('UNAUTHORIZED', refused(token !== null));
    const { secret, csrf, expiresAt } = opened;
    const names = cookieNames(request);
    setCookie(request, response, names.session, secret, expiresAt, true);
    setCookie(request, response, names.csrf, csrf, expiresAt, false);
    response.status(201).json({ user: caller.userName, csrf });
  });
  router.delete('/', authenticate(accounts), async (request, response) => {
    const own = cookieNames(request).session;
    // All of them: an earlier one, under a name that goes second, would be found next. Only ours: that name may be another server's.
    for (const { names, secret } of sessionCookies(request)) {
      const isOurs = await closeSession(services.sql, secret);
      if (!isOurs && names.session !== own) continue;
      setCookie(request, response, names.session, '', 0, true);
      setCookie(request, response, names.csrf, '', 0, false);
    }
    accounts.forget();
    response.status(204).end();
  });
  return router;
}

function refused(isToken: boolean) {
  return isToken
    ? { field: 'token', reason: 'this token is unknown, expired or revoked', remedy: 'make one with `cellkeep-server token create`' }
    : {
        field: 'login',
        reason: 'this login link is of an earlier start of the server',
        remedy: 'use the link that it printed last, or a token',
      };
}

function setCookie(request: Request, response: Response, name: string, value: string, expires: number, httpOnly: boolean): void {
  const forwarded = request.headers['x-forwarded-proto'];
  const secure = forwarded === 'https' || request.secure;
  response.cookie(name, value, {
    httpOnly,
    sameSite: 'lax',
    secure,
    path: `${prefixOf(request)}/`,
    expires: new Date(expires),
    encode: String,
  });
}
