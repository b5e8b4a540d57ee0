/**
 * Runs measurements in rounds. Within a round the contestants take turns, one right after the other and each round in another order, so
 * that what else the machine does meets all of them; a ratio is the median of the rounds' own ratios.
 */
import { type Figure, figureOf, type Unit } from './figures.ts';

export interface Row {
  key: string;
  title: string;
  unit: Unit;
  /** Whether more is better. */
  more: boolean;
}

/** What one round of one contestant gives: a number for each row it takes part in. */
export type Round = Record<string, number>;

export interface Measurement {
  title: string;
  rows: Row[];
  /** By contestant; they prepare what they need in their first round and fail where an answer is not as it must be. */
  contestants: Record<string, (round: number) => Promise<Round>>;
}

export interface Result extends Row {
  /** By contestant. */
  figures: Record<string, Figure>;
  /** By other contestant: how many times better Cellkeep is, of the same rounds. */
  ratios: Record<string, Figure>;
}

export const OURS = 'cellkeep';

export async function measure({ title, rows, contestants }: Measurement, rounds: number, say: (line: string) => void): Promise<Result[]> {
  const names = Object.keys(contestants);
  const got = new Map<string, Round[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length] as string;
      const since = performance.now();
      const numbers = await contestants[name]?.(round).catch((error: unknown) => {
        throw new Error(`${title}, ${name}, round ${round + 1}: ${error instanceof Error ? error.message : error}`, { cause: error });
      });
      got.get(name)?.push(numbers ?? {});
      say(`  ${title}, round ${round + 1}, ${name} (${((performance.now() - since) / 1e3).toFixed(1)} s)`);
    }
  }
  return rows.map((row) => resultOf(row, got));
}

function resultOf(row: Row, got: ReadonlyMap<string, Round[]>): Result {
  const column = (name: string) => got.get(name)?.flatMap((round) => round[row.key] ?? []) ?? [];
  const figures: Result['figures'] = {};
  const ratios: Result['ratios'] = {};
  const ours = column(OURS);
  for (const name of got.keys()) {
    const numbers = column(name);
    if (numbers.length === 0) continue;
    figures[name] = figureOf(numbers);
    if (name === OURS || ours.length !== numbers.length) continue;
    ratios[name] = figureOf(numbers.map((other, i) => (row.more ? (ours[i] as number) / other : other / (ours[i] as number))));
  }
  return { ...row, figures, ratios };
}
