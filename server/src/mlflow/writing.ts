/** JSON that is written straight from what was read, where an answer is long: no objects are made of it first. */

/** characters */
const PIECE = 16_384;

/**
 * Text in pieces that are bytes soon: a list of 100,000 texts, or one text that is made of as many, kept the collector of garbage busy for
 * twice the time that the writing takes.
 */
export class JsonText {
  private readonly pieces: Buffer[] = [];
  private text = '';

  add(text: string): void {
    this.text += text;
    if (this.text.length >= PIECE) this.flush();
  }

  private flush(): void {
    this.pieces.push(Buffer.from(this.text));
    this.text = '';
  }

  /** Once, when all is there. */
  bytes(): Buffer {
    this.flush();
    return Buffer.concat(this.pieces);
  }
}

// value - value is 0 for finite numbers alone
export const numberText = (value: number): string => (value - value === 0 ? `${value}` : unusualText(value));

/** MLflow's stores in SQL hold an infinity as the largest double of its sign, and that is what its clients are told. Here it is stored as it is. */
const unusualText = (value: number): string => (Number.isNaN(value) ? '"NaN"' : `${finite(value)}`);

export const finite = (value: number): number => Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE);

/** The same keys come with every run. */
const heads = new Map<string, string>();
const MOST_HEADS = 10_000;

/** How the object of a metric, a param or a tag begins. */
export function headOf(key: string): string {
  const known = heads.get(key);
  if (known !== undefined) return known;
  if (heads.size >= MOST_HEADS) heads.clear();
  const head = `{"key":${JSON.stringify(key)},"value":`;
  heads.set(key, head);
  return head;
}
