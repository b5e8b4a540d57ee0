import type { VerifyOptions } from '@cellkeep/schema/design';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useHost, useTranslate } from '../../host.ts';
import { errorText } from '../../look/states.tsx';
import { newId } from '../newId.ts';
import { designKeys, useDesign, useSchedules } from '../queries.ts';

const EVERY = [1, 6, 24, 24 * 7, 24 * 30]; // hours

/** Verify it again and again, so that one hears when it can be made no more. */
export function Schedule({ runId, options, canRun }: { runId: string; options: VerifyOptions; canRun: boolean }): ReactElement | null {
  const t = useTranslate();
  const host = useHost();
  const cache = useQueryClient();
  const { schedules } = useDesign();
  const { data } = useSchedules(runId);
  const [hours, setHours] = useState(24);
  const mayWrite = useMayWrite();
  const act = async (work: () => Promise<unknown>) => {
    try {
      await work();
      await cache.invalidateQueries({ queryKey: designKeys.schedules(runId) });
    } catch (failure) {
      host.notify(errorText(failure, t), 'error');
    }
  };
  if (!data || (data.length === 0 && !mayWrite)) return null;
  const words = (every: number) =>
    every % 24 === 0
      ? t(every === 24 ? 'every day' : 'every {n} days', { n: every / 24 })
      : t(every === 1 ? 'every hour' : 'every {n} hours', { n: every });
  return (
    <section className="ck-nb-schedule" aria-label={t('By the clock')}>
      <h3>{t('By the clock')}</h3>
      {data.map(({ id, everyHours, nextAt, userName, options: { how } }) => (
        <p key={id}>
          <span>
            {words(everyHours)} · {how === 'order' ? t('all, in order') : t('only its slice')} · {userName}{' '}
            <span className="ck-dim">
              {t('next')} <NextAt at={nextAt} />
            </span>
          </span>
          {mayWrite && (
            <button type="button" className="ck-btn ck-small" onClick={() => void act(() => schedules.delete({ id }))}>
              {t('No more')}
            </button>
          )}
        </p>
      ))}
      {data.length === 0 && canRun && (
        <p>
          <select className="ck-field" aria-label={t('How often')} value={hours} onChange={({ target }) => setHours(Number(target.value))}>
            {EVERY.map((every) => (
              <option key={every} value={every}>
                {words(every)}
              </option>
            ))}
          </select>
          <button
            type="button"
            className="ck-btn ck-small"
            onClick={() => void act(() => schedules.put({ id: newId(), runId, everyHours: hours, options }))}
          >
            {t('Verify by the clock')}
          </button>
        </p>
      )}
    </section>
  );
}

function NextAt({ at }: { at: number }): ReactElement {
  const t = useTranslate();
  if (at <= Date.now()) return <>{t('now')}</>;
  return (
    <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}</time>
  );
}
