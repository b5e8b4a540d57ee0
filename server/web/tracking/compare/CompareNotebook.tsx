import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, Suspense, useRef } from 'react';
import { CompareNotebooks } from '../../design/lazy.tsx';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { ErrorState, Skeleton } from '../../look/states.tsx';
import { useExecutions } from '../queries.ts';
import { useSeen } from '../run/useSeen.ts';
import { TextDiff } from './ArtifactDiff.tsx';
import { textOfCells } from './cellTexts.ts';
import { type Pair, PairPicker, pairOf } from './PairPicker.tsx';
import type { UrlState } from './urlState.ts';

/** The notebooks that made two of the runs, and what changed between them. */
export function CompareNotebook({ runs, state }: { runs: readonly Run[]; state: UrlState }): ReactElement | null {
  const t = useTranslate();
  const section = useRef<HTMLElement>(null);
  const isSeen = useSeen(section);
  const pair = pairOf(runs, state);
  if (!pair) return null;
  return (
    <section ref={section} className="ck-card ck-run-section ck-compare-code" aria-label={t('Notebooks')}>
      <header>
        <h2>{t('Notebooks')}</h2>
        <PairPicker runs={runs} pair={pair} state={state} />
      </header>
      {isSeen ? <CompareNotebooks before={pair.before} after={pair.after} otherwise={<CodeDiff pair={pair} />} /> : <Skeleton rows={6} />}
    </section>
  );
}

/** Runs without snapshots: the cells that ran while they were open. */
function CodeDiff({ pair }: { pair: Pair }): ReactElement {
  const t = useTranslate();
  const [before, after] = [useExecutions(pair.before.id), useExecutions(pair.after.id)];
  const error = before.error ?? after.error;
  if (error && !(before.data && after.data)) {
    const again = () => {
      void before.refetch();
      void after.refetch();
    };
    return <ErrorState error={error} onRetry={again} />;
  }
  if (!before.data || !after.data) return <Skeleton rows={6} />;
  const without = [before.data.length === 0 && pair.before.name, after.data.length === 0 && pair.after.name].filter(Boolean);
  if (without.length > 0)
    return (
      <p className="ck-run-none">
        {t('No cell is known of {names}: only notebooks with the Cellkeep kernel package keep their cells.', { names: without.join(', ') })}
      </p>
    );
  const [a, b] = [textOfCells(before.data), textOfCells(after.data)];
  if (a === b)
    return (
      <p className="ck-run-note" role="status">
        <Icon name="check" size={14} /> {t('Both runs were made by the same code.')}
      </p>
    );
  return (
    <Suspense fallback={<Skeleton rows={6} />}>
      <TextDiff before={a} after={b} names={[pair.before.name, pair.after.name]} />
    </Suspense>
  );
}
