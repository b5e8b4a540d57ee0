import type { Host, View } from '@cellkeep/web/host';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

/** How the views of experiments and runs are shown in this application. */
export interface ITracking {
  /** What the views are given of the application around them. */
  readonly host: Host;
  /** Opens a view as a tab beside the notebook, or brings it to the front. */
  open(view: View): void;
  /** Opens the sidebar with the history of the notebook in use. */
  showHistory(): void;
  /** The run that a command means when none is named: of the tab in front, else of the active cell, else the newest of the notebook. */
  meantRunId(): string | null;
  /** The settings of the room, with defaults filled in. */
  readonly settings: TrackingSettings;
  readonly settingsChanged: ISignal<ITracking, void>;
}

export interface TrackingSettings {
  /** Metric shown first on rows and badges; empty: the run's own first one. */
  pinnedMetric: string;
  badges: boolean;
  /** What the sidebar shows when it opens. */
  scope: 'notebook' | 'experiment' | 'all';
}

export const ITracking = new Token<ITracking>(
  '@cellkeep/jupyterlab:ITracking',
  'Opens runs, comparisons and experiments beside the notebook, and knows which run the person means.',
);
