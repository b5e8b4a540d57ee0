/** Above the table: search, grouping, columns, charts, which runs, export. */
import type { ReactElement, ReactNode } from 'react';
import { useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { Icon, type IconName } from '../../look/icons.tsx';
import { MenuButton, type MenuItem } from '../../look/Menu.tsx';
import type { RunKeys } from '../queries.ts';
import { ColumnChooser } from './ColumnChooser.tsx';
import { columnOf } from './columns.ts';
import { FilterField } from './FilterField.tsx';
import { GroupMenu } from './GroupMenu.tsx';
import { shortKey } from './GroupRow.tsx';
import { LIFECYCLES, type Lifecycle, type TableState } from './tableState.ts';

export interface ToolbarProps {
  state: TableState;
  onState: (change: Partial<TableState>) => void;
  keys: RunKeys | undefined;
  columnSet: readonly string[];
  error: unknown;
  /** Export, and the button for the views where they have no rail. */
  children?: ReactNode;
}

export function Toolbar({ state, onState, keys, columnSet, error, children }: ToolbarProps): ReactElement {
  const t = useTranslate();
  const named: Record<Lifecycle, [IconName, string]> = {
    active: ['run', t('Active')],
    archived: ['archive', t('Archived')],
    deleted: ['bin', t('Deleted')],
  };
  const items = (): MenuItem[] =>
    LIFECYCLES.map((lifecycle) => ({
      label: named[lifecycle][1],
      checked: state.lifecycle === lifecycle,
      onSelect: () => onState({ lifecycle, selected: [] }),
    }));
  const [icon, name] = named[state.lifecycle];
  return (
    <div className="ck-bar ck-table-bar">
      <FilterField value={state.filter} onChange={(filter) => onState({ filter })} keys={keys} error={error} />
      <div className="ck-bar-tools">
        <GroupMenu groups={state.groups} keys={keys} onChange={(groups) => onState({ groups })} />
        <ColumnChooser set={columnSet} keys={keys} isDefault={state.columns === null} onChange={(columns) => onState({ columns })} />
        <button type="button" className="ck-btn ck-toggle" aria-pressed={state.charts} onClick={() => onState({ charts: !state.charts })}>
          <Icon name="chart" size={14} /> <span className="ck-wide">{t('Charts')}</span>
        </button>
        <MenuButton
          label={t('Runs shown: {what}', { what: name })}
          className={state.lifecycle === 'active' ? 'ck-btn' : 'ck-btn ck-on'}
          items={items}
        >
          <Icon name={icon} size={14} /> <span className="ck-wide">{name}</span> <Icon name="down" size={12} />
        </MenuButton>
        {children}
      </div>
    </div>
  );
}

/** Orders and groups as chips: what shapes the table is said where it can be undone. */
export function Shape({ state, onState, total }: Pick<ToolbarProps, 'state' | 'onState'> & { total: string | null }): ReactElement | null {
  const t = useTranslate();
  if (state.groups.length === 0 && state.sorts.length < 2) return null;
  const nameOf = (by: string) => columnOf(by, t)?.label ?? shortKey(by);
  return (
    <div className="ck-shape">
      {state.groups.length > 0 && <span className="ck-dim">{t('Grouped by')}</span>}
      {state.groups.map((by) => (
        <Chip key={by} label={nameOf(by)} onRemove={() => onState({ groups: state.groups.filter((one) => one !== by) })} />
      ))}
      {state.sorts.length > 1 && <span className="ck-dim">{t('Sorted by')}</span>}
      {state.sorts.length > 1 &&
        state.sorts.map(({ by, direction }) => (
          <Chip
            key={by}
            label={`${nameOf(by)} ${direction === 'asc' ? '↑' : '↓'}`}
            onRemove={() => onState({ sorts: state.sorts.filter((one) => one.by !== by) })}
          />
        ))}
      {total && <span className="ck-faint">{total}</span>}
    </div>
  );
}

function Chip({ label, onRemove }: { label: string; onRemove: () => void }): ReactElement {
  const t = useTranslate();
  return (
    <span className="ck-chip">
      {label}
      <button type="button" className="ck-chip-x" aria-label={t('Remove {name}', { name: label })} onClick={onRemove}>
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}

export const countText = (n: number, isAtLeast: boolean): string => groupThousands(n) + (isAtLeast ? '+' : '');
