import type { Run } from '@cellkeep/schema/tracking';
import { formatMetric } from '@cellkeep/web/format';
import type { Host, Readable, View } from '@cellkeep/web/host';
import { mainMetric } from '@cellkeep/web/mainMetric';
import { runColour } from '@cellkeep/web/runColour';
import type { ILabShell, ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import type { IConnection } from '../connection/tokens';
import type { NotebookLink } from '../notebook/notebookLink';
import type { INotebooks } from '../notebook/tokens';
import { type BadgeLook, NotebookBadges } from './badges';
import { CellRuns } from './cellRuns';
import { createJupyterHost } from './jupyterHost';
import { defaultSettings } from './settings';
import type { ITracking, TrackingSettings } from './tokens';
import { ViewTabs } from './viewTabs';
import type { Around } from './viewWidgets';

export interface TrackingParts {
  app: JupyterFrontEnd;
  labShell: ILabShell | null;
  connection: IConnection;
  notebooks: INotebooks;
  trans: TranslationBundle;
  showHistory(): void;
}

/** Joins the open notebooks, the server and the tabs: each notebook gets its runs by cell and their badges. */
export class Tracking implements ITracking {
  constructor({ app, labShell, connection, notebooks, trans, showHistory }: TrackingParts) {
    this.showHistory = showHistory;
    this.connection = connection;
    this.notebooks = notebooks;
    this.trans = trans;
    this.host = createJupyterHost({ app, connection, notebooks, trans, settings: this.readable, open: (view) => this.open(view) });
    this.around = { connection: connection.connection, host: this.host, trans };
    this.tabs = new ViewTabs(app, labShell, notebooks);
    for (const link of notebooks.open) this.follow(link);
    notebooks.added.connect((_, link) => this.follow(link));
  }

  readonly showHistory: () => void;
  readonly host: Host;
  readonly around: Around;
  readonly settingsChanged: Signal<ITracking, void> = new Signal(this);

  get settings(): TrackingSettings {
    return this.current;
  }

  set settings(settings: TrackingSettings) {
    this.current = settings;
    this.settingsChanged.emit();
  }

  open(view: View): void {
    this.tabs.open(this.around, view);
  }

  restoreWith(restorer: ILayoutRestorer, command: string): void {
    this.tabs.restoreWith(restorer, command);
  }

  meantRunId(): string | null {
    const view = this.tabs.inFront;
    if (view?.view === 'run') return view.id;
    return this.activeCellRuns()[0] ?? this.runsInUse?.newest ?? null;
  }

  /** Newest first. */
  activeCellRuns(): string[] {
    const cell = this.notebooks.current?.activeCell?.model.id;
    return cell ? (this.runsInUse?.of(cell) ?? []).map(({ id }) => id) : [];
  }

  /** For the views, which subscribe. */
  private get readable(): Readable<TrackingSettings> {
    return {
      get: () => this.current,
      subscribe: (listener) => {
        this.settingsChanged.connect(listener);
        return () => this.settingsChanged.disconnect(listener);
      },
    };
  }

  private get runsInUse(): CellRuns | undefined {
    return this.notebooks.current ? this.runs.get(this.notebooks.current) : undefined;
  }

  private follow(link: NotebookLink): void {
    const runs = new CellRuns(this.connection, link);
    this.runs.set(link, runs);
    const badges = new NotebookBadges(link, runs, this.look, this.trans, {
      openRun: (id) => this.open({ view: 'run', id }),
      openAll: (runIds) => this.open({ view: 'compare', runIds }),
    });
    const onSettings = () => badges.updateSoon();
    this.settingsChanged.connect(onSettings);
    link.kernel.failed.connect((_, message) => Notification.error(this.trans.__('Cellkeep: %1', message), { autoClose: 8_000 }));
    link.panel.disposed.connect(() => {
      this.settingsChanged.disconnect(onSettings);
      this.runs.delete(link);
    });
  }

  private get look(): BadgeLook {
    return {
      shown: () => this.settings.badges,
      metric: ({ run }) => (run ? metricOf(run, this.settings.pinnedMetric) : null),
      color: runColour,
    };
  }

  private readonly connection: IConnection;
  private readonly notebooks: INotebooks;
  private readonly trans: TranslationBundle;
  private readonly tabs: ViewTabs;
  private readonly runs = new Map<NotebookLink, CellRuns>();
  private current = defaultSettings;
}

function metricOf(run: Run, pinned: string): { key: string; value: string } | null {
  const key = mainMetric(run, pinned);
  const summary = key === null ? undefined : run.metrics[key];
  return key !== null && summary ? { key, value: formatMetric(summary.last) } : null;
}
