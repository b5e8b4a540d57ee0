/** The versions of a model, newest first, with what the chosen evaluation set measured of each; two are chosen to be compared. */
import type { Evaluation, EvaluationMetric, EvaluationSet, VersionDetails } from '@cellkeep/schema/registry';
import { fromWire } from '@cellkeep/schema/wire';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { exactNumber, formatBytes, formatMetric } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Ago } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { formatMicros, metricName, newestByVersion } from '../numbers.ts';
import { useAttempt } from '../queries.ts';
import { Serving } from '../Serving.tsx';
import type { Moves } from '../useMoves.tsx';
import { WideTable } from '../WideTable.tsx';
import { Aliases } from './Aliases.tsx';
import { EvaluationState } from './EvaluationState.tsx';
import { StageSelect } from './StageSelect.tsx';

export function VersionsTable({
  name,
  versions,
  set,
  slice,
  evaluations,
  moves,
  chosen,
  onChosen,
}: {
  name: string;
  versions: readonly VersionDetails[];
  /** Whose metrics are shown; null: the model has none. */
  set: EvaluationSet | null;
  /** Null: all rows. */
  slice: string | null;
  evaluations: readonly Evaluation[];
  moves: Moves;
  chosen: readonly number[];
  onChosen: (versions: number[]) => void;
}): ReactElement {
  const t = useTranslate();
  const measured = set ? newestByVersion(evaluations, set.id) : null;
  const numbers = versions.filter(({ deletedAt }) => deletedAt === null).map(({ version }) => version.version);
  return (
    <WideTable label={t('Versions')}>
      <table className="ck-list ck-versions">
        <thead>
          <tr>
            <th>
              <span className="ck-spoken">{t('Compare')}</span>
            </th>
            <th>{t('Version')}</th>
            <th>{t('Aliases')}</th>
            <th>{t('Stage')}</th>
            {set?.metrics.map((metric) => (
              <th key={metric} className="ck-num">
                {metricName(metric)}
              </th>
            ))}
            {set && <th>{t('Measured')}</th>}
            <th className="ck-num">{t('One row')}</th>
            <th className="ck-num">{t('Size')}</th>
            <th>{t('Runs on')}</th>
            <th>{t('Serves')}</th>
            <th>{t('Made')}</th>
            <th>
              <span className="ck-spoken">{t('Actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {versions.map((details) => {
            const { version, bundle, endpoints, deletedAt } = details;
            const n = version.version;
            const found = measured?.get(n) ?? null;
            const isDeleted = deletedAt !== null;
            return (
              <tr key={n} data-off={isDeleted ? '' : undefined}>
                <td>
                  <input
                    type="checkbox"
                    checked={chosen.includes(n)}
                    aria-label={t('Compare v{n}', { n })}
                    onChange={() => onChosen(chosen.includes(n) ? chosen.filter((one) => one !== n) : [...chosen, n].slice(-2))}
                  />
                </td>
                <td className="ck-first">
                  <ViewLink
                    to={{ view: 'modelVersion', name, version: n }}
                    className="ck-run-name"
                    title={bundle?.className ?? version.source}
                  >
                    v{n}
                  </ViewLink>
                </td>
                <td>
                  {isDeleted ? (
                    <span className="ck-faint">{t('deleted')}</span>
                  ) : (
                    <Aliases aliases={version.aliases} version={n} versions={numbers} moves={moves} />
                  )}
                </td>
                <td>{!isDeleted && <StageSelect version={n} stage={version.stage} moves={moves} />}</td>
                {set?.metrics.map((metric) => (
                  <MetricCell key={metric} evaluation={found?.done ?? null} metric={metric} slice={slice} />
                ))}
                {set && (
                  <td>
                    <EvaluationState
                      set={set}
                      version={n}
                      evaluation={found?.last ?? null}
                      canStart={moves.mayMove && bundle !== null && !isDeleted}
                    />
                  </td>
                )}
                <td className="ck-num">{latencyOf(evaluations, n)}</td>
                <td className="ck-num">{bundle ? formatBytes(bundle.sizeBytes) : <span className="ck-faint">–</span>}</td>
                <td>{bundle?.runtime ?? <span className="ck-faint">{t('no bundle')}</span>}</td>
                <td>
                  <Serving endpoints={endpoints} />
                </td>
                <td className="ck-dim">
                  <Ago at={version.createdAt} /> · {version.userName}
                </td>
                <td>{moves.mayMove && <DeleteOrRestore name={name} details={details} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </WideTable>
  );
}

function MetricCell({
  evaluation,
  metric,
  slice,
}: {
  evaluation: Evaluation | null;
  metric: EvaluationMetric;
  slice: string | null;
}): ReactElement {
  const t = useTranslate();
  const result = evaluation?.results.find((one) => one.metric === metric && one.slice === slice);
  if (!result) return <td className="ck-num ck-faint">–</td>;
  return (
    <td className="ck-num" title={t('{value} of {n} rows', { value: exactNumber(result.value), n: result.rows })}>
      {Number.isNaN(fromWire(result.value)) ? <span className="ck-faint">NaN</span> : formatMetric(result.value)}
    </td>
  );
}

function latencyOf(evaluations: readonly Evaluation[], version: number): ReactElement | string {
  const found = evaluations.find((one) => one.version === version && one.latencyUs !== null);
  return found?.latencyUs ? formatMicros(found.latencyUs) : <span className="ck-faint">–</span>;
}

function DeleteOrRestore({ name, details: { version, deletedAt, endpoints } }: { name: string; details: VersionDetails }): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const attempt = useAttempt();
  const n = version.version;
  if (deletedAt !== null) {
    return (
      <button
        type="button"
        className="ck-btn ck-small"
        aria-label={t('Restore v{n}', { n })}
        onClick={() => void attempt(() => client.registry.details.restore({ name, version: n }))}
      >
        <Icon name="undo" size={13} /> {t('Restore')}
      </button>
    );
  }
  const isServing = endpoints.length > 0;
  return (
    <button
      type="button"
      className="ck-icon-btn"
      aria-label={t('Delete v{n}', { n })}
      title={isServing ? t('It serves: take it out of its endpoint first') : t('Delete v{n}; it can be restored', { n })}
      disabled={isServing}
      onClick={() => void attempt(() => client.registry.versions.delete({ name, version: n }))}
    >
      <Icon name="bin" size={14} />
    </button>
  );
}
