import type { Execution, ShownCell } from '@cellkeep/schema/design';
import { lazy, memo, type ReactElement, Suspense, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Code } from '../../look/Code.tsx';
import { Icon } from '../../look/icons.tsx';
import { Markdown } from '../../look/Markdown.tsx';
import { Skeleton } from '../../look/states.tsx';
import { Output } from '../outputs/Output.tsx';
import { ExecutionFacts, ExecutionNames } from './ExecutionFacts.tsx';
import { FindingMark } from './FindingMark.tsx';

const TextDiff = lazy(() => import('../../tracking/compare/TextDiff.tsx'));
const FIRST = 20; // outputs of a cell before somebody asks for all

export interface CellProps {
  cell: ShownCell;
  execution: Execution | undefined;
  /** What it has to do with the run whose page this is. */
  part: 'started' | 'ran' | null;
  total: number;
  isPython: boolean;
  /** Somebody was sent to it. */
  isPointedAt: boolean;
}

/** One cell of the notebook as it was, with what was recorded of it. */
export const CellView = memo(function CellView({ cell, execution, part, total, isPython, isPointedAt }: CellProps): ReactElement {
  const t = useTranslate();
  const isCode = cell.type === 'code';
  const label = isCode ? t('cell [{n}]', { n: cell.executionCount ?? ' ' }) : t('{type} cell', { type: cell.type });
  return (
    <article
      className="ck-nb-cell"
      aria-label={label}
      aria-posinset={cell.index + 1}
      aria-setsize={total}
      data-type={cell.type}
      data-part={part ?? undefined}
      data-finding={cell.findings.length > 0 ? '' : undefined}
      data-pointed={isPointedAt ? '' : undefined}
    >
      <div className="ck-nb-gutter">
        {isCode && <code>[{cell.executionCount ?? ' '}]</code>}
        <FindingMark findings={cell.findings} />
      </div>
      <div className="ck-nb-body">
        {(part || execution) && (
          <header className="ck-nb-facts">
            {part && <span className="ck-chip ck-pill">{part === 'started' ? t('started the run') : t('ran for this run')}</span>}
            {execution && <ExecutionFacts execution={execution} />}
            {cell.executions.length > 1 && <span className="ck-dim">{t('ran {n} times', { n: cell.executions.length })}</span>}
          </header>
        )}
        {cell.isMissing ? (
          <p className="ck-out-note">
            <Icon name="warn" size={13} /> {t('This cell was never sent: it is not on the server.')}
          </p>
        ) : cell.type === 'markdown' ? (
          <Markdown source={cell.source} />
        ) : (
          <Code source={cell.source} plain={!isCode || !isPython} />
        )}
        {execution && cell.findings.some(({ kind }) => kind === 'edited') && <WhatRan cell={cell} execution={execution} />}
        {cell.outputs.length > 0 && <Outputs cell={cell} />}
        {execution?.error && !cell.outputs.some(({ type }) => type === 'error') && (
          <p className="ck-run-note ck-bad">
            <Icon name="warn" size={14} /> {execution.error.name}: {execution.error.message}
          </p>
        )}
        {execution && <ExecutionNames execution={execution} />}
      </div>
    </article>
  );
});

function Outputs({ cell }: { cell: ShownCell }): ReactElement {
  const t = useTranslate();
  const [isAll, setAll] = useState(false);
  const shown = isAll ? cell.outputs : cell.outputs.slice(0, FIRST);
  return (
    <div className="ck-outs">
      {shown.map((output, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a cell may show one output twice
        <Output key={`${i} ${output.digest}`} output={output} />
      ))}
      {shown.length < cell.outputs.length && (
        <button type="button" className="ck-btn ck-small" onClick={() => setAll(true)}>
          {t('Show {n} more outputs', { n: cell.outputs.length - shown.length })}
        </button>
      )}
    </div>
  );
}

/** The cell reads otherwise than what ran of it. */
function WhatRan({ cell, execution }: { cell: ShownCell; execution: Execution }): ReactElement {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="ck-nb-ran">
      <button type="button" className="ck-link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? t('Hide what ran') : t('Show what ran')}
      </button>
      {isOpen && (
        <Suspense fallback={<Skeleton rows={3} />}>
          <TextDiff before={execution.source} after={cell.source} names={[t('what ran'), t('what stands there')]} />
        </Suspense>
      )}
    </div>
  );
}
