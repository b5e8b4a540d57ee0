import type { PartMaker } from './partMaker';
import type { PartToMake } from './partStore';
import type { Slices } from './slices';

const COPIED_AT_ONCE = 2 * 1024 * 1024; // characters
const PARTS_AT_ONCE = 500;

/** A digest that the worker has not told yet. */
export interface Promised {
  digest: string | null;
}

export function read({ digest }: Promised): string {
  if (digest === null) throw new Error('a part of the notebook could not be made');
  return digest;
}

/** Parts on their way to the worker, a few at a time: each message is a copy, and the copy is made here. */
export class Making {
  constructor(maker: PartMaker, slices: Slices) {
    this.maker = maker;
    this.slices = slices;
  }

  count = 0;

  async add(part: PartToMake): Promise<Promised> {
    const promised: Promised = { digest: null };
    this.parts.push(part);
    this.promised.push(promised);
    this.count += 1;
    this.size += sizeOf(part.value);
    if (this.size >= COPIED_AT_ONCE || this.parts.length >= PARTS_AT_ONCE) {
      this.flush();
      await this.slices.breathe();
    }
    return promised;
  }

  async done(): Promise<void> {
    this.flush();
    await Promise.all(this.answers);
  }

  private flush(): void {
    const [parts, promised] = [this.parts, this.promised];
    if (parts.length === 0) return;
    this.parts = [];
    this.promised = [];
    this.size = 0;
    const answer = this.maker.make(parts).then((digests) => {
      for (const [index, one] of promised.entries()) one.digest = digests[index] ?? null;
    });
    answer.catch(() => undefined); // `done` tells of it
    this.answers.push(answer);
  }

  private readonly maker: PartMaker;
  private readonly slices: Slices;
  private parts: PartToMake[] = [];
  private promised: Promised[] = [];
  private readonly answers: Promise<void>[] = [];
  private size = 0;
}

/** Characters of its long strings, near enough to know when a message is large. */
function sizeOf(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || depth > 2) return 8;
  let size = 0;
  for (const inner of Object.values(value)) size += sizeOf(inner, depth + 1);
  return size;
}
