import type { ReactElement } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { Empty } from '../look/states.tsx';

/** The server knows no such thing: says so, and leads on. */
export function Missing({ what, id }: { what: string; id: string }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  return (
    <Empty
      icon="search"
      title={what}
      actions={
        <button type="button" className="ck-btn ck-primary" onClick={() => host.navigate({ view: 'endpoints' })}>
          {t('All endpoints')}
        </button>
      }
    >
      <p>
        {t('Nothing of this workspace has the name or id')} <code className="ck-mono">{id}</code>.{' '}
        {t('It may be of another workspace, deleted, or the address was cut off.')}
      </p>
    </Empty>
  );
}
