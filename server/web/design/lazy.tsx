/** Views of notebooks that not every page has: their code comes when the first is shown. */
import { type ComponentType, lazy, type ReactElement, Suspense } from 'react';
import { Skeleton } from '../look/states.tsx';

export const NotebookTab = whenShown(() => import('./NotebookTab.tsx'));
export const SnapshotPage = whenShown(() => import('./SnapshotPage.tsx'));
export const SnapshotDiffPage = whenShown(() => import('./SnapshotDiffPage.tsx'));
export const HistoryPage = whenShown(() => import('./HistoryPage.tsx'));
export const CompareNotebooks = whenShown(() => import('./CompareNotebooks.tsx'));

function whenShown<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>): (props: Props) => ReactElement {
  const View = lazy(load) as unknown as (props: Props) => ReactElement;
  return (props) => (
    <Suspense fallback={<Skeleton rows={10} />}>
      <View {...props} />
    </Suspense>
  );
}
