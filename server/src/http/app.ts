/** Every address of the server, in the order in which they are tried. */
import express, { type Express, type RequestHandler, type Router } from 'express';
import type { Accounts } from '../access/index.ts';
import type { Services } from '../core/context.ts';
import type { Metrics } from '../core/metrics.ts';
import { apiDocument } from './apiDocument.ts';
import { authenticate, endWhenRevoked } from './authenticate.ts';
import { errorAnswer, noSuchPath } from './errorAnswer.ts';
import { healthRoutes } from './healthRoutes.ts';
import { bodyErrors, jsonBody } from './jsonBody.ts';
import { API, httpOperations, type Operations } from './operations.ts';
import { requestLog } from './requestLog.ts';
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
  /** Answers what other clients than ours speak, at addresses of their own; before the pages, which answer every path. */
  protocols?: RequestHandler[];
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
  isStopping = () => false,
}: AppOptions): Express {
  const { log, sql } = services;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const authenticated: RequestHandler = authenticate(accounts);

  app.use(requestLog(log, metrics.requestSeconds), securityHeaders);
  for (const protocol of protocols) app.use(protocol);
  app.use(healthRoutes(sql, metrics, authenticated, isStopping));
  app.use(`${API}/session`, sessionRoutes(session));
  app.use(API, apiDocument(authenticated), authenticated, endWhenRevoked(accounts));
  for (const router of raw) app.use(API, router);
  app.use(API, jsonBody, httpOperations(operations, services));
  app.use(webPages(webRoot));
  app.use(noSuchPath, bodyErrors, errorAnswer(log));
  return app;
}
