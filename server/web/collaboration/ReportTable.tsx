import type { Run } from '@cellkeep/schema/tracking';
import type { ReactElement } from 'react';
import { fieldLabel, fieldValue, varyingParams } from '../charts/fields.ts';
import { useTranslate } from '../host.ts';
import { exactTime, formatDuration, formatNumber, unitOf } from '../look/format.ts';
import { StatusMark } from '../look/Status.tsx';
import { Ago } from '../look/Time.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { ownMetrics } from '../tracking/mainMetric.ts';

const AT_FIRST = 4;

/** Runs as a table of a report: what was asked for, or what tells them apart. */
export function ReportTable({ runs, columns }: { runs: readonly Run[]; columns: readonly string[] | undefined }): ReactElement {
  const t = useTranslate();
  const fields = columns ?? [
    ...[...new Set(runs.flatMap(ownMetrics))].slice(0, AT_FIRST).map((key) => `metrics.${key}`),
    ...varyingParams(runs).slice(0, AT_FIRST),
  ];
  return (
    <div className="ck-report-table">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('Run')}</th>
            {fields.map((field) => (
              <th key={field} scope="col" title={field} className={isNumber(field) ? 'ck-num' : undefined}>
                {fieldLabel(field)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <th scope="row">
                <StatusMark status={run.status} />{' '}
                <ViewLink to={{ view: 'run', id: run.id }} className="ck-run-name">
                  {run.name}
                </ViewLink>
              </th>
              {fields.map((field) => (
                <Cell key={field} run={run} field={field} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const isNumber = (field: string) => /^(metrics|min|max)\./.test(field) || field === 'attributes.duration';

function Cell({ run, field }: { run: Run; field: string }): ReactElement {
  const value = fieldValue(run, field);
  const className = isNumber(field) || typeof value === 'number' ? 'ck-num' : undefined;
  if (value === null) return <td className="ck-faint">–</td>;
  if (field === 'attributes.start_time') {
    return (
      <td title={exactTime(Number(value))}>
        <Ago at={Number(value)} />
      </td>
    );
  }
  if (field === 'attributes.duration') return <td className={className}>{formatDuration(Number(value) * 1_000)}</td>;
  const key = field.slice(field.indexOf('.') + 1);
  return (
    <td className={className} title={String(value)}>
      {typeof value === 'number' ? unitOf(key)(value) : shortText(value)}
    </td>
  );
}

const LONG = 10; // characters of a number that are read

/** A param is text; one that is a number with all its binary dust (0.30000000000000004) is shown as a number. The title has it whole. */
const shortText = (text: string): string =>
  text.length > LONG && /^-?\d*\.?\d+(e[-+]?\d+)?$/i.test(text) ? formatNumber(Number(text)) : text;
