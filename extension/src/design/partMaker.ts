import type { PartToMake } from './partStore';
import { type HeldParts, makePart } from './partStore';
import type { FromWorker, ToWorker } from './partWorker';
import { NotHeld, Refused, type Request, sendParts } from './sendParts';
import { Slices } from './slices';

/** Makes parts of cells and outputs and holds them until they are sent. */
export interface PartMaker {
  /** A piece of a long text; what it belongs to follows and names its number. Null where texts need not go ahead. */
  sendText: ((number: number, piece: string) => void) | null;
  /** @returns their digests, in the same order */
  make(parts: PartToMake[]): Promise<string[]>;
  /** Sends what the server lacks of these. */
  send(digests: readonly string[]): Promise<void>;
  /** What these take is free again. */
  forget(digests: readonly string[]): void;
}

export interface Way {
  /** Address below which `api/v1` lies. */
  base: string;
  /** What a write needs against forged ones; read for each, because cookies change. */
  headers(): Record<string, string>;
}

/** In a worker; where the page may not have one (a content security policy), in slices within the page. */
export function createPartMaker(way: Way): PartMaker {
  try {
    return new WorkerMaker(new Worker(new URL('./partWorker.ts', import.meta.url)), way);
  } catch {
    return new PageMaker(way);
  }
}

type Answer = Exclude<FromWorker, { error: string }>;

class WorkerMaker implements PartMaker {
  constructor(worker: Worker, way: Way) {
    this.worker = worker;
    this.way = way;
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.receive(data));
    // It could not be loaded, or ended: what waits is told, and from now on the page does it itself.
    worker.addEventListener('error', () => this.giveUp());
  }

  get sendText(): PartMaker['sendText'] {
    return this.instead ? null : (number, piece) => this.post({ type: 'text', number, piece });
  }

  async make(parts: PartToMake[]): Promise<string[]> {
    if (this.instead && parts.some(({ texts }) => texts)) throw new NotHeld('the worker has ended with a text that belongs to this');
    if (this.instead) return this.instead.make(parts);
    const answer = await this.ask((number) => ({ type: 'make', number, parts }));
    return 'digests' in answer ? answer.digests : [];
  }

  async send(digests: readonly string[]): Promise<void> {
    if (this.instead) return this.instead.send(digests);
    const { base, headers } = this.way;
    await this.ask((number) => ({ type: 'send', number, base, headers: headers(), digests: [...digests] }));
  }

  forget(digests: readonly string[]): void {
    if (this.instead) this.instead.forget(digests);
    else this.post({ type: 'forget', digests: [...digests] });
  }

  private ask(message: (number: number) => ToWorker): Promise<Answer> {
    this.last += 1;
    const number = this.last;
    return new Promise((resolve, reject) => {
      this.asked.set(number, { resolve, reject });
      this.post(message(number));
    });
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private receive(answer: FromWorker): void {
    const asked = this.asked.get(answer.number);
    this.asked.delete(answer.number);
    if (!('error' in answer)) asked?.resolve(answer);
    else if (answer.kind === 'refused') asked?.reject(new Refused(answer.error));
    else asked?.reject(answer.kind === 'gone' ? new NotHeld(answer.error) : new Error(answer.error));
  }

  private giveUp(): void {
    if (this.instead) return;
    this.instead = new PageMaker(this.way);
    this.worker.terminate();
    for (const { reject } of this.asked.values()) reject(new NotHeld('the worker has ended'));
    this.asked.clear();
  }

  private readonly worker: Worker;
  private readonly way: Way;
  private last = 0;
  private readonly asked = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  private instead: PageMaker | null = null;
}

class PageMaker implements PartMaker {
  constructor(way: Way) {
    this.request = (path, init) =>
      fetch(new URL(path, way.base), { ...init, headers: { ...way.headers(), ...(init.headers as Record<string, string>) } });
  }

  readonly sendText = null;

  async make(parts: PartToMake[]): Promise<string[]> {
    const slices = new Slices();
    const digests: string[] = [];
    for (const part of parts) {
      digests.push(await makePart(this.held, part));
      await slices.breathe();
    }
    return digests;
  }

  async send(digests: readonly string[]): Promise<void> {
    await sendParts(this.request, this.held, digests);
  }

  forget(digests: readonly string[]): void {
    for (const digest of digests) this.held.delete(digest);
  }

  private readonly request: Request;
  private readonly held: HeldParts = new Map();
}
