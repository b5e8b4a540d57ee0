import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { ViewLink } from '../look/ViewLink.tsx';

interface Endpoint {
  endpoint: string;
  role: string;
  weight: number;
  version?: number;
}

/** The endpoints that a version, or a model's versions, answer for now. */
export function Serving({ endpoints }: { endpoints: readonly Endpoint[] }): ReactElement {
  const t = useTranslate();
  if (endpoints.length === 0) return <span className="ck-faint">–</span>;
  return (
    <span className="ck-chips">
      {endpoints.map(({ endpoint, role, weight, version }) => (
        <span key={`${endpoint} ${version} ${role}`} className="ck-serving">
          <ViewLink to={{ view: 'endpoint', name: endpoint }}>{endpoint}</ViewLink>{' '}
          <span className="ck-dim">
            {[version === undefined ? '' : `v${version}`, role === 'live' ? percent(weight) : t(role)].filter(Boolean).join(' ')}
          </span>
        </span>
      ))}
    </span>
  );
}

const percent = (share: number) => `${Math.round(share * 1_000) / 10}\u2009%`;
