/** What every measurement of design is given: a server that runs, and how large the notebook is. */
import type { Cellkeep } from '../subjects/cellkeep.ts';

export interface Bench {
  cellkeep: Cellkeep;
  /** A new, empty folder. */
  folder: (name: string) => string;
  size: Size;
}

export interface Size {
  rounds: number;
  /** Cells of the notebook, each with a picture of so many bytes: together 20 MB. */
  cells: number;
  picture: number;
  /** Snapshots of a round, each after an edit. */
  snapshots: number;
}

export const SIZES: Record<'full' | 'quick', Size> = {
  full: { rounds: 3, cells: 200, picture: 75_000, snapshots: 40 },
  quick: { rounds: 1, cells: 200, picture: 75_000, snapshots: 5 },
};
