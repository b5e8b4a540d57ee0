import type { ReactElement } from 'react';

export function RunsSidebar(): ReactElement | null {
  return null;
}
