import type { ReactElement } from 'react';

export function RunTable(_: { id: string; search?: string; onSearch?: (search: string) => void }): ReactElement | null {
  return null;
}
