/** What `cellkeep-server` can be asked to do. Every failure is one line that says what to do, and exit code 1 (2: wrong usage). */
import { asFailure } from '../core/failure.ts';
import { PlainError } from '../core/plainError.ts';
import { VERSION } from '../core/version.ts';
import { accessCommand } from './access.ts';
import { gc, migrateCommand, reset, verify } from './maintain.ts';
import { HELP, type Options, readOptions, UsageError } from './options.ts';
import { serveCommand } from './serve.ts';

/** @returns the exit code */
export async function runCommand(args: string[]): Promise<number> {
  try {
    return await dispatch(readOptions(args, process.env));
  } catch (error) {
    process.stderr.write(`cellkeep: ${oneLine(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch(options: Options): Promise<number> {
  const [command, ...words] = options.words;
  if (options.version) return say(VERSION);
  if (options.help || command === undefined || command === 'help') return say(HELP.trimEnd());
  if (command === 'serve') return serveCommand(options);
  if (command === 'token' || command === 'user') return accessCommand(command, words, options);
  if (command === 'migrate') return migrateCommand(options);
  if (command === 'verify-events') return verify(options);
  if (command === 'gc') return gc(options);
  if (command === 'reset') return reset(options);
  throw new UsageError(`there is no command ${JSON.stringify(command)}: see cellkeep-server --help`);
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

function oneLine(error: unknown): string {
  if (error instanceof PlainError) return error.message;
  const failed = asFailure(error);
  if (failed.code !== 'INTERNAL_SERVER_ERROR') {
    const [issue] = (failed.data as { issues?: { reason: string; remedy?: string }[] } | undefined)?.issues ?? [];
    return `${issue?.reason ?? failed.message}${issue?.remedy ? `: ${issue.remedy}` : ''}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
