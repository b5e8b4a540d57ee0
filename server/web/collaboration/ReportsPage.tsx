/** Every report of the workspace, last changed first; found by part of its title or its text. */
import type { ReportSummary } from '@cellkeep/schema/collaboration';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useEffect, useState } from 'react';
import { useMayWrite } from '../access/queries.ts';
import { useHost, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { Icon } from '../look/icons.tsx';
import { Empty, ErrorState, errorText, OfflineBanner, Skeleton } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { Avatar } from './Avatars.tsx';
import { collaborationKeys, useReports } from './queries.ts';
import { editAtOnce } from './reportDrafts.ts';

export function ReportsPage(): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const client = useClient();
  const cache = useQueryClient();
  const mayWrite = useMayWrite();
  const [typed, setTyped] = useState('');
  const [areDeleted, setDeleted] = useState(false);
  const text = useRested(typed.trim());
  const found = useReports({ lifecycle: areDeleted ? 'deleted' : 'active', ...(text ? { text } : {}) });
  const reports = (found.data?.pages ?? []).flatMap((page) => page.reports);

  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
      void cache.invalidateQueries({ queryKey: collaborationKeys.reports });
    } catch (error) {
      host.notify(errorText(error, t), 'error');
    }
  };
  const create = () =>
    attempt(async () => {
      const report = await client.collaboration.reports.create({ title: t('New report'), body: '' });
      cache.setQueryData(collaborationKeys.report(report.id), report);
      editAtOnce.add(report.id);
      host.navigate({ view: 'report', id: report.id });
    });
  const newButton = mayWrite && (
    <button type="button" className="ck-btn ck-primary" onClick={() => void create()}>
      <Icon name="plus" size={14} /> {t('New report')}
    </button>
  );
  return (
    <div className="ck-page ck-reports-page">
      <OfflineBanner />
      <header className="ck-head">
        <h1>{t('Reports')}</h1>
        <span className="ck-grow" />
        {newButton}
      </header>
      <div className="ck-bar">
        <label className="ck-query">
          <Icon name="search" size={14} />
          <input
            type="search"
            value={typed}
            placeholder={t('Find a report')}
            aria-label={t('Find a report')}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <button
          type="button"
          className="ck-btn ck-toggle"
          aria-pressed={areDeleted}
          aria-label={t('Deleted')}
          onClick={() => setDeleted(!areDeleted)}
        >
          <Icon name="bin" size={14} /> <span className="ck-wide">{t('Deleted')}</span>
        </button>
      </div>
      {found.error && !found.data ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : !found.data ? (
        <Skeleton rows={8} height={44} />
      ) : reports.length === 0 ? (
        <Nothing isSearch={text !== ''} areDeleted={areDeleted} action={newButton} onAll={() => [setTyped(''), setDeleted(false)]} />
      ) : (
        <div className="ck-scroll">
          <ul className="ck-report-list">
            {reports.map((report) => (
              <ReportRow
                key={report.id}
                report={report}
                onRestore={
                  areDeleted && mayWrite ? () => void attempt(() => client.collaboration.reports.restore({ id: report.id })) : null
                }
              />
            ))}
          </ul>
          {found.hasNextPage && (
            <button
              type="button"
              className="ck-btn ck-comments-more"
              disabled={found.isFetchingNextPage}
              onClick={() => void found.fetchNextPage()}
            >
              {t('Show more')}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function ReportRow({ report, onRestore }: { report: ReportSummary; onRestore: (() => void) | null }): ReactElement {
  const t = useTranslate();
  const { id, title, updatedBy, updatedAt, revision } = report;
  return (
    <li>
      <Icon name="report" size={16} />
      <ViewLink to={{ view: 'report', id }} className="ck-report-name ck-cut" title={title}>
        {title}
      </ViewLink>
      <span className="ck-report-who ck-dim" title={t('{name} changed it last; revision {n}', { name: updatedBy.name, n: revision })}>
        <Avatar id={updatedBy.id} name={updatedBy.name} /> <span className="ck-wide ck-cut">{updatedBy.name}</span>
      </span>
      <span className="ck-faint ck-report-when">
        <Ago at={updatedAt} />
      </span>
      {onRestore && (
        <button type="button" className="ck-btn ck-small" onClick={onRestore}>
          <Icon name="undo" size={13} /> {t('Restore')}
        </button>
      )}
    </li>
  );
}

function Nothing({
  isSearch,
  areDeleted,
  action,
  onAll,
}: {
  isSearch: boolean;
  areDeleted: boolean;
  action: ReactElement | false;
  onAll: () => void;
}): ReactElement {
  const t = useTranslate();
  if (isSearch || areDeleted) {
    const title = isSearch ? t('No report has this in its title or text.') : t('No deleted reports.');
    return (
      <Empty
        icon="search"
        title={title}
        actions={
          <button type="button" className="ck-btn" onClick={onAll}>
            {t('Show all reports')}
          </button>
        }
      />
    );
  }
  return (
    <Empty icon="report" title={t('No reports yet')} actions={action || undefined}>
      <p>
        {t(
          'A report is a page of Markdown with live charts: what was tried, what it showed, what comes next. Everybody here can read it by its address.',
        )}
      </p>
    </Empty>
  );
}

const REST = 200; // ms without a key; each search reads whole reports

/** The text as it was when nothing more was typed for a moment. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}
