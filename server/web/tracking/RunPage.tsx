import type { ReactElement } from 'react';

export function RunPage(_: { id: string; tab?: string; onTab?: (tab: string) => void }): ReactElement | null {
  return null;
}
