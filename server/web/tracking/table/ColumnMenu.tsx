/** All that can be done with a column, beside its header: what its values are, how rows are ordered, gathered and filtered by it. */
import { type ReactElement, type ReactNode, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon, type IconName } from '../../look/icons.tsx';
import { LineField } from '../../look/LineField.tsx';
import { Popover } from '../../look/Popover.tsx';
import { likelyDirection } from '../compare/differences.ts';
import type { RunSearch } from '../queries.ts';
import { ColumnValues } from './ColumnValues.tsx';
import type { Column } from './columns.ts';
import { fieldOf, quoteText, withCondition } from './groups.ts';
import { AGGREGATES, type Better, MOST_GROUPS, type TableState } from './tableState.ts';

export interface ColumnMenuProps {
  column: Column;
  anchor: HTMLElement;
  search: RunSearch;
  state: TableState;
  onState: (change: Partial<TableState>) => void;
  onClose: () => void;
  isPinned: boolean;
  hasCurve: boolean;
  onPin: () => void;
  onHide: () => void;
  onCurve: () => void;
  /** By one place; null: there is none on that side. */
  onMove: (by: -1 | 1) => (() => void) | null;
}

export function ColumnMenu(props: ColumnMenuProps): ReactElement {
  const { column, anchor, search, state, onState, onClose, isPinned, hasCurve, onPin, onHide, onCurve, onMove } = props;
  const t = useTranslate();
  const { id, orderBy, groupBy, kind } = column;
  const close = (work: () => void) => () => {
    work();
    onClose();
  };
  const onFilter = (condition: string) => {
    onState({ filter: withCondition(state.filter, condition) });
    onClose();
  };
  const isGrouped = groupBy !== null && state.groups.includes(groupBy);
  const [left, right] = [onMove(-1), onMove(1)];
  return (
    <Popover
      anchor={{ current: anchor }}
      align="end"
      onClose={onClose}
      label={t('Column {name}', { name: column.label })}
      className="ck-column-menu"
    >
      <h2 title={column.id}>{column.label}</h2>
      {(kind === 'metric' || groupBy !== null) && <ColumnValues column={column} search={search} onFilter={onFilter} />}
      {orderBy && <Orders orderBy={orderBy} state={state} onState={onState} onClose={onClose} />}
      {orderBy && kind !== 'took' && kind !== 'when' && <FilterForm column={column} onFilter={onFilter} />}
      {kind === 'metric' && (
        <>
          <Segments
            label={t('Colour')}
            value={state.colours[id] ?? 'off'}
            options={[
              ['off', t('Off')],
              ['higher', t('Higher is better')],
              ['lower', t('Lower is better')],
            ]}
            onChange={(value) => {
              const { [id]: _, ...rest } = state.colours;
              onState({ colours: value === 'off' ? rest : { ...rest, [id]: value as Better } });
            }}
            hint={likelyDirection(column.key)}
          />
          {state.groups.length > 0 && (
            <Segments
              label={t('Groups show')}
              value={state.aggregates[id] ?? 'best'}
              options={AGGREGATES.map((one) => [one, t(one)])}
              onChange={(value) => {
                const { [id]: _, ...rest } = state.aggregates;
                const chosen = AGGREGATES.find((one) => one === value);
                onState({ aggregates: !chosen || chosen === 'best' ? rest : { ...rest, [id]: chosen } });
              }}
            />
          )}
        </>
      )}
      <div className="ck-column-items">
        {groupBy && (
          <Item
            icon="folder"
            disabled={!isGrouped && state.groups.length >= MOST_GROUPS}
            onClick={close(() =>
              onState({ groups: isGrouped ? state.groups.filter((one) => one !== groupBy) : [...state.groups, groupBy] }),
            )}
          >
            {isGrouped ? t('Do not group by it') : t('Group by it')}
          </Item>
        )}
        {kind === 'metric' && (
          <Item icon="chart" onClick={close(onCurve)}>
            {hasCurve ? t('Hide its curve') : t('Show its curve beside it')}
          </Item>
        )}
        {kind !== 'name' && (
          <>
            <Item icon="pin" onClick={close(onPin)}>
              {isPinned ? t('Unpin') : t('Pin to the left')}
            </Item>
            <Item icon="left" disabled={!left} onClick={close(() => left?.())}>
              {t('Move left')}
            </Item>
            <Item icon="right" disabled={!right} onClick={close(() => right?.())}>
              {t('Move right')}
            </Item>
            <Item icon="eyeOff" onClick={close(onHide)}>
              {t('Hide')}
            </Item>
          </>
        )}
      </div>
    </Popover>
  );
}

function Item({ icon, disabled, onClick, children }: { icon: IconName; disabled?: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" className="ck-menu-item" disabled={disabled} onClick={onClick}>
      <Icon name={icon} size={14} /> <span className="ck-grow">{children}</span>
    </button>
  );
}

function Orders({
  orderBy,
  state,
  onState,
  onClose,
}: Pick<ColumnMenuProps, 'state' | 'onState' | 'onClose'> & { orderBy: string }): ReactElement {
  const t = useTranslate();
  const now = state.sorts.find(({ by }) => by === orderBy);
  const others = state.sorts.filter(({ by }) => by !== orderBy);
  const order = (direction: 'asc' | 'desc', adds: boolean) => () => {
    const isOn = now?.direction === direction && (adds || state.sorts.length === 1);
    onState({ sorts: isOn ? (adds ? others : []) : adds ? [...others, { by: orderBy, direction }] : [{ by: orderBy, direction }] });
    onClose();
  };
  const row = (label: string, adds: boolean) => (
    <div className="ck-column-row">
      <span className="ck-dim">{label}</span>
      <span className="ck-segments">
        <button
          type="button"
          aria-pressed={now?.direction === 'asc'}
          aria-label={t('{what} ascending', { what: label })}
          onClick={order('asc', adds)}
        >
          ↑ {t('asc')}
        </button>
        <button
          type="button"
          aria-pressed={now?.direction === 'desc'}
          aria-label={t('{what} descending', { what: label })}
          onClick={order('desc', adds)}
        >
          ↓ {t('desc')}
        </button>
      </span>
    </div>
  );
  return (
    <>
      {row(t('Sort'), false)}
      {others.length > 0 && row(t('Then by it'), true)}
    </>
  );
}

/** A value and how it is compared; what comes of it is a condition of the filter, which stands in the search field. */
function FilterForm({ column, onFilter }: { column: Column; onFilter: (condition: string) => void }): ReactElement {
  const t = useTranslate();
  const isNumber = column.kind === 'metric';
  const operators = isNumber ? ['>', '>=', '<', '<=', '=', '!='] : ['=', '!=', 'contains', '>', '<'];
  const [operator, setOperator] = useState(operators[0] ?? '=');
  const [value, setValue] = useState('');
  const text = value.trim();
  const isWrong = text !== '' && isNumber && !/^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$|^(nan|[+-]?inf(inity)?)$/i.test(text);
  const submit = () => {
    if (text === '' || isWrong) return;
    const field = fieldOf(column.orderBy ?? column.id);
    const isNumeric = isNumber || ((operator === '>' || operator === '<') && Number.isFinite(Number(text)));
    const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
    onFilter(
      operator === 'contains' ? `${field} ilike ${quoteText(pattern)}` : `${field} ${operator} ${isNumeric ? text : quoteText(text)}`,
    );
  };
  return (
    <form
      className="ck-column-row ck-column-filter"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <select className="ck-field" aria-label={t('Comparison')} value={operator} onChange={(event) => setOperator(event.target.value)}>
        {operators.map((one) => (
          <option key={one} value={one}>
            {one === 'contains' ? t('contains') : one}
          </option>
        ))}
      </select>
      <LineField
        aria-invalid={isWrong}
        title={isWrong ? t('A metric is compared with a number.') : undefined}
        value={value}
        label={t('Value to filter by')}
        hint={t('Value')}
        onText={setValue}
      />
      <button type="submit" className="ck-btn" disabled={text === '' || isWrong}>
        {t('Filter')}
      </button>
    </form>
  );
}

function Segments({
  label,
  value,
  options,
  onChange,
  hint,
}: {
  label: string;
  value: string;
  options: (readonly [string, string])[];
  onChange: (value: string) => void;
  /** The option that is most likely meant. */
  hint?: string;
}): ReactElement {
  const t = useTranslate();
  return (
    <div className="ck-column-row">
      <span className="ck-dim">{label}</span>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a flex row in a popover */}
      <span className="ck-segments" role="group" aria-label={label}>
        {options.map(([one, text]) => (
          <button
            key={one}
            type="button"
            aria-pressed={value === one}
            title={one === hint ? t('Its name says so') : undefined}
            onClick={() => onChange(one)}
          >
            {text}
          </button>
        ))}
      </span>
    </div>
  );
}
