import type { ReactElement } from 'react';
import { useMayWrite } from '../access/queries.ts';
import { useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';

/** Who may only look is told so before pressing anything, and whom to ask. */
export function ReadOnly(): ReactElement | null {
  const t = useTranslate();
  if (useMayWrite()) return null;
  return (
    <p className="ck-run-note" role="status">
      <Icon name="eye" size={14} />{' '}
      {t('You may look at endpoints and ask them. To change them, ask an owner of this workspace for the role editor.')}
    </p>
  );
}
