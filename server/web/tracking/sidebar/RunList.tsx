// biome-ignore-all lint/a11y/useSemanticElements: a list with groups and its own keys, which a table has not
import type { Run } from '@cellkeep/schema/tracking';
import { type KeyboardEvent, type MouseEvent, type ReactElement, useCallback, useId, useMemo, useRef, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { type Translate, useHost, useTranslate, useViewSettings } from '../../host.ts';
import { useRunStyles } from '../../live/shared.ts';
import { Icon } from '../../look/icons.tsx';
import { Menu } from '../../look/Menu.tsx';
import { commonMetric } from '../mainMetric.ts';
import type { RunActions } from '../runActions.ts';
import type { Group, GroupName } from './groups.ts';
import { type ItemEdit, useItemMenu } from './itemMenu.ts';
import { RunItem } from './RunItem.tsx';
import { useRunSparks } from './useRunSparks.ts';

export interface ListProps {
  runs: readonly Run[];
  groups: readonly Group[];
  selected: readonly string[];
  onSelect: (ids: string[]) => void;
  actions: RunActions;
  withNotebook: boolean;
  onHold: (isHeld: boolean) => void;
  children?: React.ReactNode;
}

/** The runs by groups. One stop of the keyboard; a click selects, Space adds, Enter opens. */
export function RunList({ runs, groups, selected, onSelect, actions, withNotebook, onHold, children }: ListProps): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const mayWrite = useMayWrite();
  const { pinnedMetric } = useViewSettings();
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const [activeId, setActiveId] = useState<string | null>(null);
  const [editing, setEditing] = useState<{ id: string; edit: ItemEdit } | null>(null);
  const [closed, setClosed] = useState<ReadonlySet<GroupName>>(new Set());
  const styles = useRunStyles(selected);
  const listMetric = useMemo(() => commonMetric(runs, pinnedMetric), [runs, pinnedMetric]);
  const sparks = useRunSparks(runs, listMetric);
  const byId = useMemo(() => new Map(runs.map((run) => [run.id, run])), [runs]);
  const { menu, open, setOpen } = useItemMenu(actions, selected, onSelect, (run, edit) => setEditing({ id: run.id, edit }));
  const order = groups.filter(({ name }) => !closed.has(name)).flatMap(({ ids }) => ids);
  const rowId = (id: string) => `${listId}-${id}`;

  const onEditing = useCallback((id: string, edit: ItemEdit | null) => {
    setEditing(edit ? { id, edit } : null);
    if (!edit) list.current?.focus({ preventScroll: true });
  }, []);

  const toggle = (id: string) => onSelect(selected.includes(id) ? selected.filter((one) => one !== id) : [...selected, id]);
  const onPress = (run: Run, event: MouseEvent) => {
    const from = activeId === null ? -1 : order.indexOf(activeId);
    setActiveId(run.id);
    list.current?.focus({ preventScroll: true });
    if (event.shiftKey && from >= 0) {
      const to = order.indexOf(run.id);
      onSelect([...new Set([...selected, ...order.slice(Math.min(from, to), Math.max(from, to) + 1)])]);
    } else if (event.ctrlKey || event.metaKey) toggle(run.id);
    else onSelect(selected.length === 1 && selected[0] === run.id ? [] : [run.id]);
  };
  const latestPress = useRef(onPress);
  latestPress.current = onPress;
  const press = useMemo(() => (run: Run, event: MouseEvent) => latestPress.current(run, event), []);

  const go = (index: number) => {
    const next = order[Math.max(0, Math.min(order.length - 1, index))];
    if (!next) return;
    setActiveId(next);
    document.getElementById(rowId(next))?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.metaKey || event.ctrlKey || event.altKey) return;
    const at = activeId === null ? -1 : order.indexOf(activeId);
    const run = activeId === null ? undefined : byId.get(activeId);
    const isMenuKey = event.key === 'ContextMenu' || (event.shiftKey && event.key === 'F10');
    const moves: Record<string, number> = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: order.length - 1 };
    const to = moves[event.key];
    if (to !== undefined) go(to);
    else if (event.key === ' ' && run) toggle(run.id);
    else if (event.key === 'Enter' && run) host.navigate({ view: 'run', id: run.id });
    else if (event.key === 'F2' && run && mayWrite) setEditing({ id: run.id, edit: 'name' });
    else if (event.key === 't' && run && mayWrite) setEditing({ id: run.id, edit: 'tag' });
    else if (event.key === 'c' && selected.length > 1) host.navigate({ view: 'compare', runIds: [...selected] });
    else if (event.key === 'Escape' && selected.length > 0) onSelect([]);
    else if ((event.key === 'Delete' || event.key === 'Backspace') && mayWrite && (selected.length > 0 || run)) {
      void actions.delete(selected.length > 0 ? selected : run ? [run.id] : []);
    } else if (isMenuKey && run) {
      const box = document.getElementById(rowId(run.id))?.getBoundingClientRect();
      setOpen({ run, anchor: { x: (box?.left ?? 0) + 20, y: (box?.bottom ?? 0) - 4 } });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={list}
      role="grid"
      aria-label={t('Runs')}
      aria-multiselectable="true"
      aria-activedescendant={activeId && byId.has(activeId) ? rowId(activeId) : undefined}
      className="ck-items"
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        if (event.target === event.currentTarget && (activeId === null || !byId.has(activeId))) setActiveId(order[0] ?? null);
      }}
      onPointerEnter={() => onHold(true)}
      onPointerLeave={() => onHold(false)}
    >
      {groups.map(({ name, ids }, i) => (
        <div key={name} role="rowgroup" aria-label={groupText(name, t)}>
          {/* biome-ignore lint/a11y/useFocusableInteractive: its button is focusable */}
          <div role="row" className="ck-item-group">
            {/* biome-ignore lint/a11y/useFocusableInteractive: its button is focusable */}
            <div role="gridcell">
              <button
                type="button"
                aria-expanded={!closed.has(name)}
                onClick={() => {
                  const next = new Set(closed);
                  if (!next.delete(name)) next.add(name);
                  setClosed(next);
                }}
              >
                <Icon name={closed.has(name) ? 'right' : 'down'} size={12} /> {groupText(name, t)} <span>({ids.length})</span>
              </button>
            </div>
            {i === 0 && listMetric && (
              // biome-ignore lint/a11y/useFocusableInteractive: a heading of the values below
              <div role="gridcell" className="ck-item-metric" title={t('The values below are {key}', { key: listMetric })}>
                {listMetric}
              </div>
            )}
          </div>
          {!closed.has(name) &&
            ids.map((id) => {
              const run = byId.get(id);
              return run ? (
                <RunItem
                  key={id}
                  id={rowId(id)}
                  run={run}
                  listMetric={listMetric}
                  spark={sparks.get(id)}
                  style={styles.get(id)}
                  isActive={id === activeId}
                  withNotebook={withNotebook}
                  editing={editing?.id === id ? editing.edit : null}
                  onEditing={onEditing}
                  onPress={press}
                  menu={menu}
                />
              ) : null;
            })}
        </div>
      ))}
      {children}
      {open && (
        <Menu
          anchor={open.anchor}
          label={t('Actions for {name}', { name: open.run.name })}
          items={menu.items(open.run)}
          onClose={() => setOpen(null)}
        />
      )}
    </div>
  );
}

function groupText(name: GroupName, t: Translate): string {
  return { running: t('Running'), today: t('Today'), yesterday: t('Yesterday'), week: t('This week'), earlier: t('Earlier') }[name];
}
