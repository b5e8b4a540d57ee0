/** The evaluation sets of a model, with what the newest version did on each; and how one is stored, from a file or in a shell. */
import type { Evaluation, EvaluationSet, VersionDetails } from '@cellkeep/schema/registry';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { Code } from '../../look/Code.tsx';
import { formatMetric, groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Empty } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { metricName, newestByVersion } from '../numbers.ts';
import { useAttempt } from '../queries.ts';
import { WideTable } from '../WideTable.tsx';
import { EvaluationState } from './EvaluationState.tsx';
import { NewEvaluationSet } from './NewEvaluationSet.tsx';

export function EvaluationSets({
  name,
  sets,
  evaluations,
  versions,
  mayChange,
}: {
  name: string;
  sets: readonly EvaluationSet[];
  evaluations: readonly Evaluation[];
  /** Newest first; empty until they are known. */
  versions: readonly VersionDetails[];
  mayChange: boolean;
}): ReactElement {
  const t = useTranslate();
  const [isMaking, setMaking] = useState(false);
  const newest = versions.find(({ deletedAt }) => deletedAt === null) ?? null;
  if (isMaking) {
    return (
      <NewEvaluationSet
        name={name}
        bundle={newest?.bundle ?? null}
        version={newest?.version.version ?? null}
        onDone={() => setMaking(false)}
      />
    );
  }
  const button = mayChange && (
    <button type="button" className="ck-btn ck-primary" onClick={() => setMaking(true)}>
      <Icon name="plus" size={14} /> {t('New evaluation set…')}
    </button>
  );
  if (sets.length === 0) {
    return (
      <Empty icon="table" title={t('No evaluation sets yet')} actions={button}>
        <p>
          {t('Rows with their true answer, which every version is asked: then versions can be compared, and the gate can hold one back.')}
        </p>
        {mayChange ? (
          <details className="ck-more-lines">
            <summary>{t('In a shell')}</summary>
            <Code source={storeLines(name)} plain />
          </details>
        ) : (
          <p>{t('An editor of this workspace can store one.')}</p>
        )}
      </Empty>
    );
  }
  return (
    <>
      <WideTable label={t('Evaluation sets')}>
        <table className="ck-list">
          <thead>
            <tr>
              <th>{t('Name')}</th>
              <th className="ck-num">{t('Rows')}</th>
              <th>{t('True answer')}</th>
              <th>{t('Metrics')}</th>
              <th>{t('Slices')}</th>
              {newest && <th>{t('v{version} on it', { version: newest.version.version })}</th>}
              <th className="ck-num">{t('Asked')}</th>
              <th>{t('Made')}</th>
              <th>
                <span className="ck-spoken">{t('Actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sets.map((set) => (
              <SetRow key={set.id} set={set} evaluations={evaluations} newest={newest} mayChange={mayChange} />
            ))}
          </tbody>
        </table>
      </WideTable>
      {mayChange && (
        <div className="ck-more-lines">
          {button}
          <details>
            <summary>{t('In a shell')}</summary>
            <Code source={storeLines(name)} plain />
          </details>
        </div>
      )}
    </>
  );
}

function SetRow({
  set,
  evaluations,
  newest,
  mayChange,
}: {
  set: EvaluationSet;
  evaluations: readonly Evaluation[];
  newest: VersionDetails | null;
  mayChange: boolean;
}): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const attempt = useAttempt();
  const last = newest ? (newestByVersion(evaluations, set.id).get(newest.version.version)?.last ?? null) : null;
  const result =
    last?.status === 'done' ? last.results.find(({ slice, metric }) => slice === null && metric === set.metrics[0]) : undefined;
  const asked = evaluations.filter(({ setId }) => setId === set.id).length;
  return (
    <tr>
      <td className="ck-first" title={set.digest}>
        {set.name}
      </td>
      <td className="ck-num">{groupThousands(set.rows)}</td>
      <td>
        <code className="ck-mono">{set.label}</code>
      </td>
      <td>{set.metrics.map(metricName).join(', ')}</td>
      <td>{set.slices.map(({ name }) => name).join(', ') || '–'}</td>
      {newest && (
        <td>
          {result && (
            <>
              <ViewLink to={{ view: 'modelVersion', name: newest.version.name, version: newest.version.version, tab: 'evaluation' }}>
                {metricName(result.metric)} {formatMetric(result.value)}
              </ViewLink>{' '}
            </>
          )}
          <EvaluationState set={set} version={newest.version.version} evaluation={last} canStart={mayChange && newest.bundle !== null} />
        </td>
      )}
      <td className="ck-num">{asked}</td>
      <td className="ck-dim">
        <Ago at={set.createdAt} /> · {set.userName}
      </td>
      <td>
        {mayChange && (
          <button
            type="button"
            className="ck-icon-btn"
            aria-label={t('Delete {name}', { name: set.name })}
            title={t('Delete {name}; what it measured stays', { name: set.name })}
            onClick={() => void attempt(() => client.registry.evaluationSets.delete({ id: set.id }))}
          >
            <Icon name="bin" size={14} />
          </button>
        )}
      </td>
    </tr>
  );
}

/** In a shell: any name is quoted as it is. */
const storeLines = (name: string) =>
  `cellkeep models evaluate '${name.replaceAll("'", `'\\''`)}' --set january --rows rows.csv \\\n  --label late --metric roc_auc --slice carrier`;
