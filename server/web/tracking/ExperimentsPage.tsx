import type { ReactElement } from 'react';

export function ExperimentsPage(): ReactElement | null {
  return null;
}
