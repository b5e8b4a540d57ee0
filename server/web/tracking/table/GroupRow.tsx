// biome-ignore-all lint/a11y/useSemanticElements: rows and cells of a virtual grid are placed, a table's are not
import { type CSSProperties, memo, type ReactElement } from 'react';
import { type Translate, useTranslate } from '../../host.ts';
import { exactNumber, formatNumber, groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { statusWord } from '../../look/Status.tsx';
import { errorText } from '../../look/states.tsx';
import { likelyDirection } from '../compare/differences.ts';
import type { Column } from './columns.ts';
import { cellClass, cellId, type GridLayout, stick } from './gridLayout.ts';
import type { Group } from './groups.ts';
import { cellsOf } from './RunRow.tsx';
import type { NoteStretch } from './rowModel.ts';
import type { Aggregate, Better } from './tableState.ts';
import { type ColumnTint, tintOf } from './tint.ts';
import type { Span } from './useViewport.ts';

interface PlaceOfRow {
  index: number;
  gridId: string;
  layout: GridLayout;
  columns: Span;
  activeColumn: number | null;
}

/** The head of a group: what its runs have in common, how many they are, and one number for each metric. */
export const GroupRow = memo(function GroupRow(
  props: PlaceOfRow & {
    group: Group;
    isOpen: boolean;
    aggregates: Readonly<Record<string, Aggregate>>;
    colours: Readonly<Record<string, Better>>;
    tints: ReadonlyMap<string, ColumnTint>;
    onToggle: (path: string) => void;
    onSelect: (group: Group) => void;
    onActive: (index: number) => void;
  },
): ReactElement {
  const { group, isOpen, index, gridId, layout, columns, activeColumn, aggregates, colours, tints, onToggle, onSelect, onActive } = props;
  const t = useTranslate();
  const name = groupLabel(group, t);
  const cell = (place: number) => {
    const column = layout.columns[place];
    if (!column) return null;
    const number = column.kind === 'metric' ? numberOf(group, column, aggregates[column.id] ?? 'best', colours[column.id]) : null;
    const tint = tints.get(column.id);
    const part = tint && number ? tintOf(number.value, tint) : null;
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
        data-active={place === activeColumn ? '' : undefined}
      >
        {column.kind === 'name' ? (
          <>
            <span className="ck-indent" style={{ width: group.depth * 14 }} />
            <button
              type="button"
              tabIndex={-1}
              className="ck-group-toggle"
              aria-expanded={isOpen}
              aria-label={t('{name}: {n} runs', { name, n: group.count })}
              onClick={(event) => {
                event.stopPropagation();
                onToggle(group.path);
              }}
            >
              <Icon name={isOpen ? 'down' : 'right'} size={14} />
            </button>
            <span className={group.value === null ? 'ck-group-name ck-faint' : 'ck-group-name'} title={`${shortKey(group.by)}: ${name}`}>
              {name}
            </span>
            <button
              type="button"
              tabIndex={-1}
              className="ck-group-count"
              title={t('Select its runs')}
              onClick={(event) => {
                event.stopPropagation();
                onSelect(group);
              }}
            >
              {groupThousands(group.count)}
            </button>
          </>
        ) : number ? (
          <span title={`${t(number.said)} ${exactNumber(number.value)} (${t('{n} runs', { n: groupThousands(number.runs) })})`}>
            <span className="ck-aggregate">{t(number.said)}</span> {formatNumber(number.value)}
          </span>
        ) : null}
      </div>
    );
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the grid points at its cells by aria-activedescendant
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-level={group.depth + 1}
      aria-expanded={isOpen}
      className="ck-tr ck-group"
      data-row={index}
      data-active={activeColumn === null ? undefined : ''}
      style={{ transform: `translateY(${layout.rowTop(index)}px)` }}
      onClick={() => onActive(index)}
      onDoubleClick={() => onToggle(group.path)}
    >
      {cellsOf(layout, columns, cell)}
    </div>
  );
});

/** Stands where a group's content is on its way, failed, or has more groups than are listed. */
export function NoteRow({
  index,
  gridId,
  layout,
  columns,
  note,
  depth,
  onMore,
}: Omit<PlaceOfRow, 'activeColumn'> & Pick<NoteStretch, 'note' | 'depth'> & { onMore: () => void }) {
  const t = useTranslate();
  const cell = (place: number) => {
    const column = layout.columns[place];
    if (!column) return null;
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: the grid points at its cells by aria-activedescendant
      <div
        key={column.id}
        id={cellId(gridId, index, place)}
        role="gridcell"
        className={cellClass(column, place, layout)}
        style={stick(layout, place)}
      >
        {place === 0 && (
          <>
            <span className="ck-indent" style={{ width: depth * 14 }} />
            {note === 'loading' ? (
              <i className="ck-bone" style={{ width: '60%' }} />
            ) : 'error' in note ? (
              <button type="button" tabIndex={-1} className="ck-link ck-bad" onClick={onMore}>
                {errorText(note.error, t)} {t('Try again')}
              </button>
            ) : (
              <button type="button" tabIndex={-1} className="ck-link" onClick={onMore}>
                {t('{n} more groups', { n: groupThousands(note.more) })}
              </button>
            )}
          </>
        )}
      </div>
    );
  };
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: as above
    <div
      role="row"
      aria-rowindex={index + 2}
      className="ck-tr"
      data-row={index}
      style={{ transform: `translateY(${layout.rowTop(index)}px)` }}
    >
      {cellsOf(layout, columns, cell)}
    </div>
  );
}

export function groupLabel({ by, value, label }: Pick<Group, 'by' | 'value' | 'label'>, t: Translate): string {
  if (value === null || value === '') return value === null ? t('none') : t('empty');
  if (by !== 'attributes.status') return label ?? value;
  const status = (['running', 'finished', 'failed', 'killed', 'lost'] as const).find((one) => one === value);
  return status ? statusWord(status, t) : value;
}

/** `params.model` is called "model", `attributes.user` "user". */
export const shortKey = (by: string): string => by.slice(by.indexOf('.') + 1).replaceAll('_', ' ');

interface GroupNumber {
  said: string;
  value: number;
  runs: number;
}

export function numberOf(group: Group, column: Column, aggregate: Aggregate, better: Better | undefined): GroupNumber | null {
  const metric = Object.hasOwn(group.metrics, column.key) ? group.metrics[column.key] : undefined;
  if (!metric || metric.count === 0) return null;
  const said = aggregate === 'best' ? ((better ?? likelyDirection(column.key)) === 'higher' ? 'max' : 'min') : aggregate;
  return { said, value: metric[said], runs: metric.count };
}
