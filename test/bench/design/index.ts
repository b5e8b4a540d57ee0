/** The measurements of design. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { measure, type Result } from '../measure.ts';
import { startCellkeep } from '../subjects/cellkeep.ts';
import type { Bench, Size } from './bench.ts';
import { cells } from './cells.ts';
import { storage } from './storage.ts';

export { SIZES } from './bench.ts';

const MEASUREMENTS = { storage, cells };
export const PARTS = Object.keys(MEASUREMENTS) as Part[];
export type Part = keyof typeof MEASUREMENTS;

/** What one does without Cellkeep, by its name among the contestants. */
export const WITHOUT_US = { ipynb: 'the whole .ipynb each time' };

export interface DesignOptions {
  /** An empty folder, for all that is written. */
  folder: string;
  size: Size;
  parts: readonly Part[];
  say: (line: string) => void;
}

export async function benchDesign({ folder, size, parts, say }: DesignOptions): Promise<Result[]> {
  const newFolder = (name: string) => {
    const made = join(folder, name);
    mkdirSync(made, { recursive: true });
    return made;
  };
  const cellkeep = await startCellkeep(newFolder('cellkeep'));
  const bench: Bench = { cellkeep, folder: newFolder, size };
  const results: Result[] = [];
  for (const part of parts) results.push(...(await measure(await MEASUREMENTS[part](bench), size.rounds, say)));
  await cellkeep.stop();
  return results;
}
