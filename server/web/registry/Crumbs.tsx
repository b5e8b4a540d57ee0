import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { ViewLink } from '../look/ViewLink.tsx';

/** The way back from a page of the registry: to all models, and below a model to that. */
export function Crumbs({ label, model }: { label: string; model?: string }): ReactElement {
  const t = useTranslate();
  return (
    <nav className="ck-run-crumbs" aria-label={label}>
      <ViewLink to={{ view: 'models' }}>{t('Models')}</ViewLink>
      {model !== undefined && (
        <>
          <span aria-hidden="true">/</span>
          <ViewLink to={{ view: 'model', name: model }} className="ck-crumb">
            {model}
          </ViewLink>
        </>
      )}
    </nav>
  );
}
