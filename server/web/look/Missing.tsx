import type { ReactElement } from 'react';
import { useHost, type View } from '../host.ts';
import { Empty } from './states.tsx';

/** The server knows no such thing: says so, why that may be, and leads on. */
export function Missing({
  title,
  said,
  id,
  why,
  to,
  label,
}: {
  title: string;
  /** Ends where the id follows: "No run of this workspace has the id". */
  said: string;
  id: string;
  why: string;
  /** Where the button leads. */
  to: View;
  label: string;
}): ReactElement {
  const host = useHost();
  return (
    <Empty
      icon="search"
      title={title}
      actions={
        <button type="button" className="ck-btn ck-primary" onClick={() => host.navigate(to)}>
          {label}
        </button>
      }
    >
      <p>
        {said} <code className="ck-mono">{id}</code>. {why}
      </p>
    </Empty>
  );
}
