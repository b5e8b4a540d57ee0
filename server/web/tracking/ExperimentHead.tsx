import type { Experiment } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, type ReactNode, useState } from 'react';
import { useMayWrite } from '../access/queries.ts';
import { ExperimentTeam } from '../collaboration/ExperimentTeam.tsx';
import { useHost, useTranslate } from '../host.ts';
import { keys } from '../live/cache.ts';
import { useClient } from '../live/shared.ts';
import { groupThousands } from '../look/format.ts';
import { InlineEdit } from '../look/InlineEdit.tsx';
import { Icon } from '../look/icons.tsx';
import { errorText } from '../look/states.tsx';
import { ViewLink } from '../look/ViewLink.tsx';

/** Name, counts and description of the experiment whose runs stand below. */
export function ExperimentHead({
  id,
  experiment,
  children,
}: {
  id: string;
  experiment: Experiment | undefined;
  children: ReactNode;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const client = useClient();
  const cache = useQueryClient();
  const [isRenaming, setRenaming] = useState(false);
  const mayWrite = useMayWrite();
  const rename = async (name: string) => {
    try {
      cache.setQueryData(keys.experiment(id), await client.tracking.experiments.update({ id, name }));
    } catch (error) {
      host.notify(errorText(error, t), 'error');
    }
  };
  if (!experiment) {
    return (
      <header className="ck-head">
        <h1>
          <i className="ck-bone" style={{ width: 140 }} />
        </h1>
      </header>
    );
  }
  return (
    <header className="ck-head">
      <ViewLink to={{ view: 'experiments' }} className="ck-crumb">
        {t('Experiments')}
      </ViewLink>
      <span className="ck-faint" aria-hidden="true">
        /
      </span>
      <h1 title={experiment.name}>
        <InlineEdit
          value={experiment.name}
          label={t('Name of the experiment')}
          isEditing={isRenaming}
          onEditing={setRenaming}
          onSave={(name) => void rename(name)}
        />
      </h1>
      {!isRenaming && mayWrite && (
        <button type="button" className="ck-icon-btn" aria-label={t('Rename')} title={t('Rename')} onClick={() => setRenaming(true)}>
          <Icon name="pencil" size={14} />
        </button>
      )}
      <span className="ck-dim ck-head-note">
        {t(experiment.runCount === 1 ? '{n} run' : '{n} runs', { n: groupThousands(experiment.runCount) })}
        {experiment.runningCount > 0 && <span className="ck-running"> · {t('{n} running', { n: experiment.runningCount })}</span>}
        {experiment.description && <span className="ck-wide"> · {experiment.description.split('\n')[0]}</span>}
      </span>
      {experiment.lifecycle === 'deleted' && <span className="ck-chip ck-warned">{t('deleted')}</span>}
      <span className="ck-grow" />
      <ExperimentTeam id={id} />
      {children}
    </header>
  );
}
