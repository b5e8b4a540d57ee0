/** One report: read by everybody, written by editors; the page is its address. */
import type { Report } from '@cellkeep/schema/collaboration';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { useMayWrite } from '../access/queries.ts';
import { fileName, saveText } from '../charts/exportFiles.ts';
import { useHost, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { Icon } from '../look/icons.tsx';
import { MenuButton } from '../look/Menu.tsx';
import { Empty, ErrorState, errorText, OfflineBanner, Skeleton } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { isMissing } from '../tracking/queries.ts';
import { Onlookers } from './Avatars.tsx';
import { Comments } from './Comments.tsx';
import { printReport } from './printReport.ts';
import { collaborationKeys, usePeople, useReport } from './queries.ts';
import { ReportBody } from './ReportBody.tsx';
import { ReportEditor } from './ReportEditor.tsx';
import { ReportHistory } from './ReportHistory.tsx';
import { editAtOnce, reportDraftOf } from './reportDrafts.ts';
import { useCollaboration } from './watch.ts';

export function ReportPage({ id }: { id: string }): ReactElement {
  const t = useTranslate();
  const { data: report, error, refetch } = useReport(id);
  const people = useCollaboration(report ? `report:${id}` : null);
  if (!report) {
    if (error && isMissing(error)) {
      return (
        <Empty
          icon="search"
          title={t('There is no such report')}
          actions={
            <ViewLink to={{ view: 'reports' }} className="ck-btn ck-primary">
              {t('All reports')}
            </ViewLink>
          }
        >
          <p>{t('It may be of another workspace, or the address was cut off.')}</p>
        </Empty>
      );
    }
    return error ? (
      <ErrorState error={error} onRetry={() => void refetch()} />
    ) : (
      <div className="ck-page">
        <Skeleton rows={12} />
      </div>
    );
  }
  return <Page key={id} report={report} onlookers={<Onlookers people={people} />} />;
}

function Page({ report, onlookers }: { report: Report; onlookers: ReactElement }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const client = useClient();
  const cache = useQueryClient();
  const page = useRef<HTMLDivElement>(null);
  const people = usePeople().data;
  const mayWrite = useMayWrite();
  const { id, title, lifecycle } = report;
  const isDeleted = lifecycle === 'deleted';
  const [isEditing, setEditing] = useState(() => editAtOnce.delete(id) || reportDraftOf(id) !== null);
  const [isHistory, setHistory] = useState(false);

  useEffect(() => {
    if (isEditing || !mayWrite || isDeleted) return;
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== 'e' || event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, [role=menu]')) return;
      event.preventDefault();
      setEditing(true);
    };
    const element = page.current;
    element?.addEventListener('keydown', onKey);
    return () => element?.removeEventListener('keydown', onKey);
  }, [isEditing, mayWrite, isDeleted]);

  const put = (next: Report) => {
    cache.setQueryData(collaborationKeys.report(id), next);
    void cache.invalidateQueries({ queryKey: collaborationKeys.reports });
    void cache.invalidateQueries({ queryKey: collaborationKeys.revisions(id) });
  };
  const attempt = async (work: () => Promise<Report>) => {
    try {
      put(await work());
    } catch (error) {
      host.notify(errorText(error, t), 'error');
    }
  };

  if (isEditing && !isDeleted && mayWrite) {
    return <ReportEditor report={report} onlookers={onlookers} onSaved={put} onClose={() => setEditing(false)} />;
  }
  return (
    <div ref={page} className="ck-page ck-report-page" tabIndex={-1}>
      <OfflineBanner />
      <header className="ck-head ck-report-head">
        <ViewLink to={{ view: 'reports' }} className="ck-crumb">
          {t('Reports')}
        </ViewLink>
        <span className="ck-faint" aria-hidden="true">
          /
        </span>
        <h1 title={title}>{title}</h1>
        <span className="ck-faint ck-head-note ck-wide">
          {t('{name}, revision {n}', { name: report.updatedBy.name, n: report.revision })} · <Ago at={report.updatedAt} />
        </span>
        <span className="ck-grow" />
        {onlookers}
        {mayWrite && !isDeleted && (
          <button type="button" className="ck-btn ck-primary" title={t('Edit (e)')} onClick={() => setEditing(true)}>
            <Icon name="pencil" size={14} /> {t('Edit')}
          </button>
        )}
        <button
          type="button"
          className="ck-btn ck-toggle"
          aria-pressed={isHistory}
          aria-label={t('History')}
          onClick={() => setHistory(!isHistory)}
        >
          <Icon name="history" size={14} /> <span className="ck-wide">{t('History')}</span>
        </button>
        <MenuButton
          label={t('More for this report')}
          className="ck-icon-btn"
          align="end"
          items={() => [
            { label: t('Copy its address'), icon: 'copy', onSelect: () => void copyAddress() },
            { label: t('Print, or save as PDF'), icon: 'file', onSelect: () => void printReport(page.current) },
            {
              label: t('Save as Markdown'),
              icon: 'download',
              onSelect: () => saveText(fileName(title, 'md'), `# ${title}\n\n${report.body}`, 'text/markdown'),
            },
            ...(mayWrite && !isDeleted
              ? [
                  null,
                  {
                    label: t('Delete'),
                    icon: 'bin' as const,
                    danger: true,
                    onSelect: () => void attempt(() => client.collaboration.reports.delete({ id })),
                  },
                ]
              : []),
          ]}
        >
          <Icon name="more" />
        </MenuButton>
      </header>
      {isDeleted && (
        <p className="ck-run-note ck-report-note" role="status">
          <Icon name="bin" size={14} />{' '}
          <span className="ck-grow">{t('This report is deleted: it is in no list until it is restored.')}</span>
          {mayWrite && (
            <button
              type="button"
              className="ck-btn ck-small"
              onClick={() => void attempt(() => client.collaboration.reports.restore({ id }))}
            >
              <Icon name="undo" size={13} /> {t('Restore')}
            </button>
          )}
        </p>
      )}
      {isHistory ? (
        <ReportHistory report={report} mayWrite={mayWrite && !isDeleted} onRestored={put} onClose={() => setHistory(false)} />
      ) : (
        <div className="ck-scroll ck-report-sheet">
          {report.body.trim() ? (
            <ReportBody body={report.body} people={people} />
          ) : (
            <Empty icon="report" title={t('Nothing is written yet')}>
              <p>{t('Edit it: Markdown on the left, the page on the right; charts are put in from the menu.')}</p>
            </Empty>
          )}
          <section className="ck-report-comments" aria-label={t('Comments')}>
            <h2>{t('Comments')}</h2>
            <Comments subject={`report:${id}`} />
          </section>
        </div>
      )}
    </div>
  );

  async function copyAddress(): Promise<void> {
    try {
      await navigator.clipboard.writeText(host.href({ view: 'report', id }) ?? '');
      host.notify(t('The address is copied. Everybody with a login here can open it.'), 'info');
    } catch {
      host.notify(t('The browser does not allow copying here.'), 'error');
    }
  }
}
