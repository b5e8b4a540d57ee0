import type { Endpoint } from '@cellkeep/schema/deployment';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { CopyButton } from '../../look/CopyButton.tsx';
import { exactTime } from '../../look/format.ts';
import { LineField } from '../../look/LineField.tsx';
import { ErrorState, Skeleton } from '../../look/states.tsx';
import { Section } from '../../tracking/run/Section.tsx';
import { deploymentKeys, TRAFFIC_EVERY, useDeploymentClient } from '../queries.ts';
import { usePageVisible } from '../usePageVisible.ts';

const LINES = 500;

/** What hosts and workers wrote, newest last; it follows the end until somebody scrolls up. */
export function Logs({ endpoint }: { endpoint: Endpoint }): ReactElement {
  const t = useTranslate();
  const { endpoints } = useDeploymentClient();
  const isSeen = usePageVisible();
  const box = useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = useState(true);
  const [find, setFind] = useState('');
  const { data, error, refetch } = useQuery({
    queryKey: deploymentKeys.logs(endpoint.name),
    refetchInterval: isSeen ? TRAFFIC_EVERY : false,
    queryFn: async ({ signal }) => (await endpoints.logs({ name: endpoint.name, lines: LINES }, { signal })).lines,
  });
  const lines = (data ?? []).filter(({ text }) => !find || text.toLowerCase().includes(find.toLowerCase()));
  const last = data?.at(-1)?.at;
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines scroll into view
  useEffect(() => {
    if (isFollowing && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [last, data?.length, isFollowing, find]);
  return (
    <Section
      title={t('Logs')}
      aside={
        <>
          <LineField className="ck-logs-find" value={find} label={t('Find in the logs')} hint={t('find')} onText={setFind} />
          <CopyButton text={lines.map(({ at, text }) => `${new Date(at).toISOString()} ${text}`).join('\n')} label={t('Copy the lines')} />
        </>
      }
    >
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton rows={4} height={20} />
      ) : data.length === 0 ? (
        <p className="ck-run-none">{t('Its hosts have written nothing yet.')}</p>
      ) : (
        <section
          ref={box}
          className="ck-logs"
          aria-label={t('Lines, newest last')}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled with the keyboard
          tabIndex={0}
          onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) =>
            setFollowing(scrollHeight - scrollTop - clientHeight < 24)
          }
        >
          {lines.map(({ at, host, stream, text }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines may be alike in all but their place
            <p key={`${at} ${i}`} data-stream={stream}>
              <time title={exactTime(at)}>{new Date(at).toLocaleTimeString()}</time>
              <span title={host}>{host.slice(0, 8)}</span>
              <code>{text}</code>
            </p>
          ))}
        </section>
      )}
    </Section>
  );
}
