// biome-ignore-all lint/a11y/useSemanticElements: rows and cells of a virtual grid are placed, a table's are not
import type { Run } from '@cellkeep/schema/tracking';
import { type MouseEvent, memo, type ReactElement } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import type { RunStyle } from '../../look/runColour.ts';
import { Sparkline } from '../../look/Sparkline.tsx';
import { StatusText } from '../../look/Status.tsx';
import { Ago, Took } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { type Column, cellText } from './columns.ts';

export interface RowProps {
  run: Run | undefined;
  index: number;
  id: string;
  top: number;
  columns: readonly Column[];
  widths: (column: Column) => number;
  isActive: boolean;
  style: RunStyle | undefined;
  best: { id: string; column: string } | null;
  sparks: ReadonlyMap<string, ReadonlyMap<string, number[]>>;
  onSelect: (index: number, run: Run, event: MouseEvent) => void;
  onActive: (index: number) => void;
}

/** One run. A bar stands where the run has not come yet. */
export const RunRow = memo(function RunRow(props: RowProps): ReactElement {
  const { run, index, id, top, columns, widths, isActive, style, best, sparks, onSelect, onActive } = props;
  const isSelected = style !== undefined;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the grid points at it by aria-activedescendant
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      className="ck-tr"
      data-active={isActive ? '' : undefined}
      data-deleted={run?.lifecycle === 'deleted' ? '' : undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onActive(index)}
    >
      {columns.map((column, i) => (
        // biome-ignore lint/a11y/useFocusableInteractive: cells are not stops of the keyboard here, rows are
        <div
          key={column.id}
          role="gridcell"
          aria-colindex={i + 1}
          className={`ck-td${column.kind === 'name' ? ' ck-pin' : ''}${column.isNumber ? ' ck-num' : ''}`}
          style={{ width: widths(column) }}
          data-best={best && run && best.id === run.id && best.column === column.id ? '' : undefined}
        >
          {run ? (
            column.kind === 'name' ? (
              <NameCell run={run} style={style} onSelect={(event) => onSelect(index, run, event)} />
            ) : (
              <Cell run={run} column={column} spark={sparks.get(column.key)?.get(run.id)} colour={style?.colour} />
            )
          ) : (
            <i className="ck-bone" style={{ width: `${40 + ((index * 17 + i * 29) % 45)}%` }} />
          )}
        </div>
      ))}
    </div>
  );
});

function NameCell({
  run,
  style,
  onSelect,
}: {
  run: Run;
  style: RunStyle | undefined;
  onSelect: (event: MouseEvent) => void;
}): ReactElement {
  const t = useTranslate();
  return (
    <>
      <button
        type="button"
        role="checkbox"
        tabIndex={-1}
        aria-checked={style !== undefined}
        aria-label={t('Select {name}', { name: run.name })}
        className="ck-swatch"
        data-on={style !== undefined}
        style={style && { background: style.colour }}
        onClick={(event) => {
          event.stopPropagation();
          onSelect(event);
        }}
      />
      <ViewLink to={{ view: 'run', id: run.id }} className="ck-run-name" title={run.name} tabIndex={-1}>
        {run.name}
      </ViewLink>
      {run.childCount > 0 && <span className="ck-faint" title={t('{n} runs within', { n: run.childCount })}>{`+${run.childCount}`}</span>}
    </>
  );
}

function Cell({
  run,
  column,
  spark,
  colour,
}: {
  run: Run;
  column: Column;
  spark: number[] | undefined;
  colour: string | undefined;
}): ReactElement | null {
  const host = useHost();
  const { notebookPath, cellId, executionCount, entrypoint } = run.source;
  switch (column.kind) {
    case 'status':
      return <StatusText run={run} />;
    case 'spark':
      return spark ? <Sparkline values={spark} colour={colour ?? 'var(--ck-faint)'} /> : null;
    case 'source': {
      const path = notebookPath ?? entrypoint;
      const name = path.split('/').at(-1) ?? '';
      return (
        <span title={path}>
          {notebookPath && host.openNotebook ? (
            <button type="button" tabIndex={-1} className="ck-link" onClick={() => host.openNotebook?.(notebookPath, cellId)}>
              {name}
            </button>
          ) : (
            name
          )}
          {executionCount !== null && <span className="ck-faint"> [{executionCount}]</span>}
        </span>
      );
    }
    case 'user':
      return <span className="ck-dim">{run.userName}</span>;
    case 'artifacts':
      return run.artifactCount > 0 ? <span className="ck-dim">{groupThousands(run.artifactCount)}</span> : null;
    case 'took':
      return (
        <span className="ck-dim">
          <Took from={run.startedAt} to={run.endedAt ?? (run.status === 'running' ? null : run.heartbeatAt)} />
        </span>
      );
    case 'when':
      return (
        <span className="ck-dim">
          <Ago at={run.startedAt} />
        </span>
      );
    default: {
      const shown = cellText(run, column);
      return shown && <span title={shown.exact}>{shown.text}</span>;
    }
  }
}
