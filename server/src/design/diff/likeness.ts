/**
 * Pairs cells that neither id nor content has paired, where they are alike enough to be one cell that was edited. Only those that share a
 * line are compared, and a line that many have says nothing: so thousands of cells take as long as their lines, not as their pairs.
 */
export interface LikeCell {
  /** Position in its notebook. */
  index: number;
  type: string;
  source: string;
}

export interface Gaps {
  before: (index: number) => number;
  after: (index: number) => number;
}

/** Share of what the two have in common (Dice), from which on they are one cell. */
const ALIKE = 0.5;
/** Cells that may share a line before it says nothing of any of them. */
const COMMON = 20;

/** @returns positions, before and after; each at most once */
export function pairByLikeness(before: readonly LikeCell[], after: readonly LikeCell[], gaps: Gaps): [number, number][] {
  const lines = new Bags(linesOf);
  const words = new Bags(wordsOf);
  const candidates: { b: LikeCell; a: LikeCell; likeness: number; distance: number }[] = [];
  const consider = (b: LikeCell, a: LikeCell, bags: Bags) => {
    if (b.type !== a.type) return;
    const likeness = dice(bags.of(b), bags.of(a));
    if (likeness >= ALIKE) candidates.push({ b, a, likeness, distance: Math.abs(b.index - a.index) });
  };
  for (const [b, a] of sharing(before, after, (cell) => lines.of(cell).keys())) consider(b, a, lines);
  // Of short cells an edit changes every line: within one gap, words are enough.
  const gapOf = new Map<LikeCell, string>();
  for (const cell of before) gapOf.set(cell, String(gaps.before(cell.index)));
  for (const cell of after) gapOf.set(cell, String(gaps.after(cell.index)));
  for (const [b, a] of sharing(before, after, (cell) => [gapOf.get(cell) ?? ''])) consider(b, a, words);

  candidates.sort((x, y) => y.likeness - x.likeness || x.distance - y.distance || x.b.index - y.b.index || x.a.index - y.a.index);
  const taken = new Set<LikeCell>();
  const pairs: [number, number][] = [];
  for (const { b, a } of candidates) {
    if (taken.has(b) || taken.has(a)) continue;
    taken.add(b).add(a);
    pairs.push([b.index, a.index]);
  }
  return pairs;
}

/** Pairs that have a key in common which few have. */
function* sharing(before: readonly LikeCell[], after: readonly LikeCell[], keysOf: (cell: LikeCell) => Iterable<string>) {
  const byKey = new Map<string, { before: LikeCell[]; after: LikeCell[] }>();
  const sides = [
    ['before', before],
    ['after', after],
  ] as const;
  for (const [side, cells] of sides) {
    for (const cell of cells) {
      for (const key of keysOf(cell)) {
        const there = byKey.get(key) ?? { before: [], after: [] };
        byKey.set(key, there);
        there[side].push(cell);
      }
    }
  }
  const seen = new Map<LikeCell, Set<LikeCell>>();
  for (const those of byKey.values()) {
    if (those.before.length > COMMON || those.after.length > COMMON) continue;
    for (const b of those.before) {
      const known = seen.get(b) ?? new Set();
      seen.set(b, known);
      for (const a of those.after) {
        if (known.has(a)) continue;
        known.add(a);
        yield [b, a] as const;
      }
    }
  }
}

type Bag = Map<string, number>;

class Bags {
  private readonly known = new Map<LikeCell, Bag>();
  private readonly pieces: (source: string) => string[];

  constructor(pieces: (source: string) => string[]) {
    this.pieces = pieces;
  }

  of(cell: LikeCell): Bag {
    let bag = this.known.get(cell);
    if (!bag) {
      bag = new Map();
      for (const piece of this.pieces(cell.source)) bag.set(piece, (bag.get(piece) ?? 0) + 1);
      this.known.set(cell, bag);
    }
    return bag;
  }
}

const linesOf = (source: string) =>
  source
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
const wordsOf = (source: string) => source.match(/[\p{L}\p{N}_]+/gu) ?? [];

function dice(a: Bag, b: Bag): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let [common, total] = [0, 0];
  for (const [piece, n] of small) common += Math.min(n, large.get(piece) ?? 0);
  for (const n of [...a.values(), ...b.values()]) total += n;
  return total === 0 ? 0 : (2 * common) / total;
}
