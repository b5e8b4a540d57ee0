/** Views of notebooks that not every page has. */
import type { Run } from '@cellkeep/schema/tracking';
import { whenShown } from '../look/whenShown.tsx';

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
