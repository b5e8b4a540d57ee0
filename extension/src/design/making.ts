import { liftLongTexts, PIECE, piecesOf } from './longTexts';
import type { PartMaker } from './partMaker';
import type { PartToMake } from './partStore';
import type { Slices } from './slices';

const COPIED_AT_ONCE = PIECE; // characters
const PARTS_AT_ONCE = 500;

let lastText = 0; // of all notebooks, which share one worker

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
    const size = sizeOf(part.value);
    const toMake = size > PIECE ? await this.sendAhead(part) : part;
    this.parts.push(toMake);
    this.promised.push(promised);
    this.count += 1;
    this.size += Math.min(size, PIECE);
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

  private async sendAhead(part: PartToMake): Promise<PartToMake> {
    const { value, lifted } = liftLongTexts(part.value);
    const texts: PartToMake['texts'] = [];
    for (const { path, text } of lifted) {
      lastText += 1;
      const number = lastText;
      for (const piece of piecesOf(text)) {
        const { sendText } = this.maker;
        if (!sendText) return part;
        sendText(number, piece);
        await this.slices.breathe();
      }
      texts.push({ path, number });
    }
    return { ...part, value, texts };
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
