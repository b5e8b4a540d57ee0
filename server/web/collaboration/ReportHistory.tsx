/** Earlier states of a report: read, compared with what is there now, and made the newest again. */
import type { Report } from '@cellkeep/schema/collaboration';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { exactTime } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { ErrorState, errorText, Skeleton } from '../look/states.tsx';
import { Avatar } from './Avatars.tsx';
import { collaborationKeys } from './queries.ts';
import { ReportBody } from './ReportBody.tsx';

export function ReportHistory({
  report,
  mayWrite,
  onRestored,
  onClose,
}: {
  report: Report;
  mayWrite: boolean;
  onRestored: (report: Report) => void;
  onClose: () => void;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const client = useClient();
  const { id } = report;
  const [chosen, setChosen] = useState(report.revision);
  const [isBusy, setBusy] = useState(false);
  const list = useInfiniteQuery({
    queryKey: collaborationKeys.revisions(id),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => client.collaboration.reports.revisions.list({ id, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  const state = useQuery({
    queryKey: collaborationKeys.revision(id, chosen),
    staleTime: Number.POSITIVE_INFINITY, // a revision never changes
    queryFn: ({ signal }) => client.collaboration.reports.revisions.get({ id, revision: chosen }, { signal }),
  });
  const revisions = (list.data?.pages ?? []).flatMap((page) => page.revisions);
  const restore = async () => {
    setBusy(true);
    try {
      onRestored(await client.collaboration.reports.revisions.restore({ id, revision: chosen, current: report.revision }));
      onClose();
      host.notify(t('Revision {n} is the newest again; what came between stays in the history.', { n: chosen }), 'info');
    } catch (error) {
      host.notify(errorText(error, t), 'error');
    }
    setBusy(false);
  };
  return (
    <div className="ck-history">
      <nav aria-label={t('Revisions')}>
        {list.error && !list.data ? (
          <ErrorState error={list.error} onRetry={() => void list.refetch()} />
        ) : (
          !list.data && <Skeleton rows={6} />
        )}
        <ul>
          {revisions.map(({ revision, by, at, title }) => (
            <li key={revision}>
              <button
                type="button"
                aria-current={revision === chosen ? 'true' : undefined}
                title={title}
                onClick={() => setChosen(revision)}
              >
                <Avatar id={by.id} name={by.name} />
                <span className="ck-grow ck-cut">{by.name}</span>
                <span className="ck-faint">
                  {revision} · {exactTime(at)}
                </span>
              </button>
            </li>
          ))}
        </ul>
        {list.hasNextPage && (
          <button type="button" className="ck-btn ck-quiet" onClick={() => void list.fetchNextPage()}>
            {t('Show more')}
          </button>
        )}
      </nav>
      <div className="ck-scroll ck-report-sheet">
        {chosen !== report.revision && (
          <p className="ck-run-note">
            <Icon name="history" size={14} />
            <span className="ck-grow">{t('This is revision {n}; the newest is {newest}.', { n: chosen, newest: report.revision })}</span>
            {mayWrite && (
              <button type="button" className="ck-btn ck-small" disabled={isBusy} onClick={() => void restore()}>
                <Icon name="undo" size={13} /> {t('Make it the newest')}
              </button>
            )}
          </p>
        )}
        {state.error ? (
          <ErrorState error={state.error} onRetry={() => void state.refetch()} />
        ) : state.data ? (
          <>
            <h2 className="ck-history-title">{state.data.title}</h2>
            <ReportBody body={state.data.body} />
          </>
        ) : (
          <Skeleton rows={10} />
        )}
      </div>
    </div>
  );
}
