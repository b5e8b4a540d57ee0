/** The requests that are kept, newest first, and of the chosen one what was asked, what was answered, and why. */
import type { Endpoint, PredictionSummary } from '@cellkeep/schema/deployment';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { ShowMore } from '../../look/ShowMore.tsx';
import { Empty, Unanswered } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { FindPrediction } from '../FindPrediction.tsx';
import { formatMicros } from '../numbers.ts';
import { deploymentKeys, TRAFFIC_EVERY, useDeploymentClient } from '../queries.ts';
import { releaseName } from '../releaseStyle.ts';
import { usePageVisible } from '../usePageVisible.ts';
import { PredictionDetail } from './PredictionDetail.tsx';

const PAGE = 50;

export function Requests({ endpoint }: { endpoint: Endpoint }): ReactElement {
  const t = useTranslate();
  const { predictions } = useDeploymentClient();
  const isSeen = usePageVisible();
  const [releaseId, setReleaseId] = useState('');
  const [status, setStatus] = useState<'' | 'ok' | 'error'>('');
  const [shadow, setShadow] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const drawer = useRef<HTMLElement>(null);
  const of = { ...(releaseId ? { releaseId } : {}), ...(status ? { status } : {}), shadow };
  const hasShadow = endpoint.releases.some(({ role }) => role === 'shadow');
  const answer = useInfiniteQuery({
    queryKey: deploymentKeys.predictions(endpoint.name, of),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => predictions.list({ endpoint: endpoint.name, ...of, limit: PAGE, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    // Under a chosen request the list stands still; only its first page is followed.
    refetchInterval: ({ state }) => (isSeen && chosen === null && (state.data?.pages.length ?? 0) <= 1 ? TRAFFIC_EVERY : false),
  });
  const rows = (answer.data?.pages ?? []).flatMap((page) => page.predictions);
  const isFiltered = releaseId !== '' || status !== '' || shadow;
  useEffect(() => {
    if (chosen === null) return;
    drawer.current?.scrollTo({ top: 0 });
    // A pressed row has no focus of its own: without one, Escape and the arrows would go nowhere.
    if (!drawer.current?.parentElement?.contains(document.activeElement)) drawer.current?.focus({ preventScroll: true });
  }, [chosen]);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = rows.findIndex(({ id }) => id === chosen);
    if (event.key === 'Escape' && chosen !== null) setChosen(null);
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (chosen === null) return;
      const next = rows[at + (event.key === 'ArrowDown' ? 1 : -1)];
      if (next) setChosen(next.id);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the list and what lies beside it
    <div className="ck-requests" data-open={chosen ? '' : undefined} onKeyDown={onKeyDown}>
      <div className="ck-requests-list">
        <div className="ck-bar ck-drift-bar">
          <select className="ck-field" aria-label={t('Release')} value={releaseId} onChange={(event) => setReleaseId(event.target.value)}>
            <option value="">{t('all releases')}</option>
            {endpoint.releases.map((release) => (
              <option key={release.id} value={release.id}>{`${releaseName(release, endpoint.releases)} (#${release.number})`}</option>
            ))}
          </select>
          <select
            className="ck-field"
            aria-label={t('Answers')}
            value={status}
            onChange={(event) => setStatus(event.target.value as '' | 'ok' | 'error')}
          >
            <option value="">{t('all answers')}</option>
            <option value="ok">{t('good ones')}</option>
            <option value="error">{t('errors')}</option>
          </select>
          {hasShadow && (
            <button type="button" className="ck-btn ck-toggle" aria-pressed={shadow} onClick={() => setShadow(!shadow)}>
              {t('Shadow')}
            </button>
          )}
          <span className="ck-grow" />
          <FindPrediction />
        </div>
        {!answer.data ? (
          <Unanswered answer={answer} rows={8} />
        ) : rows.length === 0 ? (
          <Empty
            icon={isFiltered ? 'search' : 'log'}
            title={isFiltered ? t('No request matches.') : t('No requests yet')}
            actions={
              isFiltered ? (
                <button
                  type="button"
                  className="ck-btn"
                  onClick={() => {
                    setReleaseId('');
                    setStatus('');
                    setShadow(false);
                  }}
                >
                  {t('Clear the filter')}
                </button>
              ) : (
                <ViewLink to={{ view: 'endpoint', name: endpoint.name, tab: 'try' }} className="ck-btn ck-primary">
                  {t('Try it')}
                </ViewLink>
              )
            }
          >
            {!isFiltered && (
              <p>{t('Each request that is kept appears here with its rows, its answer and why, a moment after it was answered.')}</p>
            )}
          </Empty>
        ) : (
          <div className="ck-scroll">
            <List rows={rows} chosen={chosen} onChoose={setChosen} />
            <ShowMore answer={answer} />
            {endpoint.settings.logRows < 1 && (
              <p className="ck-faint ck-requests-note">
                {t('Rows and answers of {share} of the requests are kept.', { share: `${Math.round(endpoint.settings.logRows * 100)} %` })}
              </p>
            )}
          </div>
        )}
      </div>
      {chosen && (
        <aside ref={drawer} className="ck-drawer" tabIndex={-1} aria-label={t('Request {id}', { id: chosen })}>
          <header>
            <b>{t('Request')}</b>
            <ViewLink to={{ view: 'prediction', id: chosen }} className="ck-link ck-mono" title={t('Open it as a page')}>
              {chosen.slice(0, 12)}…
            </ViewLink>
            <span className="ck-grow" />
            <button type="button" className="ck-icon-btn" aria-label={t('Close')} title={t('Close (Esc)')} onClick={() => setChosen(null)}>
              <Icon name="close" size={14} />
            </button>
          </header>
          <PredictionDetail key={chosen} id={chosen} />
        </aside>
      )}
    </div>
  );
}

function List({
  rows,
  chosen,
  onChoose,
}: {
  rows: readonly PredictionSummary[];
  chosen: string | null;
  onChoose: (id: string) => void;
}): ReactElement {
  const t = useTranslate();
  return (
    <table className="ck-list ck-predictions" aria-label={t('Requests')}>
      <thead>
        <tr>
          <th>{t('When')}</th>
          <th>{t('Answer')}</th>
          <th className="ck-num">{t('Took')}</th>
          <th className="ck-num">{t('Rows')}</th>
          <th>{t('Version')}</th>
          <th className="ck-wide">{t('Protocol')}</th>
          <th className="ck-wide">{t('Token')}</th>
          <th>{t('Id')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id} aria-selected={row.id === chosen} onClick={() => onChoose(row.id)}>
            <td>
              <Ago at={row.at} />
            </td>
            <td className={row.status >= 500 ? 'ck-bad' : row.status >= 400 ? 'ck-warned' : undefined}>
              {row.status}
              {row.isShadow && <span className="ck-faint"> {t('shadow')}</span>}
            </td>
            <td className="ck-num">{formatMicros(row.latencyUs)}</td>
            <td className="ck-num">{groupThousands(row.rows)}</td>
            <td>v{row.version}</td>
            <td className="ck-wide">{row.protocol}</td>
            <td className="ck-wide ck-dim">{row.tokenLabel || '–'}</td>
            <td className="ck-mono">
              <button type="button" className="ck-link" aria-label={t('Request {id}', { id: row.id })} onClick={() => onChoose(row.id)}>
                {row.id.slice(0, 12)}…
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
