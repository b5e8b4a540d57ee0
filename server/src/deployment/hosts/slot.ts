/**
 * A place for one host process of an endpoint: it is started, watched, and started again when it ends by itself, ever slower. Its row in
 * `hosts` stays the same over all of its processes, so that people see one host and how often it was started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Sql } from 'postgres';
import { childEnvironment, compileCache } from '../../core/childEnvironment.ts';
import type { HostTask } from '../host/task.ts';
import { FORGIVEN_AFTER, pauseAfter } from './backOff.ts';
import type { HostingSettings } from './hostingSettings.ts';
import { type HostLine, writeLines } from './hostLines.ts';
import { beginHost, endHost, nameProcess, removeHosts } from './hostTable.ts';
import { tellingLine } from './lastWords.ts';
import { LogFile } from './logFile.ts';
import { lifeOf, residentBytes, signalProcess } from './processLife.ts';

export interface SlotContext {
  sql: Sql;
  log: Logger;
  settings: HostingSettings;
  /** For hosts to connect to; a secret. */
  databaseUrl: string;
  /** Something of a host is not as it was. */
  onChange: (endpointId: string) => void;
  /** One has ended by itself, or was made to. */
  onCrash: (slot: Slot) => void;
}

export interface SlotEndpoint {
  id: string;
  name: string;
  port: number;
}

export type SlotState = 'starting' | 'ready' | 'draining' | 'crashed' | 'gone';

/** Of what a process wrote last, for the reason why it ended. */
const LAST_WORDS = 300;
const MOST_LINES = 50;

export class Slot {
  readonly id = randomUUID();
  readonly endpoint: SlotEndpoint;
  state: SlotState = 'starting';
  /** Why it ended. */
  message = '';
  /** Ends in a row. */
  failures = 0;
  /** ms since the epoch: when a crashed one is started again. */
  startAt = 0;
  startedAt = 0;
  /** What it was started with of what only a start can take (startSettings.ts). */
  startedWith = '';
  /** It ended because another program listens at its address. */
  isPortTaken = false;
  private restarts = -1;
  private readySince = 0;
  private child: ChildProcess | null = null;
  /** Given by whoever kills it. */
  private reason: string | null = null;
  private readonly context: SlotContext;
  private readonly logFile: LogFile;
  /** What it wrote since it was started. */
  private lastLines: string[] = [];
  private ended = Promise.resolve();

  constructor(context: SlotContext, endpoint: SlotEndpoint) {
    this.context = context;
    this.endpoint = endpoint;
    this.logFile = new LogFile(join(context.settings.logs, `${this.id}.log`));
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** @param startedWith settings that hold until it ends */
  async begin(startedWith: string): Promise<void> {
    this.startedWith = startedWith;
    this.state = 'starting';
    this.reason = null;
    this.restarts += 1;
    this.startedAt = Date.now();
    this.lastLines = [];
    this.isPortTaken = false;
    try {
      await this.launch();
    } catch (error) {
      if (this.child === null) await this.end(`it could not be started: ${error instanceof Error ? error.message : String(error)}`);
      else throw error;
    }
  }

  private async launch(): Promise<void> {
    const { sql, log, settings } = this.context;
    const address = `${bracketed(settings.advertised)}:${this.endpoint.port}`;
    await beginHost(sql, { id: this.id, endpointId: this.endpoint.id, machine: settings.machine, address, restarts: this.restarts });
    const child = this.start();
    this.child = child;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(this.end(`it could not be started: ${error.message}`)));
      child.once('exit', (code, signal) =>
        resolve(this.end(signal ? `its process was ended by ${signal}` : `its process ended with code ${code}`)),
      );
    });
    const life = child.pid === undefined ? null : lifeOf(child.pid);
    if (child.pid !== undefined && life) await nameProcess(sql, this.id, child.pid, life);
    log.info({ endpoint: this.endpoint.name, host: this.id, pid: child.pid, restarts: this.restarts }, 'a host was started');
    this.context.onChange(this.endpoint.id);
  }

  private start(): ChildProcess {
    const { settings, databaseUrl } = this.context;
    const [program = '', ...args] = settings.program;
    const out = this.logFile.open();
    try {
      const child = spawn(program, args, {
        cwd: settings.logs,
        detached: true,
        stdio: ['pipe', out, out],
        env: { ...childEnvironment({ installs: true }), ...compileCache(), HOME: settings.cache, XDG_CACHE_HOME: settings.cache },
      });
      child.stdin?.on('error', () => {}); // it ended before it listened; its exit says why
      child.stdin?.end(`${JSON.stringify(this.task(databaseUrl))}\n`);
      return child;
    } finally {
      closeSync(out);
    }
  }

  private task(databaseUrl: string): HostTask {
    const { blobs, cache, machine, listen, python } = this.context.settings;
    const { id: endpointId, port } = this.endpoint;
    return { hostId: this.id, endpointId, databaseUrl, blobs, cache, machine, host: listen, port, python };
  }

  /** What its row says: it tells itself when it is ready. */
  heard(state: string, now: number): void {
    if (this.state === 'starting' && state === 'ready') {
      this.state = 'ready';
      this.readySince = now;
    }
    if (this.state === 'ready' && this.failures > 0 && now - this.readySince > FORGIVEN_AFTER) this.failures = 0;
  }

  memory(): number {
    return this.pid === null ? 0 : (residentBytes(this.pid) ?? 0);
  }

  /** Its lines since the last look go to where people read them. */
  async keepLines(isLast = false): Promise<void> {
    const lines = this.logFile.read(isLast).map((text): HostLine => ({ stream: 'err', text }));
    this.lastLines = [...this.lastLines, ...lines.map(({ text }) => text)].slice(-MOST_LINES);
    await writeLines(this.context.sql, this.endpoint.id, this.id, lines, Date.now());
  }

  /** At once, with all that it has started. */
  kill(reason: string): void {
    this.reason ??= reason;
    if (this.pid !== null) signalProcess(-this.pid, 'SIGKILL');
  }

  /** It answers what it has begun; what takes longer than `patience` ms is cut off. Resolves when it has ended. */
  async drain(patience: number): Promise<void> {
    if (this.state === 'gone') return;
    const { pid } = this;
    this.state = 'draining';
    this.context.onChange(this.endpoint.id);
    if (pid === null) return this.leave();
    await endHost(this.context.sql, this.id, 'draining', 'it answers what it has begun').catch(() => {}); // it ends all the same
    signalProcess(pid, 'SIGTERM');
    const late = setTimeout(() => this.kill(`it had not ended after ${Math.round(patience / 1_000)} s`), patience);
    await this.ended;
    clearTimeout(late);
  }

  private async end(how: string): Promise<void> {
    const { sql, log } = this.context;
    const { pid } = this;
    this.child = null;
    if (pid !== null) signalProcess(-pid, 'SIGKILL'); // its workers end with it
    if (this.state === 'draining') return this.leave();
    this.failures += 1;
    this.state = 'crashed';
    this.startAt = Date.now() + pauseAfter(this.failures);
    await this.keepLines(true).catch(() => {});
    const said = this.reason ?? how;
    const wrote = tellingLine(this.lastLines).slice(0, LAST_WORDS);
    this.message = this.reason || wrote === '' ? said : `${said}: ${wrote}`;
    this.isPortTaken = this.lastLines.some((line) => line.includes('EADDRINUSE'));
    if (!this.isPortTaken) this.context.onCrash(this);
    const again = `${this.message}; it is started again in ${pauseAfter(this.failures) / 1_000} s`;
    log.error({ endpoint: this.endpoint.name, host: this.id, pid, failures: this.failures }, `a host has ended: ${this.message}`);
    try {
      await endHost(sql, this.id, 'crashed', again);
      await writeLines(sql, this.endpoint.id, this.id, [{ stream: 'host', text: again }], Date.now());
    } catch (error) {
      log.warn({ err: error, host: this.id }, 'the end of a host could not be stored');
    }
    this.context.onChange(this.endpoint.id);
  }

  private async leave(): Promise<void> {
    this.state = 'gone';
    await this.keepLines(true).catch(() => {});
    this.logFile.remove();
    await removeHosts(this.context.sql, [this.id]).catch((error: unknown) =>
      this.context.log.warn({ err: error, host: this.id }, 'the row of a host that ended could not be removed'),
    );
    this.context.onChange(this.endpoint.id);
  }
}

/** An IPv6 address, as it stands before a port. */
const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host);
