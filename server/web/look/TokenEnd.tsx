/** When a token ends: how it is chosen, and how it is told. */
import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { exactTime } from './format.ts';

/** @param days as the field holds it, a whole number; "0": it does not end */
export function TokenEndField({ days, onDays }: { days: string; onDays: (days: string) => void }): ReactElement {
  const t = useTranslate();
  return (
    <select className="ck-field" value={days} aria-label={t('Ends')} onChange={(event) => onDays(event.target.value)}>
      <option value="0">{t('does not end')}</option>
      <option value="30">{t('ends in 30 days')}</option>
      <option value="365">{t('ends in a year')}</option>
    </select>
  );
}

/** @param at ms since 1970; null: it does not end */
export function TokenEnd({ at }: { at: number | null }): ReactElement {
  const t = useTranslate();
  if (at === null) return <>–</>;
  if (at < Date.now()) return <span className="ck-bad">{t('ended')}</span>;
  return <>{exactTime(at)}</>;
}
