/** The states that every chart of runs has before it can be drawn. */
import type { ReactElement, ReactNode } from 'react';
import { useTranslate } from '../host.ts';
import { Empty, ErrorState, Skeleton } from '../look/states.tsx';
import type { ChartRuns } from './chartRuns.ts';

export function ChartOf({ found, children }: { found: ChartRuns; children: () => ReactNode }): ReactElement {
  const t = useTranslate();
  if (found.error && found.runs.length === 0) return <ErrorState error={found.error} onRetry={found.refetch} />;
  if (found.isLoading) return <Skeleton rows={8} />;
  if (found.runs.length === 0) {
    return (
      <Empty icon="chart" title={t('No runs')}>
        <p>{t('No run is chosen, or none matches the filter.')}</p>
      </Empty>
    );
  }
  return <>{children()}</>;
}
