import type { Bundle } from '@cellkeep/schema/registry';
import { fromWire } from '@cellkeep/schema/wire';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { exactNumber, formatDuration, groupThousands } from '../../look/format.ts';
import { Tick } from '../Tick.tsx';

/** How it came to be served as it is, and how far its answers are from the original's. */
export function ExportReport({ bundle }: { bundle: Bundle }): ReactElement {
  const t = useTranslate();
  const { tried, rows, maxDifference, labelsDiffer, tolerance, seconds } = bundle.export;
  return (
    <section className="ck-section" aria-label={t('Export')}>
      <h2>{t('Export')}</h2>
      <ul className="ck-findings">
        {tried.map(({ runtime, ok, reason }) => (
          <li key={runtime}>
            <Tick passes={ok} word={ok ? t('worked') : t('did not work')} />
            <strong>{runtime}</strong>
            {reason && `: ${reason}`}
          </li>
        ))}
      </ul>
      <dl className="ck-facts">
        <dt>{t('Compared on')}</dt>
        <dd>
          {t('{example} rows of the example and {random} random ones', {
            example: groupThousands(rows.example),
            random: groupThousands(rows.random),
          })}
        </dd>
        <dt>{t('Greatest difference')}</dt>
        <dd title={maxDifference === null ? undefined : exactNumber(maxDifference)}>
          {maxDifference === null
            ? t('nothing was compared')
            : `${Number(fromWire(maxDifference).toPrecision(2))} (${t('{tolerance} was allowed', { tolerance })})`}
        </dd>
        <dt>{t('Other labels')}</dt>
        <dd>{groupThousands(labelsDiffer)}</dd>
        <dt>{t('Took')}</dt>
        <dd>{formatDuration(seconds * 1_000)}</dd>
      </dl>
    </section>
  );
}
