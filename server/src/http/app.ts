/** Every address of the server, in the order in which they are tried. */
import type { RequestListener } from 'node:http';
import express, { type RequestHandler, type Router } from 'express';
import type { Accounts } from '../access/index.ts';
import type { Services } from '../core/context.ts';
import type { HotOperation } from '../core/hotOperation.ts';
import type { Metrics } from '../core/metrics.ts';
import { apiDocument } from './apiDocument.ts';
import { authenticate, endWhenRevoked } from './authenticate.ts';
import { errorAnswer, noSuchPath } from './errorAnswer.ts';
import { frontDoor, type PlainHandler } from './frontDoor.ts';
import { healthRoutes } from './healthRoutes.ts';
import { hotOperations } from './hotOperations.ts';
import { bodyErrors, jsonBody } from './jsonBody.ts';
import { API, httpOperations, type Operations } from './operations.ts';
import { securityHeaders } from './securityHeaders.ts';
import { type SessionDoor, sessionRoutes } from './sessionRoutes.ts';
import { webPages } from './webPages.ts';

export interface AppOptions {
  services: Services;
  operations: Operations;
  accounts: Accounts;
  metrics: Metrics;
  session: SessionDoor;
  webRoot: string;
  /** Routes below /api/v1 that speak bytes, not JSON. */
  raw?: Router[];
  /** Answers what other clients than ours speak, at addresses of their own. */
  protocols?: PlainHandler[];
  /** Operations of the contract that are answered on a shorter way. */
  hot?: HotOperation[];
  isStopping?: () => boolean;
}

export function createApp({
  services,
  operations,
  accounts,
  metrics,
  session,
  webRoot,
  raw = [],
  protocols = [],
  hot = [],
  isStopping = () => false,
}: AppOptions): RequestListener {
  const { log, sql } = services;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const authenticated: RequestHandler = authenticate(accounts);

  app.use(securityHeaders);
  app.use(healthRoutes(sql, metrics, authenticated, isStopping));
  app.use(`${API}/session`, sessionRoutes(session));
  app.use(API, apiDocument(authenticated), authenticated, endWhenRevoked(accounts));
  for (const router of raw) app.use(API, router);
  app.use(API, jsonBody, httpOperations(operations, services));
  app.use(webPages(webRoot));
  app.use(noSuchPath, bodyErrors, errorAnswer(log));
  return frontDoor(log, metrics.requestSeconds, [hotOperations(hot, services, accounts), ...protocols], app);
}
