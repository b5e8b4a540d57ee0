import type { Run } from '@cellkeep/schema/tracking';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import type { UrlState } from './urlState.ts';

export interface Pair {
  before: Run;
  after: Run;
}

/** The two runs that a difference is between: those of the address, else the first two. */
export function pairOf(runs: readonly Run[], state: UrlState): Pair | null {
  const [first, second] = runs;
  if (!first || !second) return null;
  const named = (name: string) => runs.find(({ id }) => id.startsWith(state.get(name) || '-'));
  const before = named('before') ?? first;
  const after = named('after') ?? (before === second ? first : second);
  return { before, after: after === before ? (runs.find((run) => run !== before) as Run) : after };
}

export function PairPicker({ runs, pair, state }: { runs: readonly Run[]; pair: Pair; state: UrlState }): ReactElement {
  const t = useTranslate();
  const write = (before: Run, after: Run) => state.set({ before: before.id.slice(0, 12), after: after.id.slice(0, 12) });
  const choose = (label: string, run: Run, onChange: (run: Run) => void) => (
    <label className="ck-field-select">
      <span className="ck-dim">{label}</span>
      <select
        className="ck-field"
        value={run.id}
        onChange={(event) => {
          const next = runs.find(({ id }) => id === event.target.value);
          if (next) onChange(next);
        }}
      >
        {runs.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
  const { before, after } = pair;
  return (
    <div className="ck-compare-pair">
      {choose(t('From'), before, (run) => write(run, run === after ? before : after))}
      <button
        type="button"
        className="ck-icon-btn"
        aria-label={t('Turn round')}
        title={t('Turn round')}
        onClick={() => write(after, before)}
      >
        <Icon name="swap" size={14} />
      </button>
      {choose(t('To'), after, (run) => write(run === before ? after : before, run))}
    </div>
  );
}
