/** Two versions side by side: what was measured of both, and everything else that differs. What is equal is left out, and said to be. */
import { type EvaluationMetric, isSmallerBetter, type VersionDiff } from '@cellkeep/schema/registry';
import { fromWire, type WireFloat } from '@cellkeep/schema/wire';
import type { ReactElement, ReactNode } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { exactNumber, formatBytes, formatMetric, formatNumber } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { Empty, ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { isMissing } from '../tracking/queries.ts';
import { Crumbs } from './Crumbs.tsx';
import { formatMicros, metricName } from './numbers.ts';
import { useDiff, useModelWatch, useVersions } from './queries.ts';
import { WideTable } from './WideTable.tsx';

export default function CompareVersionsPage({ name, a, b }: { name: string; a: number; b: number }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const { data, error, refetch } = useDiff(name, a, b);
  useModelWatch(name);
  if (error && !data) {
    if (!isMissing(error)) return <ErrorState error={error} onRetry={() => void refetch()} />;
    return (
      <Empty
        icon="compare"
        title={t('These versions cannot be compared')}
        actions={
          <button type="button" className="ck-btn ck-primary" onClick={() => host.navigate({ view: 'model', name })}>
            {t('All versions')}
          </button>
        }
      >
        <p>{t('Version {a} or {b} of {name} is not there.', { a: `${a}`, b: `${b}`, name: JSON.stringify(name) })}</p>
      </Empty>
    );
  }
  return (
    <div className="ck-page ck-model-page">
      <OfflineBanner />
      <header className="ck-model-head">
        <Crumbs label={t('Where this comparison belongs')} model={name} />
        <div className="ck-run-title">
          <h1>{t('Compare')}</h1>
          <Choose
            name={name}
            value={a}
            label={t('First version')}
            onChoose={(next) => host.navigate({ view: 'compareVersions', name, a: next, b })}
          />
          <button
            type="button"
            className="ck-icon-btn"
            aria-label={t('Swap them')}
            title={t('Swap them')}
            onClick={() => host.navigate({ view: 'compareVersions', name, a: b, b: a })}
          >
            <Icon name="swap" size={14} />
          </button>
          <Choose
            name={name}
            value={b}
            label={t('Second version')}
            onChoose={(next) => host.navigate({ view: 'compareVersions', name, a, b: next })}
          />
        </div>
      </header>
      {data ? <Differences diff={data} a={a} b={b} /> : <Skeleton rows={12} />}
    </div>
  );
}

function Choose({
  name,
  value,
  label,
  onChoose,
}: {
  name: string;
  value: number;
  label: string;
  onChoose: (version: number) => void;
}): ReactElement {
  const versions = useVersions(name, false).data?.pages.flatMap((one) => one.versions.map(({ version }) => version)) ?? [];
  const there = versions.some(({ version }) => version === value);
  return (
    <select className="ck-field" aria-label={label} value={value} onChange={(event) => onChoose(Number(event.target.value))}>
      {!there && <option value={value}>v{value}</option>}
      {versions.map(({ version, aliases }) => (
        <option key={version} value={version}>
          {[`v${version}`, ...aliases].join(' · ')}
        </option>
      ))}
    </select>
  );
}

function Differences({ diff, a, b }: { diff: VersionDiff; a: number; b: number }): ReactElement {
  const t = useTranslate();
  const heads = [`v${a}`, `v${b}`] as const;
  const { snapshots, sizeBytes, latencyUs } = diff;
  const equal = [
    diff.evaluations.length === 0 && t('measurements'),
    diff.params.length === 0 && t('params'),
    diff.metrics.length === 0 && t('metrics'),
    diff.signature.length === 0 && t('signature'),
    diff.packages.length === 0 && t('packages'),
    diff.data.length === 0 && t('data'),
  ].filter((one): one is string => typeof one === 'string');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
    <section className="ck-scroll ck-differences" tabIndex={0} aria-label={t('Differences')}>
      <Part
        title={t('Cost')}
        of={t('What')}
        heads={heads}
        rows={[
          {
            key: t('Size'),
            a: sizeBytes.a === null ? null : formatBytes(sizeBytes.a),
            b: sizeBytes.b === null ? null : formatBytes(sizeBytes.b),
          },
          {
            key: t('One row'),
            a: latencyUs.a === null ? null : formatMicros(latencyUs.a),
            b: latencyUs.b === null ? null : formatMicros(latencyUs.b),
          },
          { key: t('Runs on'), a: diff.a.bundle?.runtime ?? null, b: diff.b.bundle?.runtime ?? null },
        ]}
      />
      {diff.evaluations.length > 0 && (
        <Part
          title={t('Measured on the same rows')}
          of={t('Set, rows, metric')}
          heads={heads}
          last={t('Change')}
          rows={diff.evaluations.map((row) => ({
            key: `${row.setName} · ${row.slice ?? t('all rows')} · ${metricName(row.metric)}`,
            ...{ a: row.a === null ? null : formatMetric(row.a), b: row.b === null ? null : formatMetric(row.b) },
            change: <Change metric={row.metric} a={row.a} b={row.b} />,
          }))}
        />
      )}
      <Part
        title={t('Metrics')}
        of={t('Metric')}
        heads={heads}
        rows={diff.metrics.map((row) => ({ key: row.key, a: shown(row.a), b: shown(row.b) }))}
      />
      <Part title={t('Params')} of={t('Param')} heads={heads} rows={diff.params} />
      {diff.signature.length > 0 && (
        <section className="ck-section" aria-label={t('Signature')}>
          <h2>{t('Signature')}</h2>
          <dl className="ck-facts">
            {diff.signature.map(({ column, change }) => (
              <div key={`${column} ${change}`} className="ck-fact-row">
                <dt className="ck-mono">{column || t('layout')}</dt>
                <dd>{change}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <Part
        title={t('Packages')}
        of={t('Package')}
        heads={heads}
        rows={diff.packages.map(({ name, ...both }) => ({ key: name, ...both }))}
      />
      <Part title={t('Data')} of={t('Dataset')} heads={heads} rows={diff.data.map(({ name, ...both }) => ({ key: name, ...both }))} />
      <section className="ck-section" aria-label={t('Notebook')}>
        <h2>{t('Notebook')}</h2>
        {snapshots.a && snapshots.b ? (
          snapshots.a === snapshots.b ? (
            <p>{t('Both come from one snapshot: the notebook was the same.')}</p>
          ) : (
            <ViewLink to={{ view: 'snapshotDiff', before: snapshots.a, after: snapshots.b }} className="ck-btn">
              <Icon name="compare" size={14} /> {t('What changed in the notebook')}
            </ViewLink>
          )
        ) : (
          <p className="ck-dim">{t('Not both come from a notebook whose snapshot is known.')}</p>
        )}
      </section>
      {equal.length > 0 && <p className="ck-dim ck-equal">{t('No difference is known in: {what}.', { what: equal.join(', ') })}</p>}
    </section>
  );
}

const shown = (value: WireFloat | null) => (value === null ? null : formatMetric(value));

interface PartRow {
  key: string;
  a: string | null;
  b: string | null;
  change?: ReactNode;
}

function Part({
  title,
  of,
  heads,
  rows,
  last,
}: {
  title: string;
  of: string;
  heads: readonly [string, string];
  rows: readonly PartRow[];
  last?: string;
}): ReactElement | null {
  if (rows.length === 0) return null;
  return (
    <section className="ck-section" aria-label={title}>
      <h2>{title}</h2>
      <WideTable label={title}>
        <table className="ck-list ck-differing">
          <thead>
            <tr>
              <th>{of}</th>
              <th>{heads[0]}</th>
              <th>{heads[1]}</th>
              {last && <th>{last}</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, a, b, change }) => (
              <tr key={key}>
                <td className="ck-first" title={key}>
                  {key}
                </td>
                <td title={a ?? undefined}>{a ?? <span className="ck-faint">–</span>}</td>
                <td title={b ?? undefined}>{b ?? <span className="ck-faint">–</span>}</td>
                {last && <td>{change}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </WideTable>
    </section>
  );
}

/** From the first to the second, with a word for who cannot see the colour. */
function Change({ metric, a, b }: { metric: EvaluationMetric; a: WireFloat | null; b: WireFloat | null }): ReactElement | null {
  const t = useTranslate();
  if (a === null || b === null) return <span className="ck-faint">{t('not measured of both')}</span>;
  const by = fromWire(b) - fromWire(a);
  if (Number.isNaN(by)) return null;
  const isBetter = isSmallerBetter(metric) ? by < 0 : by > 0;
  return (
    <span className="ck-change" data-better={isBetter} title={exactNumber(by)}>
      {by > 0 ? '+' : '−'}
      {formatNumber(Math.abs(by))} {isBetter ? t('better') : t('worse')}
    </span>
  );
}
