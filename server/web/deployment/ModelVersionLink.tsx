import type { ReactElement } from 'react';
import { ViewLink } from '../look/ViewLink.tsx';

/** The version that answers, by name. */
export function ModelVersionLink({ name, version }: { name: string; version: number }): ReactElement {
  return (
    <ViewLink to={{ view: 'modelVersion', name, version }}>
      {name} v{version}
    </ViewLink>
  );
}
