/** What is different between two snapshots: one line first, then the cells, then what they ran on and what came of it. */
import type { SnapshotDiff } from '@cellkeep/schema/design';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactElement, type RefObject, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { ErrorState, Skeleton } from '../../look/states.tsx';
import { useShownCells, useSnapshotDiff } from '../queries.ts';
import { ChangedValues } from './ChangedValues.tsx';
import { DiffCell } from './DiffCell.tsx';
import { isUnchanged, rowsOf, summaryOf } from './summary.ts';

export function SnapshotDiffView({
  before,
  after,
  scroller,
}: {
  before: string;
  after: string;
  scroller: RefObject<HTMLElement | null>;
}): ReactElement {
  const t = useTranslate();
  const { data: diff, error, refetch } = useSnapshotDiff(before, after);
  if (!diff) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={10} />;
  const partial = [!diff.before.hasDocument && t('before'), !diff.after.hasDocument && t('after')].filter(Boolean);
  return (
    <div className="ck-diff">
      <p className="ck-diff-summary" role="status">
        {summaryOf(diff, t)}
      </p>
      {partial.length > 0 && (
        <p className="ck-run-note">
          <Icon name="warn" size={14} />{' '}
          {t('There is no document of the notebook {sides}: its cells cannot be compared.', { sides: partial.join(', ') })}
        </p>
      )}
      <ChangedValues diff={diff} />
      {diff.cells.every(isUnchanged) ? (
        diff.cells.length > 0 && (
          <p className="ck-run-note">
            <Icon name="check" size={14} /> {t('All {n} cells are the same.', { n: diff.cells.length })}
          </p>
        )
      ) : (
        <Cells diff={diff} scroller={scroller} />
      )}
    </div>
  );
}

const GUESS = { fold: 36, pair: 150 }; // px

function Cells({ diff, scroller }: { diff: SnapshotDiff; scroller: RefObject<HTMLElement | null> }): ReactElement {
  const t = useTranslate();
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [margin, setMargin] = useState(0);
  const rows = useMemo(() => rowsOf(diff.cells, open), [diff.cells, open]);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => GUESS[rows[i]?.kind ?? 'pair'],
    getItemKey: (i) => rows[i]?.at ?? i,
    scrollMargin: margin,
    overscan: 4,
    gap: 8,
  });
  const items = list.getVirtualItems();
  const shown = items.flatMap(({ index }) => {
    const row = rows[index];
    return row?.kind === 'pair' ? [row.pair] : [];
  });
  const was = useShownCells(
    diff.before.id,
    'diff',
    shown.flatMap(({ before }) => before?.index ?? []),
  );
  const is = useShownCells(
    diff.after.id,
    'diff',
    shown.flatMap(({ after }) => after?.index ?? []),
  );
  const error = was.error ?? is.error;
  const place = (element: HTMLElement | null) => {
    const outer = scroller.current;
    if (!element || !outer) return;
    const top = Math.round(element.getBoundingClientRect().top - outer.getBoundingClientRect().top + outer.scrollTop);
    if (Math.abs(top - margin) > 1) setMargin(top);
  };
  return (
    <section aria-label={t('Cells')}>
      {error !== null && (
        <ErrorState
          error={error}
          onRetry={() => {
            was.refetch();
            is.refetch();
          }}
        />
      )}
      <div ref={place} className="ck-nb-room" style={{ height: list.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const row = rows[index];
          if (!row) return null;
          return (
            <div
              key={key}
              ref={list.measureElement}
              data-index={index}
              className="ck-nb-slot"
              style={{ transform: `translateY(${start - margin}px)` }}
            >
              {row.kind === 'fold' ? (
                <button type="button" className="ck-diff-fold" aria-expanded={false} onClick={() => setOpen(new Set([...open, row.at]))}>
                  <Icon name="down" size={13} />{' '}
                  {t(row.pairs.length === 1 ? '{n} cell unchanged' : '{n} cells unchanged', { n: row.pairs.length })}
                </button>
              ) : (
                <DiffCell
                  pair={row.pair}
                  before={row.pair.before ? was.cellAt(row.pair.before.index) : undefined}
                  after={row.pair.after ? is.cellAt(row.pair.after.index) : undefined}
                  beforeId={diff.before.id}
                />
              )}
            </div>
          );
        })}
      </div>
    </section>
  );
}
