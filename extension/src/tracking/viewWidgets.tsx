import { CellkeepRoot } from '@cellkeep/web/CellkeepRoot';
import { DiscussionPage } from '@cellkeep/web/collaboration/ExperimentTeam';
import { ReportPage } from '@cellkeep/web/collaboration/lazy';
import { ReportsPage } from '@cellkeep/web/collaboration/ReportsPage';
import type { Connection } from '@cellkeep/web/connection';
import { EndpointPage, EndpointsPage, PredictionPage, PromotionPage } from '@cellkeep/web/deployment/lazy';
import { HistoryPage, SnapshotDiffPage, SnapshotPage } from '@cellkeep/web/design/lazy';
import type { Host, View } from '@cellkeep/web/host';
import { CompareVersionsPage, ModelPage, ModelsPage, VersionPage } from '@cellkeep/web/registry/lazy';
import { ComparePage } from '@cellkeep/web/tracking/ComparePage';
import { ExperimentsPage } from '@cellkeep/web/tracking/ExperimentsPage';
import { RunPage } from '@cellkeep/web/tracking/RunPage';
import { RunTable } from '@cellkeep/web/tracking/RunTable';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type LabIcon, ReactWidget } from '@jupyterlab/ui-components';
import type { ReactElement } from 'react';
import { deployIcon } from '../deployment/icons';
import { diffIcon, snapshotIcon } from '../design/icons';
import { compareIcon, experimentsIcon, runIcon } from './icons';
import { type ChosenTab, createChosenTab, SidebarTabs } from './SidebarTabs';

export interface Around {
  connection: Connection;
  host: Host;
  trans: TranslationBundle;
}

/** Lumino around the sidebar's view: where it docks, its icon and its name. */
export class ExperimentsSidebar extends ReactWidget {
  constructor(around: Around) {
    super();
    this.around = around;
    this.id = 'cellkeep-experiments';
    this.addClass('ck-lumino');
    this.title.icon = experimentsIcon;
    this.title.caption = around.trans.__('Experiments (Cellkeep)');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', around.trans.__('Experiments'));
  }

  protected override render(): ReactElement {
    const { connection, host } = this.around;
    return (
      <CellkeepRoot connection={connection} host={host}>
        <SidebarTabs chosen={this.tab} />
      </CellkeepRoot>
    );
  }

  /** Which of its tabs is in front. */
  readonly tab: ChosenTab = createChosenTab();

  private readonly around: Around;
}

/** Lumino around a view that is shown beside the notebook. */
class ViewContent extends ReactWidget {
  constructor(around: Around, view: View) {
    super();
    this.around = around;
    this.view = view;
    this.addClass('ck-lumino');
  }

  /** The same view, perhaps with another part of it in front. */
  showView(view: View): void {
    this.view = view;
    this.update();
  }

  view: View;

  protected override render(): ReactElement {
    const { connection, host } = this.around;
    return (
      <CellkeepRoot connection={connection} host={host}>
        {pageOf(this.view)}
      </CellkeepRoot>
    );
  }

  private readonly around: Around;
}

function pageOf(view: View): ReactElement {
  switch (view.view) {
    case 'run':
      return <RunPage id={view.id} tab={view.tab} />;
    case 'compare':
      return <ComparePage runIds={view.runIds} />;
    case 'experiment':
      return <RunTable id={view.id} search={view.search} />;
    case 'experiments':
      return <ExperimentsPage />;
    case 'discussion':
      return <DiscussionPage experimentId={view.experimentId} />;
    case 'reports':
      return <ReportsPage />;
    case 'report':
      return <ReportPage id={view.id} />;
    case 'snapshot':
      return <SnapshotPage id={view.id} />;
    case 'snapshotDiff':
      return <SnapshotDiffPage before={view.before} after={view.after} />;
    case 'history':
      return <HistoryPage notebookId={view.notebookId} />;
    case 'endpoints':
      return <EndpointsPage />;
    case 'endpoint':
      return <EndpointPage name={view.name} tab={view.tab} asked={view} />;
    case 'prediction':
      return <PredictionPage id={view.id} />;
    case 'promotion':
      return <PromotionPage id={view.id} />;
    case 'models':
      return <ModelsPage />;
    case 'model':
      return <ModelPage name={view.name} tab={view.tab} />;
    case 'modelVersion':
      return <VersionPage name={view.name} version={view.version} tab={view.tab} />;
    case 'compareVersions':
      return <CompareVersionsPage name={view.name} a={view.a} b={view.b} />;
  }
}

export type ViewWidget = MainAreaWidget<ReactWidget> & { view: View; showView: (view: View) => void };

export function createViewWidget(around: Around, view: View): ViewWidget {
  const content = new ViewContent(around, view);
  const widget = Object.assign(new MainAreaWidget({ content }), { view, showView: (next: View) => content.showView(next) });
  widget.id = viewId(view);
  widget.toolbar.hide();
  widget.title.closable = true;
  widget.title.icon = iconOf(view);
  widget.title.label = titleOf(view, around.trans);
  return widget;
}

function iconOf({ view }: View): LabIcon {
  if (view === 'run') return runIcon;
  if (view === 'compare') return compareIcon;
  if (view === 'snapshotDiff') return diffIcon;
  if (view === 'models' || view === 'model' || view === 'modelVersion') return deployIcon;
  if (view === 'compareVersions') return compareIcon;
  if (view === 'endpoints' || view === 'endpoint' || view === 'prediction' || view === 'promotion') return deployIcon;
  return view === 'snapshot' || view === 'history' ? snapshotIcon : experimentsIcon;
}

/** The same view is one tab, however often it is asked for. */
export function viewId(view: View): string {
  switch (view.view) {
    case 'run':
      return `cellkeep-run-${view.id}`;
    case 'compare':
      return `cellkeep-compare-${[...view.runIds].sort().join('-')}`;
    case 'experiment':
      return `cellkeep-experiment-${view.id}`;
    case 'experiments':
      return 'cellkeep-experiments-page';
    case 'discussion':
      return `cellkeep-discussion-${view.experimentId}`;
    case 'reports':
      return 'cellkeep-reports-page';
    case 'report':
      return `cellkeep-report-${view.id}`;
    case 'snapshot':
      return `cellkeep-snapshot-${view.id}`;
    case 'snapshotDiff':
      return `cellkeep-diff-${view.before}-${view.after}`;
    case 'history':
      return `cellkeep-history-${view.notebookId}`;
    case 'endpoints':
      return 'cellkeep-endpoints-page';
    case 'endpoint':
      return `cellkeep-endpoint-${view.name}`;
    case 'prediction':
      return `cellkeep-prediction-${view.id}`;
    case 'promotion':
      return `cellkeep-promotion-${view.id}`;
    case 'models':
      return 'cellkeep-models-page';
    case 'model':
      return `cellkeep-model-${view.name}`;
    case 'modelVersion':
      return `cellkeep-model-${view.name}-v${view.version}`;
    case 'compareVersions':
      return `cellkeep-model-${view.name}-v${view.a}-v${view.b}`;
  }
}

function titleOf(view: View, trans: TranslationBundle): string {
  switch (view.view) {
    case 'run':
      return trans.__('Run');
    case 'compare':
      return trans.__('Compare %1 runs', view.runIds.length);
    case 'experiment':
      return trans.__('Experiment');
    case 'experiments':
      return trans.__('Experiments');
    case 'discussion':
      return trans.__('Discussion');
    case 'reports':
      return trans.__('Reports');
    case 'report':
      return trans.__('Report');
    case 'snapshot':
      return trans.__('Snapshot');
    case 'snapshotDiff':
      return trans.__('What changed');
    case 'history':
      return trans.__('History');
    case 'endpoints':
      return trans.__('Endpoints');
    case 'endpoint':
      return view.name;
    case 'prediction':
      return trans.__('Prediction');
    case 'promotion':
      return trans.__('Promotion');
    case 'models':
      return trans.__('Models');
    case 'model':
      return view.name;
    case 'modelVersion':
      return `${view.name} v${view.version}`;
    case 'compareVersions':
      return `${view.name} v${view.a} / v${view.b}`;
  }
}
