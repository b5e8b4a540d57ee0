/** *Promote…* for what is stored: a run's model, a logged model, a version. The form opens at the button; the steps are a page of their own. */
import type { PromotionSource } from '@cellkeep/schema/deployment';
import { type ReactElement, useRef, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useHost, useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { Popover } from '../../look/Popover.tsx';
import { suggestName } from './names.ts';
import { PromoteForm, type PromoteWish } from './PromoteForm.tsx';
import { usePromote } from './usePromote.ts';

export function PromoteAction({
  source,
  name,
  isPrimary = false,
  isSmall = false,
}: {
  source: Exclude<PromotionSource, { kind: 'cell' }>;
  /** What the model is called already; of a version its model's name, which it keeps. */
  name?: string;
  isPrimary?: boolean;
  isSmall?: boolean;
}): ReactElement | null {
  const t = useTranslate();
  const host = useHost();
  const start = usePromote();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const isVersion = source.kind === 'version';
  const mayChange = useMayWrite();
  const promote = async ({ modelName, endpoint, options, trustUser }: PromoteWish) => {
    const id = await start({ source, modelName, endpoint, options, trustUser });
    setOpen(false);
    host.navigate({ view: 'promotion', id });
  };
  if (!mayChange) return null;
  return (
    <>
      <button
        ref={button}
        type="button"
        className={['ck-btn', isPrimary && 'ck-primary', isSmall && 'ck-small'].filter(Boolean).join(' ')}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        title={t('Put it behind an endpoint')}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="rocket" size={14} /> {t('Promote…')}
      </button>
      {isOpen && (
        <Popover anchor={button} onClose={() => setOpen(false)} label={t('Promote')} className="ck-details ck-promote-popover" align="end">
          <PromoteForm
            name={isVersion ? source.modelName : suggestName(name)}
            fixedName={isVersion}
            canChooseRuntime={!isVersion}
            onPromote={promote}
            onCancel={() => setOpen(false)}
          />
        </Popover>
      )}
    </>
  );
}
