/** Why this answer: from the mean of the background to this row, feature by feature, greatest first. */
import type { Explanation } from '@cellkeep/schema/deployment';
import { fromWire } from '@cellkeep/schema/wire';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { type Translate, useTranslate } from '../../host.ts';
import { exactNumber, formatMetric, formatNumber } from '../../look/format.ts';
import { errorText, Skeleton } from '../../look/states.tsx';
import { formatSigned } from '../numbers.ts';
import { useDeploymentClient, useVersionDetails } from '../queries.ts';
import { usePrediction } from './usePrediction.ts';

const MOST = 12;

export function Why({ id, row, isMany }: { id: string; row: number; isMany: boolean }): ReactElement {
  const t = useTranslate();
  const { predictions } = useDeploymentClient();
  const [isAsked, setAsked] = useState(false);
  const [output, setOutput] = useState('');
  const { data: prediction } = usePrediction(id);
  const { data: details } = useVersionDetails(prediction ?? null);
  const classes = details?.bundle?.classes ?? null;
  const targets = details?.bundle?.signature.outputs ?? [];
  const choices =
    classes && classes.length > 2 ? classes.map(String) : !classes && targets.length > 1 ? targets.map(({ name }) => name) : [];
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['deployment', 'why', id, row, output],
    enabled: isAsked,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => predictions.explain({ id, row, ...(output ? { output } : {}) }, { signal }),
  });
  return (
    <section className="ck-why" aria-label={t('Why')}>
      <h3>
        {t('Why')}
        {isMany && <span className="ck-faint">{t('row {n}', { n: row })}</span>}
        <span className="ck-grow" />
        {isAsked && choices.length > 0 && (
          <select className="ck-field" aria-label={t('Which answer')} value={output} onChange={(event) => setOutput(event.target.value)}>
            <option value="">{t('what was answered')}</option>
            {choices.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </h3>
      {!isAsked ? (
        <button type="button" className="ck-btn" onClick={() => setAsked(true)}>
          {t('Explain this answer')}
        </button>
      ) : error && !data ? (
        <p className="ck-promotion-error" role="alert">
          {errorText(error, t)}{' '}
          <button type="button" className="ck-btn ck-quiet ck-small" onClick={() => void refetch()}>
            {t('Try again')}
          </button>
        </p>
      ) : !data ? (
        <Skeleton rows={6} height={22} />
      ) : (
        <Bars explanation={data} isOld={isFetching} />
      )}
    </section>
  );
}

function Bars({ explanation, isOld }: { explanation: Explanation; isOld: boolean }): ReactElement {
  const t = useTranslate();
  const { contributions, base, value, output, method, backgroundRows, residual } = explanation;
  const [isAll, setAll] = useState(false);
  const sorted = [...contributions].sort((a, b) => Math.abs(fromWire(b.contribution)) - Math.abs(fromWire(a.contribution)));
  const shown = isAll ? sorted : sorted.slice(0, MOST);
  const rest = sorted.slice(shown.length).reduce((sum, { contribution }) => sum + fromWire(contribution), 0);
  const greatest = Math.max(...sorted.map(({ contribution }) => Math.abs(fromWire(contribution))), Number.MIN_VALUE);
  const left = fromWire(residual);
  const scale = Math.max(Math.abs(fromWire(value)), Math.abs(fromWire(base)), greatest);
  return (
    <div aria-busy={isOld}>
      <p className="ck-why-sum">
        <span title={exactNumber(base)}>{formatMetric(base)}</span> <span className="ck-faint">{t('on average')}</span> →{' '}
        <b title={exactNumber(value)}>{formatMetric(value)}</b> <span className="ck-dim">{output}</span>
      </p>
      <table className="ck-why-bars" aria-label={t('Contributions in {unit}', { unit: output })}>
        <tbody>
          {shown.map(({ name, value: given, contribution, error }) => {
            const amount = fromWire(contribution);
            const width = (Math.abs(amount) / greatest) * 50;
            return (
              <tr key={name}>
                <th scope="row" title={`${name} = ${textOf(given)}`}>
                  <span>{name}</span> <span className="ck-faint">{textOf(given)}</span>
                </th>
                <td className="ck-why-bar" aria-hidden="true">
                  <i data-sign={amount < 0 ? 'minus' : 'plus'} style={{ width: `${width}%` }} />
                </td>
                <td
                  className="ck-num"
                  title={error === null ? exactNumber(contribution) : `${exactNumber(contribution)} ± ${exactNumber(error)}`}
                >
                  {formatSigned(amount)}
                  {error !== null && <span className="ck-faint"> ±{formatNumber(fromWire(error))}</span>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {sorted.length > shown.length && (
        <button type="button" className="ck-btn ck-quiet ck-small" onClick={() => setAll(true)}>
          {t('{n} more, together {sum}', { n: sorted.length - shown.length, sum: formatSigned(rest) })}
        </button>
      )}
      <p className="ck-faint">
        {methodText(method, t)} {t('Against {n} rows of training.', { n: backgroundRows })}
        {Math.abs(left) > scale * 1e-6 && ` ${t('Not accounted for: {n}.', { n: formatNumber(left) })}`}
      </p>
    </div>
  );
}

function methodText(method: Explanation['method'], t: Translate): string {
  const words: Record<Explanation['method'], string> = {
    exact: t('Exact: every combination was asked.'),
    linear: t('Exact, from the coefficients.'),
    trees: t('Exact, from the trees.'),
    sampled: t('Sampled Shapley values, with their standard errors.'),
  };
  return words[method];
}

const textOf = (value: unknown): string =>
  value === null || value === undefined
    ? '–'
    : typeof value === 'number'
      ? formatNumber(value)
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);
