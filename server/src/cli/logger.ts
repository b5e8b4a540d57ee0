import { type Logger, pino } from 'pino';

const SECRETS = ['authorization', 'cookie', 'token', 'secret', 'password', 'login'];

/** JSON lines on stderr, each written before the next thing happens, so that the last words of a crash are there. */
export function createLogger(level: string): Logger {
  const paths = SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino({ level, base: null, redact: { paths, censor: '[secret]' } }, pino.destination({ dest: 2, sync: true }));
}
