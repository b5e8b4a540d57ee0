import type { ReactElement } from 'react';

export function ComparePage(_: { runIds: string[]; onRuns?: (runIds: string[]) => void }): ReactElement | null {
  return null;
}
