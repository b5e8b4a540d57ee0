import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { Sparkline } from '../look/Sparkline.tsx';
import { formatMicros, formatRate, formatShare, sumTraffic } from './numbers.ts';
import type { Slot } from './traffic/slots.ts';

/** Requests, p95 and errors of the last while: each a number with its curve. The room for them is there before they are. */
export function TrafficNumbers({ slots }: { slots: readonly Slot[] | undefined }): ReactElement {
  const t = useTranslate();
  const shown = slots ?? [];
  const sum = slots ? sumTraffic(slots) : null;
  const rows = [
    {
      name: t('requests'),
      value: sum ? formatRate(sum.perSecond) : '–',
      title: sum ? t('{n} requests in this time', { n: sum.requests }) : undefined,
      values: shown.map(({ requests, seconds }) => requests / seconds),
      colour: 'var(--ck-brand)',
    },
    {
      name: t('p95'),
      value: sum?.p95Us == null ? '–' : formatMicros(sum.p95Us),
      title: sum?.p95Us == null ? t('Nothing was asked in this time') : `${sum.p95Us} µs`,
      values: shown.map(({ p95Us }) => p95Us ?? Number.NaN),
      colour: 'var(--ck-dim)',
    },
    {
      name: t('errors'),
      value: sum?.errorShare == null ? '–' : formatShare(sum.errorShare),
      title: sum ? t('{n} answers of 5xx', { n: sum.errors }) : undefined,
      values: shown.map(({ serverErrors }) => serverErrors),
      colour: (sum?.errors ?? 0) > 0 ? 'var(--ck-bad)' : 'var(--ck-faint)',
      isBad: (sum?.errors ?? 0) > 0,
    },
  ];
  return (
    <dl className="ck-traffic">
      {rows.map(({ name, value, title, values, colour, isBad }) => (
        <div key={name} title={title}>
          <dt>{name}</dt>
          <dd className={isBad ? 'ck-bad' : undefined}>{value}</dd>
          <Sparkline values={values} colour={colour} width={64} height={16} />
        </div>
      ))}
    </dl>
  );
}
