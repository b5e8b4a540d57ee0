import type { Experiment } from '@cellkeep/schema/tracking';
import { type ReactElement, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { InlineEdit } from '../../look/InlineEdit.tsx';
import { Icon } from '../../look/icons.tsx';
import { MenuButton } from '../../look/Menu.tsx';
import { nameText } from '../../look/nameText.ts';
import { Ago } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import type { ExperimentActions } from './experimentActions.ts';

export function ExperimentRow({ experiment, actions }: { experiment: Experiment; actions: ExperimentActions }): ReactElement {
  const t = useTranslate();
  const mayWrite = useMayWrite();
  const [editing, setEditing] = useState<'name' | 'description' | null>(null);
  const { id, name, description, lifecycle, runCount, runningCount, lastRunAt } = experiment;
  const isDeleted = lifecycle === 'deleted';
  return (
    <tr data-off={isDeleted ? '' : undefined}>
      <td className="ck-first">
        {editing === 'name' ? (
          <InlineEdit
            value={name}
            label={t('Name of the experiment')}
            isEditing
            onEditing={() => setEditing(null)}
            onSave={(next) => void actions.rename(experiment, next)}
          />
        ) : (
          <ViewLink to={{ view: 'experiment', id }} className="ck-run-name" title={name}>
            {nameText(name, t)}
          </ViewLink>
        )}
      </td>
      <td className="ck-num">
        {runningCount > 0 && (
          <span className="ck-state" data-status="running">
            <span aria-hidden="true">●</span> {runningCount}
            <span className="ck-wide"> {t('running')}</span>
          </span>
        )}{' '}
        {groupThousands(runCount)}
      </td>
      <td className="ck-dim">
        {lastRunAt === null ? <span className="ck-faint ck-wide">{t('no run yet')}</span> : <Ago at={lastRunAt} />}
      </td>
      <td className="ck-wide ck-dim" title={description}>
        {editing === 'description' ? (
          <InlineEdit
            value={description}
            label={t('Description')}
            isEditing
            onEditing={() => setEditing(null)}
            onSave={(next) => void actions.describe(experiment, next)}
          />
        ) : (
          description.split('\n')[0]
        )}
      </td>
      <td className="ck-num">
        {isDeleted && mayWrite && (
          <button
            type="button"
            className="ck-btn ck-small"
            aria-label={t('Restore {name}', { name })}
            onClick={() => void actions.restore(experiment)}
          >
            <Icon name="undo" size={14} /> {t('Restore')}
          </button>
        )}
        {!isDeleted && mayWrite && (
          <MenuButton
            label={t('Actions for {name}', { name })}
            className="ck-icon-btn"
            align="end"
            items={() => [
              { label: t('Rename'), icon: 'pencil', onSelect: () => setEditing('name') },
              { label: t('Describe'), icon: 'text', onSelect: () => setEditing('description') },
              null,
              { label: t('Delete with its runs'), icon: 'bin', danger: true, onSelect: () => void actions.delete(experiment) },
            ]}
          >
            <Icon name="more" />
          </MenuButton>
        )}
      </td>
    </tr>
  );
}
