/** The evaluation sets of a model, and the lines that store one. */
import type { Evaluation, EvaluationSet } from '@cellkeep/schema/registry';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { Code } from '../../look/Code.tsx';
import { groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Empty } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { metricName } from '../numbers.ts';
import { useAttempt } from '../queries.ts';
import { WideTable } from '../WideTable.tsx';

export function EvaluationSets({
  name,
  sets,
  evaluations,
  mayChange,
}: {
  name: string;
  sets: readonly EvaluationSet[];
  evaluations: readonly Evaluation[];
  mayChange: boolean;
}): ReactElement {
  const t = useTranslate();
  if (sets.length === 0) {
    return (
      <Empty icon="table" title={t('No evaluation sets yet')}>
        <p>
          {t('Rows with their true answer, which every version is asked: then versions can be compared, and the gate can hold one back.')}
        </p>
        <Code source={storeLines(name)} plain />
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
              <th className="ck-num">{t('Asked')}</th>
              <th>{t('Made')}</th>
              <th>
                <span className="ck-spoken">{t('Actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sets.map((set) => (
              <SetRow key={set.id} set={set} asked={evaluations.filter(({ setId }) => setId === set.id).length} mayChange={mayChange} />
            ))}
          </tbody>
        </table>
      </WideTable>
      <details className="ck-more-lines">
        <summary>{t('Store another one')}</summary>
        <Code source={storeLines(name)} plain />
      </details>
    </>
  );
}

function SetRow({ set, asked, mayChange }: { set: EvaluationSet; asked: number; mayChange: boolean }): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const attempt = useAttempt();
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
