import type { Execution } from '@cellkeep/schema/design';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import type { GoneCell } from './cells.ts';
import { ExecutionCard } from './ExecutionCard.tsx';

const FIRST = 20;

/** Cells that ran and are not in the notebook any more: what they made may still be alive. */
export function GoneCells({ gone, starterOrder }: { gone: readonly GoneCell[]; starterOrder: number | null }): ReactElement {
  const t = useTranslate();
  const [isAll, setAll] = useState(false);
  const shown = isAll ? gone : gone.slice(0, FIRST);
  const named = gone.some(({ cellId }) => cellId !== null);
  return (
    <section className="ck-nb-gone" aria-label={named ? t('Ran, then deleted') : t('What ran')}>
      <h2>{named ? t('Ran, then deleted') : t('What ran')}</h2>
      <p className="ck-dim">
        {named
          ? t('These cells are not in the notebook any more. What they made may still have been in the kernel.')
          : t('The program that ran this notebook gave its cells no ids, so what ran stands here by itself.')}
      </p>
      {shown.map(({ cellId, executions }) => {
        const last = executions.at(-1);
        if (!last) return null;
        const times = executions.length > 1 ? t('ran {n} times', { n: executions.length }) : null;
        const note = cellId === null ? times : [t('ran, then deleted'), times].filter(Boolean).join(' · ');
        return (
          <ExecutionCard key={last.id} execution={last} isStarter={executions.some(({ order }) => order === starterOrder)} note={note} />
        );
      })}
      {shown.length < gone.length && (
        <button type="button" className="ck-btn" onClick={() => setAll(true)}>
          {t('Show {n} more', { n: gone.length - shown.length })}
        </button>
      )}
    </section>
  );
}

/** What ran for the run when its snapshot was taken already: the run goes on, or its kernel died before there was another. */
export function LaterCells({ executions, starterOrder }: { executions: readonly Execution[]; starterOrder: number | null }): ReactElement {
  const t = useTranslate();
  const [isAll, setAll] = useState(false);
  const shown = isAll ? executions : executions.slice(0, FIRST);
  return (
    <section className="ck-nb-gone" aria-label={t('Ran afterwards')}>
      <h2>{t('Ran afterwards')}</h2>
      <p className="ck-dim">{t('These cells ran for the run after this snapshot was taken.')}</p>
      {shown.map((execution) => (
        <ExecutionCard key={execution.id} execution={execution} isStarter={execution.order === starterOrder} />
      ))}
      {shown.length < executions.length && (
        <button type="button" className="ck-btn" onClick={() => setAll(true)}>
          {t('Show {n} more', { n: executions.length - shown.length })}
        </button>
      )}
    </section>
  );
}
