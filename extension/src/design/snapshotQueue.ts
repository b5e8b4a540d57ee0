import type { SnapshotInput } from '@cellkeep/schema/design';
import { type ISignal, Signal } from '@lumino/signaling';
import { reason } from '../connection/reason';
import type { IConnection } from '../connection/tokens';
import type { PartMaker } from './partMaker';
import { NotHeld, Refused } from './sendParts';

const RETRY_AFTER = 15_000; // ms, where the server answers but something else is in the way
const MOST_WAITING = 100;

export interface Waiting {
  input: SnapshotInput;
  /** Digests of the parts that it names. */
  digests: string[];
}

export type Outcome = { ok: true } | { ok: false; reason: 'away' | 'refused' | 'gone'; message: string };

/**
 * Snapshots on their way to the server, in the order in which they were taken. While it is away they wait in this page and are stored when
 * it is back; each is first tried at once, so that whoever asked for it learns how it went.
 */
export class SnapshotQueue {
  constructor(connection: IConnection, maker: PartMaker) {
    this.connection = connection;
    this.maker = maker;
    connection.changed.connect(() => void this.flush());
  }

  /** How many wait. */
  get waiting(): number {
    return this.items.length;
  }

  /** `waiting` is different, or one was stored. */
  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  /** @returns how the first try went; where the server is `away`, it is tried again without end */
  async store(item: Waiting): Promise<Outcome> {
    if (this.items.length >= MOST_WAITING) {
      // What the page holds must end somewhere; the kernel's half of the oldest one, and what lies on disk, are kept by the kernel.
      const oldest = this.items.shift();
      if (oldest) this.drop(oldest, `more than ${MOST_WAITING} wait for the server`);
    }
    this.items.push(item);
    await this.flush();
    return this.outcomes.get(item) ?? { ok: false, reason: 'away', message: 'the Cellkeep server is away' };
  }

  private flush(): Promise<void> {
    this.flushing ??= this.sendAll().finally(() => {
      this.flushing = null;
    });
    return this.flushing;
  }

  private async sendAll(): Promise<void> {
    clearTimeout(this.timer);
    for (let item = this.items[0]; item; item = this.items[0]) {
      if (this.connection.state === 'offline') break;
      const outcome = await this.send(item);
      this.outcomes.set(item, outcome);
      if (!outcome.ok && outcome.reason === 'away') {
        this.timer = setTimeout(() => void this.flush(), RETRY_AFTER);
        break;
      }
      if (this.items[0] === item) this.items.shift();
      if (outcome.ok) this.release(item);
      else this.drop(item, outcome.message);
    }
    this.changedSignal.emit();
  }

  private async send({ input, digests }: Waiting): Promise<Outcome> {
    try {
      await this.maker.send(digests);
      await this.connection.client.design.snapshots.put(input);
      return { ok: true };
    } catch (error) {
      const message = reason(error);
      if (error instanceof NotHeld) return { ok: false, reason: 'gone', message };
      return { ok: false, reason: error instanceof Refused || isRefusal(error) ? 'refused' : 'away', message };
    }
  }

  /** Whoever asked may have gone on long ago; the kernel was told to read what lies on disk. */
  private drop(item: Waiting, why: string): void {
    console.warn(`Cellkeep could not store the notebook's half of snapshot ${item.input.id}: ${why}`);
    this.release(item);
  }

  private release({ digests }: Waiting): void {
    const needed = new Set(this.items.flatMap((other) => other.digests));
    this.maker.forget(digests.filter((digest) => !needed.has(digest)));
  }

  private readonly connection: IConnection;
  private readonly maker: PartMaker;
  private readonly items: Waiting[] = [];
  private readonly outcomes = new WeakMap<Waiting, Outcome>();
  private flushing: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly changedSignal = new Signal<this, void>(this);
}

/** The server has looked at it and said no (4xx), as its error says. */
function isRefusal(error: unknown): boolean {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' && status >= 400 && status < 500 && status !== 408 && status !== 429;
}
