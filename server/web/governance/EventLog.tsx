import type { Event } from '@cellkeep/schema/governance';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { groupThousands } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { Empty, ErrorState, errorText, Skeleton } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { ViewLink } from '../look/ViewLink.tsx';

const PAGE = 100; // rows

/** Who changed what, newest first; the chain of hashes can be checked here. */
export function EventLog(): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const [what, setWhat] = useState('');
  const events = useInfiniteQuery({
    queryKey: ['events', what],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => client.governance.events({ limit: PAGE, cursor: pageParam, what: what || undefined }, { signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  if (events.error && !events.data) return <ErrorState error={events.error} onRetry={() => void events.refetch()} />;
  if (!events.data) return <Skeleton rows={10} />;
  const all = events.data.pages.flatMap((page) => page.events);
  return (
    <section aria-label={t('Audit log')}>
      <div className="ck-line-form">
        <p className="ck-dim ck-grow">
          {t('Every change of this workspace. Each entry carries the hash of the one before it, so that none can be changed unseen.')}
        </p>
        {what && (
          <button type="button" className="ck-chip" onClick={() => setWhat('')}>
            {what} <Icon name="close" size={12} />
          </button>
        )}
        <ChainCheck />
      </div>
      {all.length === 0 ? (
        <Empty icon="log" title={t('Nothing was changed yet.')} />
      ) : (
        <table className="ck-list">
          <thead>
            <tr>
              <th>{t('When')}</th>
              <th>{t('Who')}</th>
              <th>{t('What')}</th>
              <th>{t('Subject')}</th>
              <th className="ck-wide">{t('Details')}</th>
            </tr>
          </thead>
          <tbody>
            {all.map((event) => (
              <tr key={event.seq}>
                <td className="ck-dim">
                  <Ago at={event.at} />
                </td>
                <td>{event.who}</td>
                <td>
                  <button type="button" className="ck-link" title={t('Only these')} onClick={() => setWhat(event.what)}>
                    {event.what}
                  </button>
                </td>
                <td className="ck-mono">
                  <Subject subject={event.subject} />
                </td>
                <td className="ck-wide ck-dim ck-event-data">{dataText(event)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {events.hasNextPage && (
        <button type="button" className="ck-btn ck-more" disabled={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
          {t('Show older')}
        </button>
      )}
    </section>
  );
}

/** `run:7f3c…` leads to the run. */
function Subject({ subject }: { subject: string }): ReactElement {
  const [kind = '', id = ''] = subject.split(/:(.*)/s);
  const short = `${kind}:${id.length > 12 ? `${id.slice(0, 8)}…` : id}`;
  if (kind === 'run') return <ViewLink to={{ view: 'run', id }}>{short}</ViewLink>;
  if (kind === 'experiment') return <ViewLink to={{ view: 'experiment', id }}>{short}</ViewLink>;
  return <span title={subject}>{short}</span>;
}

function dataText({ data }: Event): string {
  return Object.entries(data)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ');
}

function ChainCheck(): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const [said, setSaid] = useState<{ text: string; isBad: boolean } | null>(null);
  const check = async () => {
    try {
      const { checked, brokenAt } = await client.governance.verifyEvents();
      const n = groupThousands(checked);
      setSaid(
        brokenAt === null
          ? { text: t('{n} entries checked, the chain holds', { n }), isBad: false }
          : { text: t('The chain is broken at entry {seq}', { seq: brokenAt }), isBad: true },
      );
    } catch (error) {
      setSaid({ text: errorText(error, t), isBad: true });
    }
  };
  return (
    <>
      {said && (
        <span role="status" className={said.isBad ? 'ck-bad' : 'ck-dim'}>
          {said.text}
        </span>
      )}
      <button type="button" className="ck-btn" onClick={() => void check()}>
        <Icon name="check" size={14} /> {t('Check the chain')}
      </button>
    </>
  );
}
