/** Views of notebooks that not every page has: their code comes when the first is shown, and what breaks one leaves the page around it. */
import type { Run } from '@cellkeep/schema/tracking';
import { type ComponentType, lazy, type ReactElement, Suspense } from 'react';
import { useTranslate } from '../host.ts';
import { Boundary } from '../look/Boundary.tsx';
import { ErrorState, errorText, Skeleton } from '../look/states.tsx';

export const NotebookTab = whenShown(
  () => import('./NotebookTab.tsx'),
  ({ run }: { run: Run }) => run.id,
);
export const SnapshotPage = whenShown(
  () => import('./SnapshotPage.tsx'),
  ({ id }) => id,
);
export const SnapshotDiffPage = whenShown(
  () => import('./SnapshotDiffPage.tsx'),
  ({ before, after }) => `${before} ${after}`,
);
export const HistoryPage = whenShown(
  () => import('./HistoryPage.tsx'),
  ({ notebookId }) => notebookId,
);
export const CompareNotebooks = whenShown(
  () => import('./CompareNotebooks.tsx'),
  ({ before, after }) => `${before.id} ${after.id}`,
);

function whenShown<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
  nameOf: (props: Props) => string,
): (props: Props) => ReactElement {
  const make = () => lazy(load) as unknown as (props: Props) => ReactElement;
  let View = make();
  return function WhenShown(props) {
    const t = useTranslate();
    return (
      <Boundary
        of={nameOf(props)}
        otherwise={(error, again) => (
          <ErrorState
            error={new Error(t('This view cannot be shown: {reason}', { reason: errorText(error, t) }))}
            onRetry={() => {
              View = make(); // code that could not be loaded is asked for again
              again();
            }}
          />
        )}
      >
        <Suspense fallback={<Skeleton rows={10} />}>
          <View {...props} />
        </Suspense>
      </Boundary>
    );
  };
}
