/** Two releases by what people said of their answers: the difference with its interval, and whether it may be believed already. */
import type { Endpoint } from '@cellkeep/schema/deployment';
import { fromWire } from '@cellkeep/schema/wire';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { formatMetric, formatNumber, groupThousands } from '../../look/format.ts';
import { errorText, Skeleton } from '../../look/states.tsx';
import { Section } from '../../tracking/run/Section.tsx';
import { formatSigned } from '../numbers.ts';
import { deploymentKeys, useDeploymentClient } from '../queries.ts';
import { releaseName } from '../releaseStyle.ts';

export function AbTest({ endpoint }: { endpoint: Endpoint }): ReactElement | null {
  const t = useTranslate();
  const { endpoints } = useDeploymentClient();
  const asked = endpoint.releases.filter(({ liveAt, role }) => role !== 'shadow' && (liveAt !== null || role === 'canary'));
  const [a, setA] = useState<string | null>(null);
  const [b, setB] = useState<string | null>(null);
  // The newest against the one before it, of those that answer where there are two, until somebody wants to know something else.
  const answering = asked.filter(({ role, weight }) => (role === 'live' || role === 'canary') && weight > 0);
  const [newest, before] = answering.length > 1 ? answering : asked;
  const first = asked.find(({ id }) => id === a) ?? before;
  const second = asked.find(({ id }) => id === b) ?? newest;
  const isPair = first !== undefined && second !== undefined && first.id !== second.id;
  const { data, error, isPending } = useQuery({
    queryKey: deploymentKeys.compare(endpoint.name, first?.id ?? '', second?.id ?? ''),
    enabled: isPair,
    queryFn: ({ signal }) => endpoints.compare({ name: endpoint.name, a: first?.id ?? '', b: second?.id ?? '' }, { signal }),
  });
  if (asked.length < 2) return null;
  const choice = (label: string, value: string | undefined, onChange: (id: string) => void) => (
    <select className="ck-field" aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {asked.map((release) => (
        <option key={release.id} value={release.id}>{`${releaseName(release, asked)} (#${release.number})`}</option>
      ))}
    </select>
  );
  return (
    <Section title={t('A/B by feedback')}>
      <p className="ck-ab-choice">
        {choice(t('Compare this release'), second?.id, setB)} {t('against')} {choice(t('against this one'), first?.id, setA)}
      </p>
      {!isPair ? (
        <p className="ck-run-none">{t('Choose two releases.')}</p>
      ) : error && !data ? (
        <p className="ck-run-none" role="alert">
          {errorText(error, t)}
        </p>
      ) : isPending || !data ? (
        <Skeleton rows={2} height={22} />
      ) : data.a.n === 0 || data.b.n === 0 ? (
        <p className="ck-run-none">
          {t('Feedback so far: {a} and {b}. Send it with the id of a prediction, or on its page.', { a: data.a.n, b: data.b.n })}
        </p>
      ) : (
        <>
          <p className="ck-ab-result" data-decision={data.decision}>
            <b>{{ better: t('better'), worse: t('worse'), undecided: t('undecided') }[data.decision]}</b> {t('by')}{' '}
            <b>{formatSigned(fromWire(data.difference))}</b>{' '}
            <span className="ck-dim">
              {t('95 % interval {low} … {high}', { low: formatMetric(data.low), high: formatMetric(data.high) })}
            </span>
          </p>
          <Interval low={fromWire(data.low)} high={fromWire(data.high)} middle={fromWire(data.difference)} />
          <p className="ck-faint">
            {t('means {b} of {nb} and {a} of {na}', {
              b: formatMetric(data.b.mean),
              nb: groupThousands(data.b.n),
              a: formatMetric(data.a.mean),
              na: groupThousands(data.a.n),
            })}
            {data.sequentialP !== null && ` · ${t('p {p}, valid at any time', { p: formatNumber(data.sequentialP) })}`}
            {data.pValue !== null && ` · ${t('p {p}, if the end was fixed before', { p: formatNumber(data.pValue) })}`}
          </p>
        </>
      )}
    </Section>
  );
}

/** The interval on a line with zero in it: one that crosses zero has decided nothing. */
function Interval({ low, high, middle }: { low: number; high: number; middle: number }): ReactElement | null {
  if (![low, high, middle].every(Number.isFinite)) return null;
  const reach = Math.max(Math.abs(low), Math.abs(high)) * 1.15 || 1;
  const x = (value: number) => 100 + (value / reach) * 100;
  return (
    <svg className="ck-interval" viewBox="0 0 200 20" preserveAspectRatio="none" aria-hidden="true">
      <path className="ck-interval-zero" d="M100 0V20" />
      <path className="ck-interval-range" d={`M${x(low)} 10H${x(high)}`} />
      <path className="ck-interval-middle" d={`M${x(middle)} 5V15`} />
    </svg>
  );
}
