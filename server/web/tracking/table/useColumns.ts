/** The columns of a table as they stand on screen, and what can be done with them. */
import { useMemo, useRef } from 'react';
import { useTranslate } from '../../host.ts';
import type { RunKeys } from '../queries.ts';
import { arrange, expandColumns, moveColumn, withColumn, withoutColumn } from './columnSets.ts';
import { type Column, columnOf } from './columns.ts';
import type { ColumnActions } from './Grid.tsx';
import { type GridLayout, layoutOf } from './gridLayout.ts';
import { nextSorts, type TableState } from './tableState.ts';

export interface Columns {
  layout: GridLayout;
  actions: ColumnActions;
  menuOf(column: Column): {
    isPinned: boolean;
    hasCurve: boolean;
    onPin: () => void;
    onHide: () => void;
    onCurve: () => void;
    onMove: (by: -1 | 1) => (() => void) | null;
  };
}

/** px more for numbers of groups, which say what they are: "min 0.008412" */
const OF_GROUPS = 26;
const NARROW_NAME = 150; // px; a pinned column of half the screen hides what it stands beside

export function useColumns(given: {
  state: TableState;
  onState: (change: Partial<TableState>) => void;
  columnSet: readonly string[];
  keys: RunKeys | undefined;
  isNarrow: boolean;
}): Columns {
  const { state, columnSet, keys, isNarrow } = given;
  const t = useTranslate();
  const isGrouped = state.groups.length > 0;
  const setName = columnSet.join('~');
  const pins = state.pinned.join('~');
  const ids = useMemo(() => expandColumns(setName.split('~'), keys), [setName, keys]);
  const layout = useMemo(() => {
    const arranged = arrange(ids, isNarrow ? [] : pins.split('~'));
    const columns = arranged.ids.flatMap((id) => columnOf(id, t) ?? []);
    const fixed = columns.filter(({ id }) => arranged.ids.indexOf(id) < arranged.fixed).length;
    const widthOf = ({ id, width, kind }: Column) => {
      if (state.widths[id] !== undefined) return state.widths[id];
      if (isNarrow && kind === 'name') return NARROW_NAME;
      return isGrouped && kind === 'metric' ? width + OF_GROUPS : width;
    };
    return layoutOf(columns, Math.max(1, fixed), widthOf);
  }, [ids, pins, isNarrow, isGrouped, t, state.widths]);

  const latest = useRef({ ...given, ids });
  latest.current = { ...given, ids };
  const actions = useMemo((): ColumnActions => {
    const change = (make: (now: typeof latest.current) => Partial<TableState>) => latest.current.onState(make(latest.current));
    return {
      sort: (column, adds) =>
        change(({ state: now }) => ({ sorts: column.orderBy ? nextSorts(now.sorts, column.orderBy, column.isNumber, adds) : now.sorts })),
      resize: ({ id }, width) => change(({ state: now }) => ({ widths: { ...now.widths, [id]: width } })),
      move: (id, target) =>
        change(({ columnSet: set, keys: known, state: now }) => ({
          columns: moveColumn(set, id, target, known),
          // Beside a pinned column it is pinned too, and beside one that is not, not.
          pinned: now.pinned.includes(target) ? [...new Set([...now.pinned, id])] : now.pinned.filter((one) => one !== id),
        })),
      pin: ({ id }) =>
        change(({ state: now }) => ({ pinned: now.pinned.includes(id) ? now.pinned.filter((one) => one !== id) : [...now.pinned, id] })),
      hide: ({ id }) =>
        id === 'name'
          ? undefined
          : change(({ columnSet: set, state: now }) => ({
              columns: withoutColumn(set, id),
              pinned: now.pinned.filter((one) => one !== id),
            })),
    };
  }, []);

  return {
    layout,
    actions,
    menuOf: (column) => {
      const place = layout.columns.findIndex(({ id }) => id === column.id);
      const curve = `spark.${column.key}`;
      const hasCurve = ids.includes(curve);
      return {
        isPinned: state.pinned.includes(column.id),
        hasCurve,
        onPin: () => actions.pin(column),
        onHide: () => actions.hide(column),
        onCurve: () => {
          const { columnSet: set, onState, keys: known } = latest.current;
          if (hasCurve) return onState({ columns: withoutColumn(set, curve) });
          // Beside its metric, or behind the pattern that the metric comes from.
          const at = set.indexOf(column.id);
          onState({
            columns:
              at < 0 ? moveColumn(withColumn(set, curve), curve, column.id, known) : [...set.slice(0, at + 1), curve, ...set.slice(at + 1)],
          });
        },
        onMove: (by) => {
          const target = layout.columns[place + by];
          return target && target.id !== 'name' && column.id !== 'name' ? () => actions.move(column.id, target.id) : null;
        },
      };
    },
  };
}
