/**
 * What a view is given of the application around it. A view never knows whether it is a tab beside a notebook or a page of the
 * server's own UI: what only one of them can do is a function that is null in the other.
 */
import type { PromotionOptionsInput, PromotionStep, StepState } from '@cellkeep/schema/deployment';
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';

/** Every place that can be linked to. */
export type View =
  | { view: 'experiments' }
  | { view: 'experiment'; id: string; search?: string }
  | { view: 'run'; id: string; tab?: string }
  | { view: 'compare'; runIds: string[] }
  | { view: 'discussion'; experimentId: string }
  | { view: 'reports' }
  | { view: 'report'; id: string }
  | { view: 'snapshot'; id: string }
  | { view: 'snapshotDiff'; before: string; after: string }
  | { view: 'history'; notebookId: string }
  | { view: 'endpoints' }
  | { view: 'endpoint'; name: string; tab?: string }
  | { view: 'prediction'; id: string }
  | { view: 'promotion'; id: string }
  | { view: 'models' }
  | { view: 'model'; name: string; tab?: string }
  | { view: 'modelVersion'; name: string; version: number; tab?: string }
  | { view: 'compareVersions'; name: string; a: number; b: number };

/** A value that changes: what `useSyncExternalStore` needs. `get` gives the same object until there is news. */
export interface Readable<T> {
  get(): T;
  subscribe(listener: () => void): () => void;
}

export interface NotebookContext {
  /** Jupyter's contents path. */
  path: string;
  activeCellId: string | null;
  kernel: 'none' | 'idle' | 'busy' | 'dead';
  bridge: 'absent' | 'online' | 'offline' | 'unconfigured';
  /** Records that the kernel has logged and the server has not acknowledged. */
  waiting: number;
  /** Runs that this kernel has open. */
  runIds: string[];
}

/** A variable of the kernel that could be promoted. */
export interface CellModel {
  variable: string;
  /** The cell that made or fitted it last. */
  cellId: string | null;
  /** As a person names it: "Pipeline(StandardScaler, RandomForestClassifier)". */
  className: string;
  framework: string;
  executionOrder: number | null;
}

/** What the kernel is asked for when one of its models is promoted. */
export interface KernelPromotion {
  /** Chosen here: the promotion is known by it from the first moment. */
  id: string;
  variable: string;
  name: string;
  endpoint: string | null;
  options: PromotionOptionsInput;
}

/** What a kernel tells its page of a promotion; the server tells the same, where it was reached. */
export interface KernelPromotionNews {
  id: string;
  status: 'running' | 'done' | 'failed' | 'cancelled';
  steps: { step: PromotionStep; status: StepState['status']; text: string }[];
  error: string | null;
}

/** What the person has set for all views. */
export interface ViewSettings {
  /** Metric that stands first on rows; empty: each run's own first one. */
  pinnedMetric: string;
  /** What the sidebar shows when it opens. */
  scope: 'notebook' | 'experiment' | 'all';
}

export interface Host {
  kind: 'jupyterlab' | 'server';
  /** Opens a tab beside the notebook, or goes to the page. */
  navigate(view: View): void;
  /** Address of the same view in the server UI; null where it is not known. */
  href(view: View): string | null;
  /** The notebook in use; null where there is none. */
  notebook: Readable<NotebookContext | null>;
  insertCell: ((code: string) => void) | null;
  openNotebook: ((path: string, cellId?: string | null) => void) | null;
  /** Starts a run in the current notebook's kernel. */
  startRun: ((name?: string) => Promise<void>) | null;
  /** False: not a run of an open kernel; the server is asked instead. */
  stopRun: ((runId: string) => Promise<boolean>) | null;
  /** Opens a notebook as it was, as a new document beside. Absent or null: it can only be downloaded. */
  openSnapshot?: ((snapshotId: string) => void) | null;
  /** Puts cells as they were back into the notebook that they are of, where one undo takes them out again; null: all of them. */
  restoreCells?: ((snapshotId: string, cellIds: string[] | null, withOutputs: boolean) => void) | null;
  /** Opens the notebook that made a run, as it was then. */
  openNotebookOfRun?: ((runId: string) => void) | null;
  /** Models in the kernel of the notebook in use. Absent: not here. */
  models?: Readable<readonly CellModel[]>;
  /** Promotes a variable of the current notebook's kernel; rejects with the reason where no kernel can. Absent or null: not here. */
  promote?: ((promotion: KernelPromotion) => Promise<void>) | null;
  /** What the kernels of this page told of promotions, by their ids. Absent: not here. */
  promotionNews?: Readable<ReadonlyMap<string, KernelPromotionNews>>;
  notify(message: string, kind: 'info' | 'error'): void;
  /** `{name}` in the text is filled in from `values`, after translation. */
  translate(text: string, values?: Record<string, string | number>): string;
  /** Absent: the defaults. */
  settings?: Readable<ViewSettings>;
}

export const defaultViewSettings: ViewSettings = { pinnedMetric: '', scope: 'notebook' };

/** A name as one part of a path. The router decodes a path once and leaves `%2F`, `%3F` and their like: `%` is kept apart from those. */
const inPath = (name: string): string => encodeURIComponent(name.replaceAll('%', '%25'));

/** The name that `inPath` wrote, from what the router found; what nobody wrote so stays as it is. */
export function nameInPath(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Path of a view in the server UI, relative to its base: the same for links in JupyterLab and for the UI's own router. */
export function viewPath(view: View): string {
  switch (view.view) {
    case 'experiments':
      return 'experiments';
    case 'experiment':
      return `experiments/${view.id}${view.search ? `?${view.search.replace(/^\?/, '')}` : ''}`;
    case 'run':
      return `runs/${view.id}${view.tab ? `/${view.tab}` : ''}`;
    case 'compare':
      return `compare?runs=${view.runIds.join(',')}`;
    case 'discussion':
      return `experiments/${view.experimentId}/discussion`;
    case 'reports':
      return 'reports';
    case 'report':
      return `reports/${view.id}`;
    case 'snapshot':
      return `snapshots/${view.id}`;
    case 'snapshotDiff':
      return `snapshots/diff?before=${view.before}&after=${view.after}`;
    case 'history':
      return `notebooks/${view.notebookId}/history`;
    // Not `endpoints/…`: there the server hands requests on to the endpoints themselves.
    case 'endpoints':
      return 'deployment';
    case 'endpoint':
      return `deployment/${view.name}${view.tab ? `/${view.tab}` : ''}`;
    case 'prediction':
      return `predictions/${view.id}`;
    case 'promotion':
      return `promotions/${view.id}`;
    case 'models':
      return 'models';
    case 'model':
      return `models/${inPath(view.name)}${view.tab ? `/${view.tab}` : ''}`;
    case 'modelVersion':
      return `models/${inPath(view.name)}/versions/${view.version}${view.tab ? `/${view.tab}` : ''}`;
    case 'compareVersions':
      return `models/${inPath(view.name)}/compare/${view.a}/${view.b}`;
  }
}

/** Text for people, with `{name}` filled in; a host without translations uses it as it is. */
export function fillIn(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

export const HostContext = createContext<Host | null>(null);

export function useHost(): Host {
  const host = useContext(HostContext);
  if (!host) throw new Error('a view is shown outside of CellkeepRoot');
  return host;
}

export type Translate = Host['translate'];

/** `t('{n} selected', { n: 3 })` */
export function useTranslate(): Translate {
  const host = useHost();
  return useCallback((text, values) => host.translate(text, values), [host]);
}

export function useReadable<T>(readable: Readable<T>): T {
  return useSyncExternalStore(
    useCallback((listener) => readable.subscribe(listener), [readable]),
    () => readable.get(),
  );
}

const defaultSettings: Readable<ViewSettings> = { get: () => defaultViewSettings, subscribe: () => () => undefined };

export function useViewSettings(): ViewSettings {
  return useReadable(useHost().settings ?? defaultSettings);
}
