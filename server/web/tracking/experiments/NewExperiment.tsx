import { type FormEvent, type ReactElement, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { Popover } from '../../look/Popover.tsx';

/** A name is all that is needed; why it was not taken stands under it. */
export function NewExperiment({ onCreate }: { onCreate: (name: string) => Promise<string | null> }): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [refused, setRefused] = useState<string | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    setName('');
    setRefused(null);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const clean = name.trim();
    if (!clean) return;
    const failed = await onCreate(clean);
    if (failed === null) close();
    else setRefused(failed);
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className="ck-btn"
        aria-expanded={isOpen}
        aria-label={t('New experiment')}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="plus" size={14} /> <span className="ck-wide">{t('New experiment')}</span>
      </button>
      {isOpen && (
        <Popover anchor={button} align="end" onClose={close} label={t('New experiment')} className="ck-form-popover">
          <form onSubmit={(event) => void submit(event)}>
            <input
              data-first
              className="ck-field"
              value={name}
              maxLength={250}
              aria-label={t('Name of the new experiment')}
              aria-invalid={refused !== null}
              placeholder={t('name')}
              onChange={(event) => {
                setName(event.target.value);
                setRefused(null);
              }}
            />
            <button type="submit" className="ck-btn ck-primary" disabled={!name.trim()}>
              {t('Make')}
            </button>
          </form>
          {refused && (
            <p className="ck-filter-error" role="alert">
              {refused}
            </p>
          )}
        </Popover>
      )}
    </>
  );
}
