import type { Run } from '@cellkeep/schema/tracking';
import { type FormEvent, type ReactElement, useDeferredValue, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { formatMetric } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Popover, type PopoverProps } from '../../look/Popover.tsx';
import { StatusMark } from '../../look/Status.tsx';
import { errorText, Skeleton } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { mainMetric } from '../mainMetric.ts';
import { useRunSearch } from '../queries.ts';
import { nameFilter } from './nameFilter.ts';

const SHOWN = 50; // runs; typing finds the others

interface PickerProps {
  /** Absent: runs of all experiments. */
  experimentIds?: string[];
  /** Runs that are chosen already, and so not offered. */
  chosen: readonly string[];
  action: string;
  onChoose: (ids: string[]) => void;
}

/** Recent runs, found by name, one or several to choose. */
export function RunPicker({ anchor, onClose, onChoose, ...list }: PickerProps & Pick<PopoverProps, 'anchor' | 'onClose'>): ReactElement {
  const t = useTranslate();
  return (
    <Popover anchor={anchor} align="end" onClose={onClose} label={t('Choose runs')} className="ck-picker">
      <RunPickerList
        {...list}
        onChoose={(ids) => {
          onClose();
          onChoose(ids);
        }}
      />
    </Popover>
  );
}

export function RunPickerList({ experimentIds, chosen, action, onChoose }: PickerProps): ReactElement {
  const t = useTranslate();
  const [typed, setTyped] = useState('');
  const [picked, setPicked] = useState<string[]>([]);
  const [isEverywhere, setEverywhere] = useState(experimentIds === undefined);
  const filter = nameFilter(useDeferredValue(typed));
  const scope = isEverywhere ? undefined : experimentIds;
  const { data, error, isLoading } = useRunSearch({ experimentIds: scope, filter, limit: SHOWN + chosen.length });
  const offered = (data?.runs ?? []).filter(({ id }) => !chosen.includes(id)).slice(0, SHOWN);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const [first] = offered;
    if (picked.length > 0) onChoose(picked);
    else if (typed && first) onChoose([first.id]);
  };
  return (
    <form className="ck-picker-form" onSubmit={submit}>
      <label className="ck-query">
        <Icon name="search" size={14} />
        <input
          type="search"
          data-first
          value={typed}
          aria-label={t('Find a run by name')}
          placeholder={t('Find a run by name')}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      {experimentIds && (
        <fieldset className="ck-segments" aria-label={t('Runs to choose from')}>
          <button type="button" aria-pressed={!isEverywhere} onClick={() => setEverywhere(false)}>
            {experimentIds.length === 1 ? t('This experiment') : t('These experiments')}
          </button>
          <button type="button" aria-pressed={isEverywhere} onClick={() => setEverywhere(true)}>
            {t('All')}
          </button>
        </fieldset>
      )}
      <div className="ck-picker-list">
        {isLoading ? (
          <Skeleton rows={5} />
        ) : error && !data ? (
          <p className="ck-picker-note" role="alert">
            {errorText(error, t)}
          </p>
        ) : offered.length === 0 ? (
          <p className="ck-picker-note ck-faint">
            {typed
              ? t('No run has this in its name.')
              : isEverywhere
                ? t('There is no other run yet.')
                : t('There is no other run here yet.')}
          </p>
        ) : (
          offered.map((run) => (
            <PickerRow
              key={run.id}
              run={run}
              isPicked={picked.includes(run.id)}
              onPick={() => setPicked(picked.includes(run.id) ? picked.filter((id) => id !== run.id) : [...picked, run.id])}
            />
          ))
        )}
      </div>
      <footer>
        <span className="ck-faint ck-grow">{picked.length > 0 ? t('{n} chosen', { n: picked.length }) : t('newest first')}</span>
        <button type="submit" className="ck-btn ck-primary" disabled={picked.length === 0 && !(typed && offered.length > 0)}>
          {action}
        </button>
      </footer>
    </form>
  );
}

function PickerRow({ run, isPicked, onPick }: { run: Run; isPicked: boolean; onPick: () => void }): ReactElement {
  const metric = mainMetric(run, '');
  const summary = metric === null ? undefined : run.metrics[metric];
  return (
    <label className="ck-picker-row">
      <input type="checkbox" checked={isPicked} onChange={onPick} />
      <StatusMark status={run.status} />
      <span className="ck-picker-name" title={`${run.name} · ${run.experimentName}`}>
        {run.name}
      </span>
      {summary && (
        <span className="ck-num ck-dim" title={metric ?? undefined}>
          {formatMetric(summary.last)}
        </span>
      )}
      <span className="ck-faint">
        <Ago at={run.startedAt} />
      </span>
    </label>
  );
}
