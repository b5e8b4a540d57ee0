import type { RunStyle } from '../look/runColour.ts';
import type { RunsSource } from './chartRuns.ts';

/** What all charts of runs take. */
export interface ChartProps<Options> {
  source: RunsSource;
  /** What is not said is chosen by what the runs have. */
  options?: Partial<Options>;
  /** Told of another choice; absent: the chart has no controls, as in a report. */
  onOptions?: (options: Partial<Options>) => void;
  /** Runs that stand in front; null or absent: all do. */
  selected?: ReadonlySet<string> | null;
  /** Told of the runs that were brushed; null: of all again. Absent: there is nothing to brush. */
  onSelect?: (runIds: ReadonlySet<string> | null) => void;
  styles?: ReadonlyMap<string, RunStyle>;
  highlight?: string | null;
  onHover?: (runId: string | null) => void;
  height?: number;
}
