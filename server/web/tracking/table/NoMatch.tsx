import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { Empty } from '../../look/states.tsx';
import type { TableState } from './tableState.ts';

/** Nothing is left of the runs: says by what, and how to have them back. */
export function NoMatch({
  state,
  onState,
  isFilterWrong,
}: {
  state: TableState;
  onState: (change: Partial<TableState>) => void;
  isFilterWrong: boolean;
}): ReactElement {
  const t = useTranslate();
  const ofLifecycle = { active: '', archived: t('No archived runs.'), deleted: t('No deleted runs.') }[state.lifecycle];
  const title = isFilterWrong ? t('This filter cannot be read.') : state.filter === '' ? ofLifecycle : t('No run matches.');
  return (
    <Empty
      icon="search"
      title={title}
      actions={
        <button type="button" className="ck-btn" onClick={() => onState({ filter: '', lifecycle: 'active' })}>
          {state.filter === '' ? t('Back to the runs') : t('Clear the filter')}
        </button>
      }
    >
      {state.filter !== '' && state.lifecycle !== 'active' && (
        <p>{ofLifecycle === '' ? '' : t('Only {what} runs are looked at.', { what: t(state.lifecycle) })}</p>
      )}
    </Empty>
  );
}
