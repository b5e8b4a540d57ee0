import { createServer, type Running } from '../main.ts';
import { createLogger } from './logger.ts';
import type { Options } from './options.ts';

/** Serves until a signal asks it to stop; a second one ends it at once. */
export async function serveCommand(options: Options): Promise<number> {
  const log = createLogger(options.logLevel);
  process.stdout.on('error', () => {}); // whoever started us is gone; we are not
  const asked = signalled();
  const { home, port, host, databaseUrl, noVerify, noEndpoints } = options;
  const env = {
    ...process.env,
    ...(noVerify ? { CELLKEEP_VERIFY: 'off' } : {}),
    ...(noEndpoints ? { CELLKEEP_ENDPOINTS: 'off' } : {}),
  };
  const running = await createServer({ home, port, host, databaseUrl, log, env });
  announce(running, options.json);
  log.info({ url: running.url, ms: Math.round(performance.now()) }, 'ready');
  const signal = await asked;
  log.info({ signal }, 'stopping');
  await running.close();
  log.info('stopped');
  return 0;
}

function announce({ url, token, loginUrl }: Running, json: boolean): void {
  const lines = json
    ? JSON.stringify({ server: url, token, login: loginUrl, pid: process.pid })
    : `Cellkeep is ready.\n\n  open     ${loginUrl}\n  scripts  CELLKEEP_URL=${url} CELLKEEP_TOKEN=${token}\n`;
  process.stdout.write(`${lines}\n`);
}

function signalled(): Promise<string> {
  return new Promise((resolve) => {
    let before = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (before) process.exit(1);
        before = true;
        resolve(signal);
      });
    }
  });
}
