// biome-ignore-all lint/a11y/useSemanticElements: rows and cells of a virtual grid are placed, a table's are not
import type { Run } from '@cellkeep/schema/tracking';
import { type CSSProperties, type MouseEvent, memo, type ReactElement, type ReactNode } from 'react';
import { VerdictBadge } from '../../design/verdict/VerdictBadge.tsx';
import { type Host, type Translate, useHost, useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import type { RunStyle } from '../../look/runColour.ts';
import { Sparkline } from '../../look/Sparkline.tsx';
import { StatusText } from '../../look/Status.tsx';
import { Ago, Took } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { type Column, cellText, metricOf } from './columns.ts';
import { cellClass, cellId, type GridLayout, stick } from './gridLayout.ts';
import { type ColumnTint, tintOf } from './tint.ts';
import { grownBy, type Spark, type Sparks } from './useColumnSparks.ts';
import type { Span } from './useViewport.ts';

export interface RowProps {
  run: Run | undefined;
  /** Row of the table. */
  index: number;
  gridId: string;
  layout: GridLayout;
  columns: Span;
  /** How deep within groups. */
  depth: number;
  /** Column of the keyboard, where it is in this row. */
  activeColumn: number | null;
  style: RunStyle | undefined;
  best: { id: string; column: string } | null;
  sparks: Sparks;
  tints: ReadonlyMap<string, ColumnTint>;
  onSelect: (index: number, run: Run, event: MouseEvent) => void;
  onActive: (index: number, event: MouseEvent) => void;
}

/** One run. A bar stands where the run has not come yet. */
export const RunRow = memo(function RunRow(props: RowProps): ReactElement {
  const { run, index, gridId, layout, columns, depth, activeColumn, style, best, sparks, tints, onSelect, onActive } = props;
  const t = useTranslate();
  const host = useHost();
  const cell = (place: number) => {
    const column = layout.columns[place];
    if (!column) return null;
    const tint = run && tints.get(column.id);
    const value = tint && metricOf(run, column);
    const part = tint && value !== undefined ? tintOf(value, tint) : null;
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: the grid points at its cells by aria-activedescendant
      <div
        key={column.id}
        id={cellId(gridId, index, place)}
        role="gridcell"
        aria-colindex={place + 1}
        className={cellClass(column, place, layout)}
        style={part === null ? stick(layout, place) : ({ ...stick(layout, place), '--ck-tint': part } as CSSProperties)}
        data-tint={part === null ? undefined : ''}
        data-best={best && run && best.id === run.id && best.column === column.id ? '' : undefined}
        data-active={place === activeColumn ? '' : undefined}
      >
        {!run ? (
          <i className="ck-bone" style={{ width: `${40 + ((index * 17 + place * 29) % 45)}%` }} />
        ) : column.kind === 'name' ? (
          <NameCell run={run} style={style} depth={depth} onSelect={(event) => onSelect(index, run, event)} />
        ) : (
          contentOf(run, column, sparks.get(column.key)?.get(run.id), style?.colour, host, t)
        )}
      </div>
    );
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the grid points at its cells by aria-activedescendant
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-level={depth > 0 ? depth + 1 : undefined}
      aria-selected={style !== undefined}
      className="ck-tr"
      data-row={index}
      data-active={activeColumn === null ? undefined : ''}
      data-deleted={run?.lifecycle === 'deleted' ? '' : undefined}
      style={{ transform: `translateY(${layout.rowTop(index)}px)` }}
      onClick={(event) => onActive(index, event)}
    >
      {cellsOf(layout, columns, cell)}
    </div>
  );
});

/** The fixed cells, room for those that are not drawn, and those in sight. */
export function cellsOf(layout: GridLayout, columns: Span, cell: (place: number) => ReactNode): ReactNode {
  const places = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => cell(from + i));
  const room = (layout.edges[columns.from] ?? 0) - (layout.edges[layout.fixed] ?? 0);
  return (
    <>
      {places(0, layout.fixed)}
      {room > 0 && <span className="ck-room" style={{ width: room }} />}
      {places(columns.from, columns.to)}
    </>
  );
}

function NameCell({
  run,
  style,
  depth,
  onSelect,
}: {
  run: Run;
  style: RunStyle | undefined;
  depth: number;
  onSelect: (event: MouseEvent) => void;
}): ReactElement {
  const t = useTranslate();
  return (
    <>
      {depth > 0 && <span className="ck-indent" style={{ width: depth * 14 }} />}
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
      <VerdictBadge verdict={run.verdict} isSmall />
      {run.childCount > 0 && <span className="ck-faint" title={t('{n} runs within', { n: run.childCount })}>{`+${run.childCount}`}</span>}
    </>
  );
}

/** Plain elements rather than components of their own: a scroll makes hundreds of them a frame. */
function contentOf(run: Run, column: Column, spark: Spark | undefined, colour: string | undefined, host: Host, t: Translate): ReactNode {
  switch (column.kind) {
    case 'status':
      return <StatusText run={run} />;
    case 'spark':
      return spark ? <Sparkline values={grownBy(spark, run, column.key)} colour={colour ?? 'var(--ck-faint)'} /> : null;
    case 'source':
      return sourceOf(run, host);
    case 'user':
      return <span className="ck-dim">{run.user}</span>;
    case 'experiment':
      return <span className="ck-dim">{run.experimentName}</span>;
    case 'notes':
      return run.notes && <span className="ck-dim ck-cut">{firstLine(run.notes)}</span>;
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
      const shown = cellText(run, column, t);
      return shown && <span title={shown.exact}>{shown.text}</span>;
    }
  }
}

function sourceOf(run: Run, host: Host): ReactNode {
  const { notebookPath, cellId: cell, executionCount, entrypoint } = run.source;
  const path = notebookPath ?? entrypoint;
  const name = path.split('/').at(-1) ?? '';
  return (
    <span title={path}>
      {notebookPath && host.openNotebook ? (
        <button type="button" tabIndex={-1} className="ck-link" onClick={() => host.openNotebook?.(notebookPath, cell)}>
          {name}
        </button>
      ) : (
        name
      )}
      {executionCount !== null && <span className="ck-faint"> [{executionCount}]</span>}
    </span>
  );
}

/** Notes are Markdown; a cell has room for their first words. */
const firstLine = (notes: string) => notes.replace(/^[#>\s*-]+/, '').split('\n', 1)[0] ?? '';
