/** Charts that not every page has: their code comes when the first is shown. */
import { type ComponentType, lazy, type ReactElement, Suspense } from 'react';
import { Skeleton } from '../look/states.tsx';
import type { BoxOptions } from './BoxPlot.tsx';
import type { ChartProps } from './chartProps.ts';
import type { ParallelOptions } from './ParallelCoordinates.tsx';
import type { ImportanceOptions } from './ParamImportance.tsx';
import type { ScatterOptions } from './Scatter.tsx';

export const Scatter = whenShown<ScatterOptions>(async () => (await import('./Scatter.tsx')).Scatter);
export const ParallelCoordinates = whenShown<ParallelOptions>(async () => (await import('./ParallelCoordinates.tsx')).ParallelCoordinates);
export const BoxPlot = whenShown<BoxOptions>(async () => (await import('./BoxPlot.tsx')).BoxPlot);
export const ParamImportance = whenShown<ImportanceOptions>(async () => (await import('./ParamImportance.tsx')).ParamImportance);

function whenShown<Options>(load: () => Promise<ComponentType<ChartProps<Options>>>): (props: ChartProps<Options>) => ReactElement {
  const Chart = lazy(async () => ({ default: await load() }));
  return (props) => (
    <Suspense fallback={<Skeleton rows={8} />}>
      <Chart {...props} />
    </Suspense>
  );
}
