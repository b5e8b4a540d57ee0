import type { ReactElement } from 'react';

/** The version that answers, by name. */
export function ModelVersionLink({ name, version }: { name: string; version: number }): ReactElement {
  return (
    <span>
      {name} v{version}
    </span>
  );
}
