/** What a plot draws. */
import type { Line } from './shape.ts';

export interface Curve {
  runId: string;
  label: string;
  colour: string;
  dash: number[] | undefined;
  line: Line;
  /** The unsmoothed curve, drawn faint behind. */
  raw: Line | null;
  /** Left out of a selection: still there, in the background. */
  isFaded: boolean;
}

export interface Extent {
  /** Null: nothing to show. */
  x: [number, number] | null;
  y: [number, number] | null;
}
