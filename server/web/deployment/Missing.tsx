import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { Missing as MissingThing } from '../look/Missing.tsx';

export function Missing({ what, id }: { what: string; id: string }): ReactElement {
  const t = useTranslate();
  return (
    <MissingThing
      title={what}
      said={t('Nothing of this workspace has the name or id')}
      id={id}
      why={t('It may be of another workspace, deleted, or the address was cut off.')}
      to={{ view: 'endpoints' }}
      label={t('All endpoints')}
    />
  );
}
