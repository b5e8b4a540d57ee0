/**
 * Which cell of one state of a notebook is which of another: by id, then by what it holds, then by likeness. What keeps its order among the
 * paired cells has not moved: the longest run that rises in both (Schensted 1961, by binary search), so that as few as can be have.
 */
import type { CellPair } from '@cellkeep/schema/design';
import { pairByLikeness } from './likeness.ts';

export interface AlignedCell {
  id: string;
  type: string;
  /** Digest of what it is without id and outputs. */
  cell: string;
  outputs: readonly string[];
}

/** Sources by digest of the cell; one that is not there is like no other. */
export type Sources = ReadonlyMap<string, string>;

/** Positions, before and after. */
export type Match = readonly [before: number, after: number];

/**
 * In the order of the later notebook, removed cells where they stood. The same cells the other way round are paired alike.
 * @param sourcesOf those of cells that neither id nor content has paired, asked for at most once
 */
export async function alignCells(
  before: readonly AlignedCell[],
  after: readonly AlignedCell[],
  sourcesOf: (digests: Set<string>) => Promise<Sources>,
): Promise<CellPair[]> {
  // Ties are decided by positions, which are not the same from the other side: always from the same one, then.
  const isTurned = keyOf(before) > keyOf(after);
  const [one, other] = isTurned ? [after, before] : [before, after];
  const matches = await matchCells(one, other, sourcesOf);
  const moved = movedOf(matches);
  const turned = isTurned ? matches.map(([a, b]): Match => [b, a]) : matches;
  return inOrder(before, after, turned, new Set([...moved].map((i) => turned[i] as Match)));
}

const keyOf = (cells: readonly AlignedCell[]) => JSON.stringify(cells.map(({ id, cell, outputs }) => [id, cell, outputs]));

async function matchCells(
  before: readonly AlignedCell[],
  after: readonly AlignedCell[],
  sourcesOf: (digests: Set<string>) => Promise<Sources>,
) {
  const matches: Match[] = [];
  const isPaired = { before: new Set<number>(), after: new Set<number>() };
  const pair = (b: number, a: number) => {
    matches.push([b, a]);
    isPaired.before.add(b);
    isPaired.after.add(a);
  };
  const left = (cells: readonly AlignedCell[], paired: Set<number>) => [...cells.keys()].filter((i) => !paired.has(i));

  const byId = new Map(after.map(({ id }, i) => [id, i]));
  for (const [b, { id }] of before.entries()) {
    const a = byId.get(id);
    if (a !== undefined) pair(b, a);
  }
  const byContent = new Map<string, number[]>();
  for (const a of left(after, isPaired.after)) {
    const { cell } = after[a] as AlignedCell;
    byContent.set(cell, [...(byContent.get(cell) ?? []), a]);
  }
  for (const b of left(before, isPaired.before)) {
    const a = byContent.get((before[b] as AlignedCell).cell)?.shift();
    if (a !== undefined) pair(b, a);
  }
  const [removed, added] = [left(before, isPaired.before), left(after, isPaired.after)];
  if (removed.length > 0 && added.length > 0) {
    const sources = await sourcesOf(
      new Set([...removed.map((b) => before[b]), ...added.map((a) => after[a])].map((cell) => cell?.cell ?? '')),
    );
    const textOf = (cells: readonly AlignedCell[]) => (i: number) => {
      const { type, cell } = cells[i] as AlignedCell;
      return { index: i, type, source: sources.get(cell) ?? '' };
    };
    for (const [b, a] of pairByLikeness(removed.map(textOf(before)), added.map(textOf(after)), gapsOf(matches))) pair(b, a);
  }
  return matches.sort(([, a], [, b]) => a - b);
}

/** Between which paired cells a position lies, as a number: the same number on both sides is the same gap. */
function gapsOf(matches: readonly Match[]): { before: (i: number) => number; after: (i: number) => number } {
  const still = [...matches].sort(([, a], [, b]) => a - b);
  const moved = movedOf(still);
  const fixed = still.filter((_, i) => !moved.has(i));
  const countBelow = (side: 0 | 1) => {
    const positions = fixed.map((match) => match[side]);
    return (i: number) => {
      let low = 0;
      for (let high = positions.length; low < high; ) {
        const middle = (low + high) >> 1;
        if ((positions[middle] as number) < i) low = middle + 1;
        else high = middle;
      }
      return low;
    };
  };
  return { before: countBelow(0), after: countBelow(1) };
}

/** @param matches by their positions after @returns indexes of those outside of the longest rising run of positions before */
function movedOf(matches: readonly Match[]): Set<number> {
  const ends: number[] = []; // index of the match that ends the best run of each length
  const previous: number[] = [];
  for (const [i, [b]] of matches.entries()) {
    let low = 0;
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((matches[ends[middle] as number] as Match)[0] < b) low = middle + 1;
      else high = middle;
    }
    previous[i] = low > 0 ? (ends[low - 1] as number) : -1;
    ends[low] = i;
  }
  const moved = new Set(matches.keys());
  for (let i = ends.at(-1) ?? -1; i >= 0; i = previous[i] as number) moved.delete(i);
  return moved;
}

function inOrder(before: readonly AlignedCell[], after: readonly AlignedCell[], matches: readonly Match[], moved: Set<Match>): CellPair[] {
  const byBefore = new Map(matches.map((match) => [match[0], match]));
  const byAfter = new Map(matches.map((match) => [match[1], match]));
  const removedBehind = new Map<number, CellPair[]>();
  let anchor = -1;
  for (const [b, { id }] of before.entries()) {
    const match = byBefore.get(b);
    if (match) anchor = match[1];
    else {
      const pair: CellPair = { change: 'removed', alsoMoved: false, alsoOutputs: false, before: { id, index: b }, after: null };
      removedBehind.set(anchor, [...(removedBehind.get(anchor) ?? []), pair]);
    }
  }
  const pairs = [...(removedBehind.get(-1) ?? [])];
  for (const [a, cell] of after.entries()) {
    const match = byAfter.get(a);
    const there = { id: cell.id, index: a };
    if (!match) pairs.push({ change: 'added', alsoMoved: false, alsoOutputs: false, before: null, after: there });
    else pairs.push(pairOf(before[match[0]] as AlignedCell, match[0], cell, a, moved.has(match)));
    pairs.push(...(removedBehind.get(a) ?? []));
  }
  return pairs;
}

function pairOf(before: AlignedCell, b: number, after: AlignedCell, a: number, isMoved: boolean): CellPair {
  const isEdited = before.cell !== after.cell;
  const hasOutputs = before.outputs.length !== after.outputs.length || before.outputs.some((output, i) => output !== after.outputs[i]);
  const change = isEdited ? 'edited' : hasOutputs ? 'outputs' : isMoved ? 'moved' : 'same';
  return {
    change,
    alsoMoved: isMoved && change !== 'moved',
    alsoOutputs: hasOutputs && change !== 'outputs',
    before: { id: before.id, index: b },
    after: { id: after.id, index: a },
  };
}
