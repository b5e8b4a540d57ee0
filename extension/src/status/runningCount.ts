import { type ISignal, Signal } from '@lumino/signaling';
import type { IConnection } from '../connection/tokens';

const GATHER = 300; // ms; a sweep may start a hundred runs at once
const RETRY_AFTER = 1_000; // ms

/** How many runs run now, in the whole workspace; null while the server is away. */
export class RunningCount {
  constructor(connection: IConnection) {
    this.connection = connection;
    connection.changed.connect(() => this.onConnection());
    this.onConnection();
  }

  get value(): number | null {
    return this.count;
  }

  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  private onConnection(): void {
    if (this.connection.state !== 'live') this.set(null);
    else if (!this.following) void this.follow();
  }

  private async follow(): Promise<void> {
    this.following = true;
    try {
      const events = await this.connection.client.tracking.watch({});
      await this.ask();
      for await (const event of events) if (event.type === 'run' || event.type === 'lagging') this.askSoon();
    } catch {
      // The connection went; its own change starts this again.
    }
    this.following = false;
    if (this.connection.state === 'live') setTimeout(() => this.onConnection(), RETRY_AFTER);
  }

  private askSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.ask().catch(() => this.set(null));
    }, GATHER);
  }

  private async ask(): Promise<void> {
    const { total } = await this.connection.client.tracking.runs.search({ filter: "attributes.status = 'running'", limit: 1 });
    this.set(total);
  }

  private set(count: number | null): void {
    if (count === this.count) return;
    this.count = count;
    this.changedSignal.emit();
  }

  private readonly connection: IConnection;
  private count: number | null = null;
  private following = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly changedSignal = new Signal<this, void>(this);
}
