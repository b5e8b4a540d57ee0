import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { ViewLink } from '../look/ViewLink.tsx';

interface Served {
  endpoint: string;
  role: string;
  weight: number;
  version?: number;
}

/** The endpoints that a version, or a model's versions, answer for now: each once, with its releases. */
export function Serving({ endpoints }: { endpoints: readonly Served[] }): ReactElement {
  const t = useTranslate();
  if (endpoints.length === 0) return <span className="ck-faint">–</span>;
  const names = [...new Set(endpoints.map(({ endpoint }) => endpoint))];
  const releaseOf = ({ role, weight, version }: Served) =>
    [version === undefined ? '' : `v${version}`, role === 'live' ? percent(weight) : t(role)].filter(Boolean).join(' ');
  return (
    <span className="ck-chips">
      {names.map((name) => (
        <span key={name} className="ck-serving">
          <ViewLink to={{ view: 'endpoint', name }}>{name}</ViewLink>{' '}
          <span className="ck-dim">
            {endpoints
              .filter(({ endpoint }) => endpoint === name)
              .map(releaseOf)
              .join(', ')}
          </span>
        </span>
      ))}
    </span>
  );
}

const percent = (share: number) => `${Math.round(share * 1_000) / 10}\u2009%`;
