import type { LiveEvent, Run } from '@cellkeep/schema/tracking';
import { type ISignal, Signal } from '@lumino/signaling';
import type { IConnection } from '../connection/tokens';
import type { NotebookLink } from '../notebook/notebookLink';

/** What a badge shows of a run. */
export interface CellRun {
  id: string;
  name: string;
  status: Run['status'];
  /** Null where only the kernel has told of it. */
  run: Run | null;
}

/**
 * The runs of one notebook by the cell that made them, newest first. They come from the server, and, while it is away, from the kernel.
 */
export class CellRuns {
  constructor(connection: IConnection, link: NotebookLink) {
    this.connection = connection;
    this.link = link;
    this.path = link.path;
    connection.changed.connect(this.onConnection, this);
    link.changed.connect(this.onLink, this);
    link.panel.disposed.connect(() => this.dispose());
    this.onConnection();
  }

  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  of(cellId: string): readonly CellRun[] {
    return this.byCell().get(cellId) ?? [];
  }

  byCell(): ReadonlyMap<string, readonly CellRun[]> {
    this.grouped ??= this.group();
    return this.grouped;
  }

  /** The run of this notebook that started last, by whichever cell. */
  get newest(): string | null {
    let newest: Run | null = null;
    for (const run of this.known.values()) if (!newest || run.startedAt > newest.startedAt) newest = run;
    return newest?.id ?? this.link.runs.at(-1)?.id ?? null;
  }

  dispose(): void {
    this.watching?.abort();
    this.connection.changed.disconnect(this.onConnection, this);
    Signal.clearData(this);
  }

  private onLink(): void {
    if (this.path !== this.link.path) {
      this.path = this.link.path;
      this.watching?.abort();
      this.watching = null;
      this.onConnection();
    }
    this.tell();
  }

  private onConnection(): void {
    if (this.connection.state !== 'live') {
      this.watching?.abort();
      this.watching = null;
    } else if (!this.watching) {
      this.watching = new AbortController();
      void this.follow(this.watching);
    }
  }

  /** Watches first and asks then, so that nothing falls between the two. */
  private async follow(watching: AbortController): Promise<void> {
    const { tracking } = this.connection.client;
    const { signal } = watching;
    try {
      const events = await tracking.watch({ notebookPath: this.path }, { signal });
      await this.fetchAll(signal);
      for await (const event of events) {
        if (signal.aborted) return;
        if (event.type === 'lagging') await this.fetchAll(signal);
        else this.apply(event);
      }
    } catch (error) {
      // The connection went: it says so itself, and `onConnection` starts this again.
      if (!signal.aborted && this.connection.state === 'live') console.warn('Cellkeep stopped watching the runs of this notebook:', error);
    }
    if (this.watching === watching) {
      this.watching = null;
      if (!signal.aborted && this.connection.state === 'live') setTimeout(() => this.onConnection(), RETRY_AFTER);
    }
  }

  private async fetchAll(signal: AbortSignal): Promise<void> {
    const { runs } = await this.connection.client.tracking.runs.search({ notebookPath: this.path, limit: 1_000 }, { signal });
    this.known.clear();
    for (const run of runs) this.known.set(run.id, run);
    this.tell();
  }

  private apply(event: LiveEvent): void {
    if (event.type !== 'run') return;
    if (event.run.lifecycle === 'deleted' || event.run.source.notebookPath !== this.path) this.known.delete(event.run.id);
    else this.known.set(event.run.id, event.run);
    this.deleted = event.run.lifecycle === 'deleted' ? new Set(this.deleted).add(event.run.id) : this.deleted;
    this.tell();
  }

  private tell(): void {
    this.grouped = null;
    this.changedSignal.emit();
  }

  private group(): Map<string, CellRun[]> {
    const cells = new Map<string, CellRun[]>();
    const put = (cellId: string, run: CellRun) => {
      const there = cells.get(cellId);
      if (there) there.push(run);
      else cells.set(cellId, [run]);
    };
    // The kernel's list is in the order in which its runs were opened.
    for (const said of [...this.link.runs].reverse()) {
      if (!said.cellId || this.known.has(said.id) || this.deleted.has(said.id)) continue;
      put(said.cellId, { id: said.id, name: said.name, status: said.status as Run['status'], run: null });
    }
    const newestFirst = [...this.known.values()].sort((a, b) => b.startedAt - a.startedAt);
    for (const run of newestFirst) {
      if (run.source.cellId) put(run.source.cellId, { id: run.id, name: run.name, status: run.status, run });
    }
    return cells;
  }

  private readonly connection: IConnection;
  private readonly link: NotebookLink;
  private path: string;
  private watching: AbortController | null = null;
  private grouped: Map<string, CellRun[]> | null = null;
  private deleted: ReadonlySet<string> = new Set();
  private readonly known = new Map<string, Run>();
  private readonly changedSignal = new Signal<this, void>(this);
}

const RETRY_AFTER = 1_000; // ms
