/** Does it still see what it was trained on? Each column's spread now against training, those that moved most first. */
import type { ColumnCounts, Endpoint } from '@cellkeep/schema/deployment';
import type { ColumnBaseline } from '@cellkeep/schema/registry';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactElement, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { LineField } from '../../look/LineField.tsx';
import { Empty, ErrorState, Skeleton } from '../../look/states.tsx';
import { deploymentKeys, mainRelease, useDeploymentClient } from '../queries.ts';
import { releaseName } from '../releaseStyle.ts';
import { usePageVisible } from '../usePageVisible.ts';
import { DriftColumn } from './DriftColumn.tsx';
import { useBaseline } from './useBaseline.ts';

const SPANS = [3_600_000, 86_400_000, 604_800_000, 2_592_000_000] as const; // ms
const EVERY = 10_000; // ms; spreads are counted by the hour, and shown as they grow
const PAGE = 60; // pictures at first: of 10,000 columns those that moved most are what is looked for

export function Drift({ endpoint }: { endpoint: Endpoint }): ReactElement {
  const t = useTranslate();
  const { endpoints } = useDeploymentClient();
  const isSeen = usePageVisible();
  const main = mainRelease(endpoint);
  const [span, setSpan] = useState<number>(SPANS[1]);
  const [releaseId, setReleaseId] = useState<string | null>(null);
  const [find, setFind] = useState('');
  const [most, setMost] = useState(PAGE);
  const release = endpoint.releases.find(({ id }) => id === releaseId) ?? main;
  const { data, error, refetch } = useQuery({
    queryKey: deploymentKeys.drift(endpoint.name, { span, releaseId: release?.id }),
    enabled: release !== null,
    placeholderData: keepPreviousData,
    refetchInterval: isSeen ? EVERY : false,
    queryFn: ({ signal }) => endpoints.drift({ name: endpoint.name, from: Date.now() - span, releaseId: release?.id }, { signal }),
  });
  const baseline = useBaseline(release);
  const byName = useMemo(() => new Map<string, ColumnBaseline>(baseline?.map((column) => [column.name, column])), [baseline]);
  const columns = useMemo(() => sorted(data?.columns ?? []), [data]);
  const isOfExample = data?.baseline?.of === 'example';
  const shown = find ? columns.filter(({ name }) => name.toLowerCase().includes(find.toLowerCase())) : columns;
  if (!release) {
    return (
      <Empty icon="chart" title={t('Nothing to compare yet')}>
        <p>{t('It has no release.')}</p>
      </Empty>
    );
  }
  return (
    <div className="ck-endpoint-body">
      <div className="ck-bar ck-drift-bar">
        <select className="ck-field" aria-label={t('How far back')} value={span} onChange={(event) => setSpan(Number(event.target.value))}>
          {SPANS.map((ms) => (
            <option key={ms} value={ms}>
              {{ 3600000: t('last hour'), 86400000: t('last day'), 604800000: t('last week'), 2592000000: t('last 30 days') }[ms]}
            </option>
          ))}
        </select>
        {endpoint.releases.length > 1 && (
          <select className="ck-field" aria-label={t('Release')} value={release.id} onChange={(event) => setReleaseId(event.target.value)}>
            {endpoint.releases.map((one) => (
              <option key={one.id} value={one.id}>{`${releaseName(one, endpoint.releases)} (#${one.number})`}</option>
            ))}
          </select>
        )}
        <LineField className="ck-drift-find" value={find} label={t('Find a column')} hint={t('find a column')} onText={setFind} />
        <span className="ck-grow" />
        <span className="ck-drift-legend">
          <i className="ck-drift-now" /> {t('now, {n} rows', { n: groupThousands(data?.rows ?? 0) })}
          <i className="ck-drift-then" /> {isOfExample ? t('example') : t('training')}
        </span>
      </div>
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton rows={4} height={120} />
      ) : data.columns.length === 0 || data.rows === 0 ? (
        <Empty icon="chart" title={t('No rows in this time')}>
          <p>
            {data.columns.length === 0
              ? t('This version has no baseline of its training data, or nothing was asked yet.')
              : t('Its columns appear here as soon as it is asked.')}
          </p>
        </Empty>
      ) : shown.length === 0 ? (
        <Empty
          icon="search"
          title={t('No column has "{name}" in its name.', { name: find })}
          actions={
            <button type="button" className="ck-btn" onClick={() => setFind('')}>
              {t('Clear the search')}
            </button>
          }
        />
      ) : (
        <>
          {isOfExample && (
            <p className="ck-warned" role="note">
              {t(
                'Its training data was not recognised: the outline is that of {n} example rows, and nothing is judged by it. Promote it with train=… to know how it drifts.',
                { n: groupThousands(data.baseline?.rows ?? 0) },
              )}
            </p>
          )}
          <ul className="ck-drift" aria-label={t('Columns, those that moved most first')}>
            {shown.slice(0, most).map((column) => (
              <DriftColumn
                key={`${column.kind} ${column.name}`}
                column={column}
                baseline={byName.get(column.name) ?? null}
                isOfExample={isOfExample}
              />
            ))}
          </ul>
          {shown.length > most && (
            <button type="button" className="ck-btn ck-quiet" onClick={() => setMost(most + PAGE)}>
              {t('{shown} of {n} columns: show more', { shown: most, n: groupThousands(shown.length) })}
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** The answers first, then what moved most; what cannot be judged yet stands last. */
function sorted(columns: readonly ColumnCounts[]): ColumnCounts[] {
  const rank = ({ kind, psi }: ColumnCounts) => (kind === 'prediction' ? 1_000 : 0) + (psi ?? -1);
  return [...columns].sort((a, b) => rank(b) - rank(a) || a.name.localeCompare(b.name));
}
