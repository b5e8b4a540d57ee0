import { useQuery } from '@tanstack/react-query';
import { type ReactElement, type ReactNode, useEffect, useRef } from 'react';
import { Redirect, Route, Switch, useLocation, useSearch } from 'wouter';
import { useMe } from '../access/queries.ts';
import { SettingsPage } from '../access/SettingsPage.tsx';
import { DiscussionPage } from '../collaboration/ExperimentTeam.tsx';
import { ReportPage } from '../collaboration/lazy.tsx';
import { collaborationKeys } from '../collaboration/queries.ts';
import { ReportsPage } from '../collaboration/ReportsPage.tsx';
import { EndpointPage, EndpointsPage, PredictionPage, PromotionPage } from '../deployment/lazy.tsx';
import { HistoryPage, SnapshotDiffPage, SnapshotPage } from '../design/lazy.tsx';
import { nameInPath, useTranslate, viewPath } from '../host.ts';
import { keys } from '../live/cache.ts';
import { Empty } from '../look/states.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { CompareVersionsPage, ModelPage, ModelsPage, VersionPage } from '../registry/lazy.tsx';
import { ComparePage } from '../tracking/ComparePage.tsx';
import { idsIn } from '../tracking/compare/comparedIds.ts';
import { ExperimentsPage } from '../tracking/ExperimentsPage.tsx';
import type { Experiment, Run } from '../tracking/queries.ts';
import { RunPage } from '../tracking/RunPage.tsx';
import { RunTable } from '../tracking/RunTable.tsx';
import { Header } from './Header.tsx';

/** Header and page; the addresses are those of `viewPath` (host.ts). */
export function Shell({ onLogOut }: { onLogOut: () => void }): ReactElement {
  const t = useTranslate();
  const me = useMe();
  const main = useRef<HTMLElement>(null);
  return (
    <>
      <button type="button" className="ck-btn ck-skip" onClick={() => main.current?.focus()}>
        {t('Skip to the page')}
      </button>
      <Header userName={me.data?.user.name ?? ''} onLogOut={onLogOut} />
      <main ref={main} tabIndex={-1} className="ck-app-main">
        <Switch>
          <Route path="/">
            <Redirect to="/experiments" replace />
          </Route>
          <Route path="/experiments">
            <Titled title={t('Experiments')}>
              <ExperimentsPage />
            </Titled>
          </Route>
          <Route path="/experiments/:id/discussion">{({ id }) => <DiscussionRoute key={id} id={id} />}</Route>
          <Route path="/reports">
            <Titled title={t('Reports')}>
              <ReportsPage />
            </Titled>
          </Route>
          <Route path="/reports/:id">{({ id }) => <ReportRoute key={id} id={id} />}</Route>
          <Route path="/experiments/:id">{({ id }) => <ExperimentRoute key={id} id={id} />}</Route>
          <Route path="/runs/:id/:tab?">{({ id, tab }) => <RunRoute key={id} id={id} tab={tab} />}</Route>
          <Route path="/compare">
            <CompareRoute />
          </Route>
          <Route path="/snapshots/diff">
            <SnapshotDiffRoute />
          </Route>
          <Route path="/snapshots/:id">
            {({ id }) => (
              <Titled title={t('Snapshot')}>
                <SnapshotPage key={id} id={id} />
              </Titled>
            )}
          </Route>
          <Route path="/notebooks/:id/history">
            {({ id }) => (
              <Titled title={t('History')}>
                <HistoryPage key={id} notebookId={id} />
              </Titled>
            )}
          </Route>
          <Route path="/models">
            <Titled title={t('Models')}>
              <ModelsPage />
            </Titled>
          </Route>
          <Route path="/models/:name/compare/:a/:b">
            {({ name, a, b }) => (
              <Titled title={t('Compare versions of {name}', { name: nameInPath(name) })}>
                <CompareVersionsPage name={nameInPath(name)} a={Number(a)} b={Number(b)} />
              </Titled>
            )}
          </Route>
          <Route path="/models/:name/versions/:version/:tab?">
            {({ name, version, tab }) => (
              <VersionRoute key={`${name} ${version}`} name={nameInPath(name)} version={Number(version)} tab={tab} />
            )}
          </Route>
          <Route path="/models/:name/:tab?">{({ name, tab }) => <ModelRoute key={name} name={nameInPath(name)} tab={tab} />}</Route>
          <Route path="/deployment">
            <Titled title={t('Endpoints')}>
              <EndpointsPage />
            </Titled>
          </Route>
          <Route path="/deployment/:name/:tab?">{({ name, tab }) => <EndpointRoute key={name} name={name} tab={tab} />}</Route>
          <Route path="/predictions/:id">
            {({ id }) => (
              <Titled title={t('Prediction {id}', { id: id.slice(0, 8) })}>
                <PredictionPage key={id} id={id} />
              </Titled>
            )}
          </Route>
          <Route path="/promotions/:id">
            {({ id }) => (
              <Titled title={t('Promotion')}>
                <PromotionPage key={id} id={id} />
              </Titled>
            )}
          </Route>
          <Route path="/settings/:tab?">
            {({ tab }) => (
              <Titled title={t('Settings')}>
                <SettingsPage tab={tab} />
              </Titled>
            )}
          </Route>
          <Route>
            <Empty
              icon="search"
              title={t('There is no such page.')}
              actions={
                <ViewLink to={{ view: 'experiments' }} className="ck-btn">
                  {t('To the experiments')}
                </ViewLink>
              }
            />
          </Route>
        </Switch>
      </main>
    </>
  );
}

function ExperimentRoute({ id }: { id: string }): ReactElement {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const name = useCached<Experiment>(keys.experiment(id))?.name;
  return (
    <Titled title={name}>
      <RunTable id={id} search={search} onSearch={(next) => navigate(next ? `${path}?${next}` : path, { replace: true })} />
    </Titled>
  );
}

function RunRoute({ id, tab }: { id: string; tab: string | undefined }): ReactElement {
  const [, navigate] = useLocation();
  const name = useCached<Run>(keys.run(id))?.name;
  return (
    <Titled title={name}>
      <RunPage id={id} tab={tab} onTab={(next) => navigate(`/runs/${id}/${next}`, { replace: true })} />
    </Titled>
  );
}

function EndpointRoute({ name, tab }: { name: string; tab: string | undefined }): ReactElement {
  const [, navigate] = useLocation();
  return (
    <Titled title={name}>
      <EndpointPage name={name} tab={tab} onTab={(next) => navigate(`/deployment/${name}/${next}`, { replace: true })} />
    </Titled>
  );
}

function ModelRoute({ name, tab }: { name: string; tab: string | undefined }): ReactElement {
  const [, navigate] = useLocation();
  return (
    <Titled title={name}>
      <ModelPage name={name} tab={tab} onTab={(next) => navigate(`/${viewPath({ view: 'model', name, tab: next })}`, { replace: true })} />
    </Titled>
  );
}

function VersionRoute({ name, version, tab }: { name: string; version: number; tab: string | undefined }): ReactElement {
  const [, navigate] = useLocation();
  const go = (next: string) => navigate(`/${viewPath({ view: 'modelVersion', name, version, tab: next })}`, { replace: true });
  return (
    <Titled title={`${name} v${version}`}>
      <VersionPage name={name} version={version} tab={tab} onTab={go} />
    </Titled>
  );
}

function DiscussionRoute({ id }: { id: string }): ReactElement {
  const t = useTranslate();
  const name = useCached<Experiment>(keys.experiment(id))?.name;
  return (
    <Titled title={name && t('Discussion of {name}', { name })}>
      <DiscussionPage experimentId={id} />
    </Titled>
  );
}

function ReportRoute({ id }: { id: string }): ReactElement {
  const title = useCached<{ title: string }>(collaborationKeys.report(id))?.title;
  return (
    <Titled title={title}>
      <ReportPage id={id} />
    </Titled>
  );
}

function CompareRoute(): ReactElement {
  const t = useTranslate();
  const [, navigate] = useLocation();
  const params = new URLSearchParams(useSearch());
  const runIds = idsIn(params.toString());
  params.delete('runs');
  const search = params.toString();
  const go = (ids: string[], rest: string) => navigate(`/compare?runs=${ids.join(',')}${rest && `&${rest}`}`, { replace: true });
  return (
    <Titled title={t('Compare')}>
      <ComparePage runIds={runIds} onRuns={(next) => go(next, search)} search={search} onSearch={(next) => go(runIds, next)} />
    </Titled>
  );
}

function SnapshotDiffRoute(): ReactElement {
  const t = useTranslate();
  const params = new URLSearchParams(useSearch());
  return (
    <Titled title={t('What changed')}>
      <SnapshotDiffPage before={params.get('before') ?? ''} after={params.get('after') ?? ''} />
    </Titled>
  );
}

/** What a view below asks for: read from the cache when it comes, never asked for twice. */
function useCached<T>(queryKey: readonly unknown[]): T | undefined {
  return useQuery<T>({ queryKey, enabled: false }).data;
}

function Titled({ title, children }: { title: string | undefined; children: ReactNode }): ReactElement {
  useEffect(() => {
    document.title = title ? `${title} · Cellkeep` : 'Cellkeep';
  }, [title]);
  return <>{children}</>;
}
