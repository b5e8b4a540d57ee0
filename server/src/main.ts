/** The one place that builds things: opens the database and the blobs, builds the rooms, and serves them. */
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Logger, pino } from 'pino';
import type { Sql } from 'postgres';
import { createAccessRouter, createAccounts, createLoginLink, firstOwner } from './access/index.ts';
import { createCollaboration, createCollaborationRouter } from './collaboration/index.ts';
import { blobFolder, blobsOnDisk } from './core/blobsOnDisk.ts';
import type { FindReferences } from './core/collectBlobs.ts';
import type { Services } from './core/context.ts';
import { type Database, openEmbedded, openUrl } from './core/database.ts';
import { diskSpace } from './core/diskSpace.ts';
import { type HomeLock, isLock, lockHome } from './core/homeLock.ts';
import { createLive } from './core/live.ts';
import { createMetrics } from './core/metrics.ts';
import { migrate } from './core/migrate.ts';
import { codeOf, PlainError } from './core/plainError.ts';
import { relayLive } from './core/relayLive.ts';
import { VERSION } from './core/version.ts';
import {
  batchReferences,
  batchRoutes,
  containerRoutes,
  createBatchWorker,
  createDeployment,
  createDeploymentRouter,
  createPromotionDriver,
  createPromotionWorker,
  createScorerPool,
  readHostingSettings,
  readRaySettings,
  type WithScorer,
  whereServed,
} from './deployment/index.ts';
import {
  createDesignRouter,
  createVerifyWorker,
  designRoutes,
  partReferences,
  readVerifySettings,
  startSweepingParts,
} from './design/index.ts';
import { createGovernanceRouter, startSealer } from './governance/index.ts';
import { createApp } from './http/app.ts';
import { callerOf, callerOfRequest } from './http/authenticate.ts';
import { readOff } from './http/errorAnswer.ts';
import { baseUrlOf } from './http/origin.ts';
import { setSecurityHeaders } from './http/securityHeaders.ts';
import { serve } from './http/serve.ts';
import { mlflowRoutes } from './mlflow/index.ts';
import { createEvaluator, createRegistryRouter, evaluationSetReferences, settleWaiting } from './registry/index.ts';
import {
  artifactReferences,
  artifactRoutes,
  createTracking,
  createTrackingRouter,
  ensureDefaultExperiment,
  exportRoutes,
  fileReferences,
  hotTracking,
  setVerdict,
  startSweepingUploads,
  uploadReferences,
} from './tracking/index.ts';

const WEB_ROOT = fileURLToPath(new URL('../dist/web', import.meta.url));
/** The checkout's, where this runs from one. */
const VENV = fileURLToPath(new URL('../../.venv', import.meta.url));

export interface ServerOptions {
  /** Folder of everything that this server keeps; made where it is not there. */
  home: string;
  /** 0 (default): a free one. */
  port?: number;
  host?: string;
  /** A Postgres that is kept elsewhere; absent: the embedded one, in `<home>/postgres`. */
  databaseUrl?: string;
  log?: Logger;
  /** Folder of the built server UI. */
  webRoot?: string;
  /** Milliseconds since the epoch; tests set it. */
  now?: () => number;
  /** Settings of what this server verifies itself; absent: the process's own. */
  env?: NodeJS.ProcessEnv;
  /** What answers for models that are evaluated; tests set it. */
  askModel?: WithScorer;
  /** More settings of the embedded Postgres, for tests. */
  postgresSettings?: Record<string, string>;
}

export interface Running {
  /** http://host:port, without a slash at its end */
  url: string;
  port: number;
  /** API token of the owner, kept in `<home>/token`. */
  token: string;
  /** Address that logs a browser in, until the server stops. */
  loginUrl: string;
  services: Services;
  /** Process of the embedded Postgres; null where it is kept elsewhere. */
  postgresPid: () => number | null;
  /** Drains, tells live clients, stops the embedded Postgres. */
  close: () => Promise<void>;
}

export async function createServer(options: ServerOptions): Promise<Running> {
  const closing: (() => unknown)[] = [];
  const close = once(async () => {
    // One step that fails (the database is gone) must not leave the others undone: Postgres would run on.
    const failed: unknown[] = [];
    for (const step of closing.reverse()) await (async () => step())().catch((error: unknown) => failed.push(error));
    if (failed.length > 0) throw failed[0];
  });
  try {
    return await build(options, closing, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(options: ServerOptions, closing: (() => unknown)[], close: () => Promise<void>): Promise<Running> {
  const { port = 0, host = '127.0.0.1', log = pino({ level: 'silent' }), now = Date.now, webRoot = WEB_ROOT } = options;
  const home = makeHome(options.home);
  const lock = options.databaseUrl ? null : await takeHome(home);
  if (lock) closing.push(lock.release);

  const database = await openDatabase(home, log, options);
  closing.push(database.close);
  const { sql } = database;
  const applied = await migrate(sql);
  if (applied.length > 0) log.info({ migrations: applied }, 'database brought up to date');

  const owner = await firstOwner(sql, home, now());
  await ensureDefaultExperiment(sql, owner.caller.workspaceId, now());
  const accounts = await createAccounts(sql, now);
  closing.push(accounts.close);
  const live = createLive(log);
  const disk = database.embedded ? diskSpace(join(home, 'postgres'), log) : undefined;
  const blobs = await blobsOnDisk(blobFolder(home, options.env ?? process.env), disk);
  const services: Services = { sql, blobs, live, log, now, version: VERSION, startedAt: now(), disk };
  const sealer = startSealer(sql, log);
  closing.push(sealer.stop);

  const tracking = createTracking(services);
  closing.push(tracking.stop);
  closing.push(startSweepingUploads(services, blobs, blobReferences(sql)).stop);
  closing.push(startSweepingParts(services, blobs, blobReferences(sql)).stop);
  const collaboration = createCollaboration(services);
  const verifiedRuns = { setVerdict: setVerdict.bind(null, services) };
  const verifySettings = readVerifySettings(options.env ?? process.env, { host, home, venvs: [VENV] });
  const verifyWorker = createVerifyWorker(services, verifiedRuns, verifySettings);
  closing.push(verifyWorker.stop);
  const hosting = readHostingSettings(options.env ?? process.env, { host, home, venvs: [VENV] });
  const scorers = createScorerPool(services, hosting);
  closing.push(scorers.stop);
  const askModel = options.askModel ?? scorers.withScorer;
  const evaluator = createEvaluator(services, askModel, settleWaiting.bind(null, services));
  closing.push(evaluator.stop);
  // The embedded Postgres is this server's alone.
  if (!database.embedded) closing.push((await relayLive(sql, live, log)).stop);
  const deployment = createDeployment(services, {
    settings: hosting,
    databaseUrl: database.url,
    stored: { blobs, references: blobReferences(sql) },
    caches: [join(verifySettings.folder, 'cache')],
    http: { authenticate: callerOfRequest.bind(null, accounts), secure: setSecurityHeaders, readOff, baseUrlOf },
  });
  const { seen } = deployment;
  closing.push(deployment.stop);
  const promotionWorker = createPromotionWorker(services, verifySettings);
  const promotionDriver = createPromotionDriver(services, seen);
  const batchWorker = createBatchWorker(services, askModel);
  closing.push(promotionDriver.stop, promotionWorker.stop, batchWorker.stop);
  const operations = {
    access: createAccessRouter(accounts),
    tracking: createTrackingRouter(tracking),
    design: createDesignRouter({ runs: verifiedRuns, worker: verifyWorker }),
    governance: createGovernanceRouter(),
    collaboration: createCollaborationRouter(collaboration),
    registry: createRegistryRouter({ whereServed, evaluator }),
    deployment: createDeploymentRouter({
      seen,
      promoting: { worker: promotionWorker, driver: promotionDriver },
      withScorer: askModel,
      batchWorker,
      targets: { settings: readRaySettings(options.env ?? process.env), python: verifySettings.python },
    }),
  };
  const metrics = createMetrics(live);
  const link = createLoginLink();
  let stopping = false;
  const session = { services, accounts, link, owner: owner.caller };
  const raw = [
    artifactRoutes({ services, callerOf }),
    exportRoutes({ services, callerOf }),
    designRoutes({ services, callerOf }),
    batchRoutes({ services, callerOf }),
    containerRoutes({ services, callerOf, python: verifySettings.python }),
  ];
  const protocols = [deployment.door, mlflowRoutes({ services, tracking, accounts })];
  const hot = hotTracking(tracking);
  const app = createApp({ services, operations, accounts, metrics, session, webRoot, raw, protocols, hot, isStopping: () => stopping });
  const served = await serve({ app, operations, services, accounts, metrics, host, port });
  closing.push(served.stop, () => {
    stopping = true;
    tracking.close();
    collaboration.watchers.close();
  });
  const { url } = served;
  lock?.announce(url);
  await deployment.start(url);
  const isAlone = Boolean(database.embedded);
  evaluator.start();
  verifyWorker.start(url, isAlone);
  promotionWorker.start(url, isAlone);
  promotionDriver.start(isAlone);
  batchWorker.start(url, isAlone);

  return {
    url: served.url,
    port: served.port,
    token: owner.token,
    loginUrl: `${served.url}/login#${link.secret}`,
    services,
    postgresPid: () => database.embedded?.pid() ?? null,
    close,
  };
}

/** @returns its real path: links must not make two homes of one */
export function makeHome(given: string): string {
  const home = resolve(given);
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    return realpathSync(home);
  } catch (error) {
    const what = existsSync(home) ? 'is no folder that we may use' : 'cannot be made';
    throw new PlainError(`${home} ${what} (${codeOf(error)}): choose another --home`);
  }
}

async function takeHome(home: string): Promise<HomeLock> {
  const lock = await lockHome(home);
  if (isLock(lock)) return lock;
  const where = lock.url ? ` at ${lock.url}` : '';
  throw new PlainError(
    `a server is already running on ${home}${where}${lock.pid ? ` (process ${lock.pid})` : ''}: stop it first, or choose another --home`,
  );
}

function openDatabase(home: string, log: Logger, { databaseUrl, postgresSettings }: ServerOptions): Promise<Database> {
  return databaseUrl ? openUrl(databaseUrl, { log }) : openEmbedded(home, { log, settings: postgresSettings });
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}

/** Who names blobs: the collector asks each of them. */
export function blobReferences(sql: Sql): FindReferences[] {
  return [
    artifactReferences(sql),
    fileReferences(sql),
    uploadReferences(sql),
    partReferences(sql),
    evaluationSetReferences(sql),
    batchReferences(sql),
  ];
}
